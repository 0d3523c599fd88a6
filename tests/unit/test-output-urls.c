/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which URL is tried, and when: a day of an output in no time at all. */
#include "media/output-urls.h"

#include "common/cleanup.h"
#include "common/usec.h"
#include "tests/tap.h"

#define MS USEC_PER_MSEC
#define SEC USEC_PER_SEC
#define MIN_USEC SEC
#define MAX_USEC (30 * SEC)
#define HOLD (60 * SEC)
#define STABLE (30 * SEC)

static uint64_t now;

static struct output_urls make(unsigned n)
{
	struct output_urls u;

	now = 1000 * SEC;
	output_urls_init(&u, n, MIN_USEC, MAX_USEC, HOLD, 7);
	return u;
}

/* Loses the one in use, and lets the time pass until the next one may be tried. The wait. */
static uint64_t lose(struct output_urls *u, enum output_end end)
{
	uint64_t at = output_urls_lost(u, end, now), wait = at - now;

	now = at;
	return wait;
}

/* A session that lasts. */
static void flow(struct output_urls *u, uint64_t usec)
{
	now += usec;
	output_urls_flowed(u, usec, STABLE, now);
}

static bool within(uint64_t wait, uint64_t step)
{
	return wait <= step && wait >= step - step / 4;
}

static void test_one(void)
{
	struct output_urls u = make(1);
	bool grows = true;

	for (uint64_t step = MIN_USEC; step <= 16 * SEC; step *= 2)
		grows = grows && within(lose(&u, OUTPUT_END_FAILED), step);
	ok(grows && within(lose(&u, OUTPUT_END_FAILED), MAX_USEC), "one URL: the waits grow");
	flow(&u, STABLE);
	ok(within(lose(&u, OUTPUT_END_FAILED), MIN_USEC), "and begin anew after good flow");
	ok(u.used == 0 && !output_urls_spare(&u, now), "there is no other one");
	ok(!output_urls_returns(&u, 1, now + 24 * 3600 * SEC), "and nowhere to return to");
}

static void test_order(void)
{
	struct output_urls u = make(3);

	ok(u.used == 0 && output_urls_spare(&u, now), "the primary is first, others are ready");
	ok(lose(&u, OUTPUT_END_FAILED) == 0 && u.used == 1, "the next one is tried at once");
	now += 300 * MS;
	ok(lose(&u, OUTPUT_END_FAILED) == 0 && u.used == 2 && !output_urls_spare(&u, now),
		"and the one after it, the last that is left");
	now += 300 * MS;
	ok(lose(&u, OUTPUT_END_FAILED) > 0 && u.used == 0,
		"then the one that failed first, when its time has come");
	flow(&u, 10 * SEC);
	ok(lose(&u, OUTPUT_END_FAILED) == 0 && u.used == 1,
		"a backup that has failed a while ago may be tried again");
}

/* All of them are down for an hour. */
static void test_all_down(void)
{
	struct output_urls u = make(4);
	uint64_t stop = now + 3600 * SEC, tries = 0;
	unsigned seen = 0;

	while (now < stop) {
		seen |= 1u << u.used;
		tries++;
		now += 10 * MS;
		(void) lose(&u, OUTPUT_END_FAILED);
	}
	/* Each of the four waits 22.5 to 30 s in the end. */
	ok(seen == 15 && tries > 4 * 110 && tries < 4 * 180, "each backs off by itself: %d tries",
		(int) tries);
}

static void test_busy(void)
{
	struct output_urls u = make(1);
	uint64_t begin, longest = 0, wait;
	int asked = 0;

	flow(&u, 100 * SEC);
	(void) lose(&u, OUTPUT_END_FAILED);
	for (begin = now; now < begin + OUTPUT_BUSY_USEC; asked++) {
		wait = lose(&u, OUTPUT_END_BUSY);
		longest = MAX(longest, wait);
	}
	ok(longest <= OUTPUT_BUSY_EVERY_USEC && asked <= 81, "busy: asked often, %d times", asked);
	ok(lose(&u, OUTPUT_END_BUSY) > SEC && lose(&u, OUTPUT_END_BUSY) > 2 * SEC,
		"somebody else's stream: as seldom as any failure");
	for (int i = 0; i < 10; i++)
		wait = lose(&u, OUTPUT_END_BUSY);
	ok(within(wait, MAX_USEC), "and for ever");
	flow(&u, OUTPUT_BRIEF_USEC);
	wait = lose(&u, OUTPUT_END_BUSY);
	ok(wait <= OUTPUT_BUSY_EVERY_USEC, "a session that was no refusal: busy is news again");
}

