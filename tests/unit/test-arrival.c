/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pictures at a rate, by a clock of ours, second by second. */
#include "capture/arrival.h"

#include <string.h>

#include "common/usec.h"
#include "tests/tap.h"

static struct arrival a;
static uint64_t now = 1000 * USEC_PER_SEC, opens = 1;
static double count, promised = 30;

/* Seconds at so many pictures a second; returns what is told at the end. */
static enum arrival_fact run(int seconds, double rate)
{
	for (int i = 0; i < seconds; i++) {
		now += USEC_PER_SEC;
		count += rate;
		(void) arrival_push(&a, (uint64_t) count, opens, promised, now);
	}
	return a.fact;
}

/* Seconds until it is told, 99: never. */
static int until(enum arrival_fact fact, double rate)
{
	for (int i = 1; i < 99; i++)
		if (run(1, rate) == fact)
			return i;
	return 99;
}

static void test_collapse(void)
{
	int n;

	ok(run(1, 30) == ARRIVAL_UNKNOWN, "nothing is known at first");
	ok(run(5, 30) == ARRIVAL_OK && a.measured > 29.9 && a.measured < 30.1, "as promised: %.2f",
		a.measured);
	ok(run(30, 16) == ARRIVAL_OK, "a little more than half is no collapse");
	n = until(ARRIVAL_LOW_RATE, 10);
	ok(n >= 4 && n <= 5 && a.measured > 9.9 && a.measured < 10.1,
		"a third of it is one, after %d s, with the figure %.2f", n, a.measured);
	ok(run(60, 20) == ARRIVAL_LOW_RATE, "two thirds of it do not end it");
	n = until(ARRIVAL_OK, 29);
	ok(n >= 3 && n <= 4, "nearly all of it does, after %d s", n);
	for (n = 0; n < 20; n++)
		if (run(3, 5) != ARRIVAL_OK || run(1, 30) != ARRIVAL_OK)
			break;
	ok(n == 20, "what lasts for three seconds is never told");
	(void) run(10, 5);
	for (n = 0; n < 20; n++)
		if (run(2, 30) != ARRIVAL_LOW_RATE || run(1, 5) != ARRIVAL_LOW_RATE)
			break;
	ok(n == 20, "nor is its end, of two");
}

static void test_unknown(void)
{
	(void) run(10, 30);
	ok(run(3, 0) == ARRIVAL_UNKNOWN, "no pictures at all are not slow ones");
	ok(run(3, 30) == ARRIVAL_OK, "they come again");
	(void) run(10, 5);
	ok(a.fact == ARRIVAL_LOW_RATE, "slow ones are");
	opens++;
	ok(run(1, 5) == ARRIVAL_UNKNOWN, "an opened source begins anew");
	ok(run(2, 5) == ARRIVAL_OK && run(3, 5) == ARRIVAL_LOW_RATE, "and has its time");
	promised = 5;
	(void) run(1, 5);
	ok(run(5, 5) == ARRIVAL_OK, "less was promised");
	promised = 0;
	ok(run(10, 30) == ARRIVAL_UNKNOWN, "nothing was promised");
	count = 0;
	promised = 30;
	ok(run(1, 0) == ARRIVAL_UNKNOWN && run(2, 30) == ARRIVAL_OK, "counters that begin again");
}

/* One picture a second or two: a second's count says nothing. */
static void test_slow(void)
{
	a = (struct arrival){ .usec = 0 };
	promised = 1;
	for (int i = 0; i < 60; i++)
		if (run(1, i % 2 ? 2 : 0) == ARRIVAL_LOW_RATE)
			break;
	ok(a.fact == ARRIVAL_OK, "a slow source is measured for longer");
	ok(until(ARRIVAL_LOW_RATE, 0.25) <= 17, "and found too slow as well");
}

static void test_names(void)
{
	ok(!strcmp(arrival_name(ARRIVAL_UNKNOWN), "unknown") &&
			!strcmp(arrival_name(ARRIVAL_OK), "ok") &&
			!strcmp(arrival_name(ARRIVAL_LOW_RATE), "low"),
		"names");
}

int main(void)
{
	test_collapse();
	test_unknown();
	test_slow();
	test_names();
	return tap_done();
}
