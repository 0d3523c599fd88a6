/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is done to a card that hangs, and when, by a clock of the test's own. */
#include "streamer/ladder.h"

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "tests/tap.h"

#define SEC USEC_PER_SEC
#define HOUR (3600 * SEC)

static uint64_t now;

static struct ladder begin(bool can_restart, bool can_reset)
{
	struct ladder l;

	ladder_init(&l, 7);
	l.can_restart = can_restart;
	l.can_reset = can_reset;
	now = 100 * SEC;
	return l;
}

/* It is open, and yields nothing until that is too long. */
static enum ladder_step stall(struct ladder *l)
{
	ladder_open(l, now);
	now += ladder_patience_usec(l);
	return ladder_next(l, -ETIMEDOUT, true, now);
}

/* Pictures come for so long, and then none. */
static enum ladder_step flow(struct ladder *l, uint64_t length)
{
	uint64_t from = now;

	ladder_open(l, now);
	now += length;
	ladder_flow(l, from, now);
	now += ladder_patience_usec(l);
	return ladder_next(l, -ETIMEDOUT, true, now);
}

static void test_order(void)
{
	struct ladder l = begin(true, true);
	uint64_t lost;

	ok(flow(&l, 10 * SEC) == LADDER_RESTART, "a card that stops is restarted");
	lost = now - ladder_patience_usec(&l);
	ok(now - lost <= 3 * SEC, "after three seconds");
	ok(stall(&l) == LADDER_REOPEN, "then opened anew");
	ok(stall(&l) == LADDER_RESET, "then reset");
	ok(now - lost <= 10 * SEC, "within ten seconds");
	ok(l.taken[LADDER_RESTART] == 1 && l.taken[LADDER_REOPEN] == 1 &&
			l.taken[LADDER_RESET] == 1,
		"all of it is counted");
}

/* The node goes with a reset and comes back. */
static void away(struct ladder *l)
{
	now += SEC;
	(void) ladder_next(l, -ENOENT, false, now);
	now += SEC;
}

static void test_dead(void)
{
	struct ladder l = begin(true, true);
	uint64_t end = now + 12 * HOUR, last = 0, least = UINT64_MAX, most_wait = 0;
	int resets_first_hour = 0, resets = 0;

	for (uint64_t start = now; now < end;) {
		uint64_t before = now;
		enum ladder_step step = stall(&l);

		most_wait = MAX(most_wait, now - before);
		if (step != LADDER_RESET)
			continue;
		resets++;
		resets_first_hour += now - start < HOUR;
		if (last)
			least = MIN(least, now - last);
		last = now;
		away(&l);
	}
	ok(resets_first_hour >= 5 && resets_first_hour <= 12, "a dead card: %d resets in an hour",
		resets_first_hour);
	ok(resets > 12 * 5 && resets < 12 * 9, "for ever, but rarely: %d in twelve hours", resets);
	ok(least >= 20 * SEC, "never at speed");
	ok(most_wait <= LADDER_PATIENCE_MAX_USEC, "and it is opened all the time");
	(void) flow(&l, 61 * SEC);
	(void) stall(&l);
	ok(stall(&l) == LADDER_RESET, "after a minute of pictures it begins anew");
}

static void test_patience(void)
{
	struct ladder l = begin(true, false);
	uint64_t before = 0;
	bool grows = true;

	for (int i = 0; i < 20; i++) {
		uint64_t p;

		(void) stall(&l);
		p = ladder_patience_usec(&l);
		grows = grows && p >= before;
		before = p;
	}
	ok(grows && before == LADDER_PATIENCE_MAX_USEC, "a slow card gets more and more time");
	ok(l.taken[LADDER_RESET] == 0, "what cannot be reset is not");
	(void) flow(&l, 3 * SEC);
	ok(ladder_patience_usec(&l) == LADDER_PATIENCE_USEC, "until pictures come");
}

static void test_errors(void)
{
	static const int no_hang[] = { ENODEV, ENOENT, ENXIO, EBUSY, EACCES, ENOTSUP, ENOSPC,
		ENOLINK, ENOLCK, ERANGE };
	struct ladder l = begin(true, true);
	bool left = true;

	ladder_open(&l, now);
	ladder_flow(&l, now, now + 5 * SEC);
	now += 5 * SEC;
	ok(ladder_next(&l, -EIO, true, now) == LADDER_RESTART, "a broken stream: at once");
	ok(ladder_next(&l, -EIO, true, now) == LADDER_REOPEN, "broken again: opened anew");
	for (int i = 0; i < 20; i++, now += SEC / 4)
		left = left && ladder_next(&l, -EIO, false, now) == LADDER_REOPEN;
	ok(left, "it cannot be opened: tried again");
	now += 4 * SEC;
	ok(ladder_next(&l, -EIO, false, now) == LADDER_RESET, "for eight seconds, then reset");

	for (size_t i = 0; i < ARRAY_SIZE(no_hang); i++) {
		l = begin(true, true);
		left = true;
		for (uint64_t end = now + HOUR; now < end; now += SEC)
			left = left && ladder_next(&l, -no_hang[i], false, now) == LADDER_REOPEN;
		ok(left, "%s: no reset", strerrorname_np(no_hang[i]));
		ladder_open(&l, now);
		now += 3 * SEC;
		ok(ladder_next(&l, -ETIMEDOUT, true, now) == LADDER_RESTART,
			"and begun at the foot");
	}
}

/* One picture after each step is no recovery, or it would be restarted for ever. */
static void test_single_pictures(void)
{
	struct ladder l = begin(true, true);
	enum ladder_step step = LADDER_RESTART;

	for (int i = 0; i < 5 && step != LADDER_RESET; i++)
		step = flow(&l, SEC / 30);
	ok(step == LADDER_RESET, "a card with a picture now and then is reset, too");
	l = begin(true, true);
	for (int i = 0; i < 100; i++) {
		ladder_open(&l, now);
		ladder_flow(&l, now, now + 30 * SEC);
		now += 30 * SEC;
		step = ladder_next(&l, -EIO, true, now);
	}
	ok(step == LADDER_RESTART && l.taken[LADDER_RESTART] == 100,
		"one that breaks each half a minute is restarted each time");
}

static void test_plain_source(void)
{
	struct ladder l = begin(false, false);
	bool reopens = true;

	for (int i = 0; i < 100; i++)
		reopens = reopens && stall(&l) == LADDER_REOPEN;
	ok(reopens, "a file or URL is only opened anew");
}

int main(void)
{
	test_order();
	test_dead();
	test_patience();
	test_errors();
	test_single_pictures();
	test_plain_source();
	return tap_done();
}