/* The primary comes back, for good, and then does not. */
static void test_return(void)
{
	struct output_urls u = make(2);
	uint64_t good;

	(void) lose(&u, OUTPUT_END_FAILED);
	flow(&u, 10 * SEC);
	ok(u.used == 1 && !output_urls_returns(&u, 0, now + 24 * 3600 * SEC),
		"no return to a primary that is not good");
	good = now;
	ok(!output_urls_returns(&u, good, good + HOLD - 1) &&
			output_urls_returns(&u, good, good + HOLD),
		"a return after it was good for a while");
	now = good + HOLD;
	output_urls_return(&u, now);
	ok(u.used == 0, "it is the primary's turn");
	ok(lose(&u, OUTPUT_END_FAILED) == 0 && u.used == 1, "which fails: the backup at once");
	good = now;
	ok(!output_urls_returns(&u, good, good + 2 * HOLD - 1) &&
			output_urls_returns(&u, good, good + 2 * HOLD),
		"the next return takes twice as long");
	for (int i = 0; i < 20; i++) {
		output_urls_return(&u, now);
		(void) lose(&u, OUTPUT_END_FAILED);
	}
	ok(output_urls_hold(&u) == OUTPUT_HOLD_FACTOR * HOLD, "but there is a limit");
	output_urls_return(&u, now);
	flow(&u, OUTPUT_HOLD_FACTOR * HOLD);
	ok(output_urls_hold(&u) == HOLD, "a primary that holds is trusted again");
	(void) lose(&u, OUTPUT_END_FAILED);
	output_urls_set(&u, MIN_USEC, MAX_USEC, USEC_INFINITY);
	ok(u.used == 1 && !output_urls_returns(&u, 1, UINT64_MAX - 1), "for ever means no return");
}

/* A primary that takes each session and drops it after some seconds must not be tried more often
 * than it is worth: a day of that. */
static void test_flapping(void)
{
	struct output_urls u = make(2);
	uint64_t stop = now + 24 * 3600 * SEC;
	int returns = 0;

	while (now < stop) {
		flow(&u, 5 * SEC);
		(void) lose(&u, OUTPUT_END_FAILED);
		if (u.used == 0)
			break;
		now += output_urls_hold(&u);
		if (!output_urls_returns(&u, now - output_urls_hold(&u), now))
			break;
		output_urls_return(&u, now);
		returns++;
	}
	ok(now >= stop && returns < 60, "a primary that flaps is used %d times in a day", returns);
}

static void test_probing(void)
{
	struct output_probing p;
	uint64_t begin;
	int probes = 0;

	now = 1000 * SEC;
	output_probing_init(&p, HOLD, 3);
	ok(p.next_usec <= now && p.good_usec == 0, "the first probe is at once");
	for (begin = now; now < begin + 3600 * SEC; probes++) {
		output_probing_result(&p, false, now, now + SEC);
		now = p.next_usec;
	}
	ok(p.good_usec == 0 && probes < 200, "one that is down is left in peace: %d", probes);
	begin = now;
	output_probing_result(&p, true, now, now + SEC);
	ok(p.good_usec == begin && p.next_usec - now <= 6 * SEC, "good, since the probe began");
	now = p.next_usec;
	output_probing_result(&p, true, now, now);
	ok(p.good_usec == begin, "and stays so");
	output_probing_result(&p, false, now, now);
	ok(p.good_usec == 0, "one failure ends that");
	output_probing_init(&p, SEC, 3);
	output_probing_result(&p, true, now, now);
	ok(p.next_usec - now <= SEC / 4, "a short hold is looked at several times");
}

int main(void)
{
	test_one();
	test_order();
	test_all_down();
	test_busy();
	test_return();
	test_flapping();
	test_probing();
	return tap_done();
}
