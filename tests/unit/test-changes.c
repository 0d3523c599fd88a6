/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Order, and what is left when nobody takes anything. */
#include "streamer/changes.h"

#include <pthread.h>
#include <string.h>

#include "common/fault.h"
#include "tests/tap.h"

#define MANY 1000

static void put(struct changes *c, uint64_t i)
{
	const struct change change = { .kind = CHANGE_NUMBER, .capture_usec = i };

	changes_put(c, &change);
}

static void *put_many(void *userdata)
{
	for (uint64_t i = 1; i <= MANY; i++)
		put(userdata, i);
	return NULL;
}

static void test_order(struct changes *c)
{
	uint64_t last = 0, dropped, all_dropped = 0, taken = 0;
	bool backwards = false, over = false;
	struct change change;
	pthread_t thread;

	if (pthread_create(&thread, NULL, put_many, c) != 0)
		abort();
	while (last < MANY) {
		over = changes_take(c, &change, &dropped);
		all_dropped += dropped;
		if (!over)
			continue;
		backwards = backwards || change.capture_usec <= last;
		last = change.capture_usec;
		taken++;
	}
	pthread_join(thread, NULL);
	ok(!backwards, "they come in their order");
	ok(taken + all_dropped == MANY, "and all are there or counted");
}

static void test_full(struct changes *c)
{
	struct change change;
	uint64_t dropped;

	for (uint64_t i = 0; i < CHANGES_MAX + 3; i++)
		put(c, i);
	ok(changes_take(c, &change, &dropped) && change.capture_usec == 3 && dropped == 3,
		"the oldest go");
	ok(changes_take(c, &change, &dropped) && change.capture_usec == 4 && dropped == 0,
		"and are told once");
}

static void test_faults(void)
{
	struct fault f = { .kind = FAULT_NONE };
	bool all = true;

	for (int a = FAULT_NONE + 1; a < _FAULT_MAX; a++) {
		all = all && strncmp(fault_name(a), "org.egm.Error.", 14) == 0 &&
		      fault_set(&f, a, "%d", a) < 0;
		for (int b = FAULT_NONE + 1; b < a; b++)
			all = all && strcmp(fault_name(a), fault_name(b)) != 0;
	}
	ok(all, "each fault has a name of its own");
	ok(fault_set(&f, FAULT_BUSY, "%s", "so") == -EBUSY && f.kind == FAULT_BUSY &&
			strcmp(f.words, "so") == 0,
		"and words");
}

int main(void)
{
	struct changes *c;

	if (changes_new(&c) < 0)
		abort();
	test_order(c);
	test_full(c);
	test_faults();
	changes_free(c);
	return tap_done();
}
