/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Thinning of pictures: what is at the output's rate passes whole, what is faster comes out evenly.
 */
#include "media/pacer.h"

#include <stdlib.h>

#include "common/cleanup.h"
#include "tests/tap.h"

struct result {
	int offered, accepted;
	uint64_t shortest, longest; /* between accepted ones, after the first second */
};

/* Offers sec seconds of a source with this interval and jitter to an output of 30. */
static struct result offer(double interval_usec, int jitter_usec, int sec)
{
	struct pacer p;
	struct result r = { .shortest = UINT64_MAX };
	uint64_t last = 0;

	pacer_init(&p, 30, 1);
	srand(1);
	for (double t = 1e6; t < 1e6 * (sec + 1); t += interval_usec) {
		uint64_t usec = (uint64_t) t + (uint64_t) (jitter_usec ? rand() % jitter_usec : 0);

		r.offered++;
		if (!pacer_accept(&p, usec))
			continue;
		r.accepted++;
		if (t > 2e6) {
			r.shortest = MIN(r.shortest, usec - last);
			r.longest = MAX(r.longest, usec - last);
		}
		last = usec;
	}
	return r;
}

static void test_same_rate(void)
{
	struct result r = offer(1e6 / 30, 0, 60);

	ok(r.accepted == r.offered, "30 into 30 passes whole");
	r = offer(1e6 / 30, 12000, 60);
	ok(r.accepted == r.offered, "so it does with 12 ms of jitter");
	r = offer(1e6 / 30.3, 3000, 600);
	ok(r.accepted == r.offered, "and from a card that is 1 %% fast");
	r = offer(1e6 / 12.5, 5000, 60);
	ok(r.accepted == r.offered, "a slow source passes whole");
}

static void test_thinning(void)
{
	struct result r = offer(1e6 / 60, 3000, 60);

	ok(abs(r.accepted - 1800) <= 40, "60 into 30 gives about 1800 in a minute (%d)",
		r.accepted);
	ok(r.shortest > 28000 && r.longest < 39000, "every second one (%d to %d us)",
		(int) r.shortest, (int) r.longest);
	r = offer(1e6 / 50, 0, 60);
	ok(abs(r.accepted - 1800) <= 40, "50 into 30 keeps the rate (%d)", r.accepted);
	ok(r.longest <= 40001, "with no gap over two of the source's periods");
	r = offer(1e6 / 120, 1000, 60);
	ok(abs(r.accepted - 1800) <= 40, "120 into 30 (%d)", r.accepted);
}

static void test_pause(void)
{
	struct pacer p;
	uint64_t t = 1000000;
	int n = 0;

	pacer_init(&p, 30, 1);
	for (int i = 0; i < 120; i++, t += 16667)
		(void) pacer_accept(&p, t);
	t += 5000000;
	for (int i = 0; i < 120; i++, t += 16667)
		n += pacer_accept(&p, t);
	ok(n >= 58 && n <= 63, "after a pause the rate is right at once (%d of 120)", n);
	ok(!pacer_accept(&p, t - 16667), "a picture of the past is refused");
}

int main(void)
{
	test_same_rate();
	test_thinning();
	test_pause();
	return tap_done();
}
