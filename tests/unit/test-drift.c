/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loop against a model of a card: the offset grows by what the card sends too much and shrinks
 * by what the resampler takes away; its timestamps jitter.
 */
#include "media/drift.h"

#include <math.h>

#include "tests/tap.h"

#define BLOCK_SEC 0.02

struct card {
	struct drift drift;
	double ppm;    /* the card's true deviation */
	double offset; /* true, in seconds */
	double jitter; /* of the timestamps, in seconds */
	uint32_t seed;
};

static double noise(struct card *c)
{
	c->seed = c->seed * 1664525 + 1013904223;
	return c->jitter * ((double) (c->seed >> 8) / (1 << 23) - 1);
}

static void one_block(struct card *c)
{
	double ratio = drift_update(&c->drift, c->offset + noise(c), BLOCK_SEC);

	c->offset += BLOCK_SEC * ((1 + c->ppm / 1e6) / (1 + ratio) - 1);
}

/* Runs for so long. Returns the largest offset seen; *ret_settled is when it last was above 1 ms.
 */
static double run(struct card *c, double seconds, double *ret_settled)
{
	double peak = 0;

	*ret_settled = 0;
	for (double t = 0; t < seconds; t += BLOCK_SEC) {
		one_block(c);
		peak = fmax(peak, fabs(c->offset));
		if (fabs(c->offset) > 0.001)
			*ret_settled = t;
	}
	return peak;
}

static void test_step(double ppm)
{
	struct card c = { .ppm = ppm };
	double settled, peak = run(&c, 120, &settled);

	ok(peak <= 0.020, "%+.0f ppm: peak %.1f ms", ppm, peak * 1e3);
	ok(settled < 60, "%+.0f ppm: within 1 ms after %.1f s", ppm, settled);
	ok(fabs(drift_ppm(&c.drift) - ppm) < 5, "%+.0f ppm: estimate %.1f", ppm,
		drift_ppm(&c.drift));
}

/* At the edge of what is allowed the offset must come home too, be it by way of the margin. */
static void test_clamp(double ppm)
{
	struct card c = { .ppm = ppm };
	double settled, peak = run(&c, 300, &settled);

	ok(peak <= 0.020 && settled < 120, "%+.0f ppm: peak %.1f ms, within 1 ms after %.1f s", ppm,
		peak * 1e3, settled);
	ok(fabs(drift_ppm(&c.drift) - ppm) < 150, "%+.0f ppm: estimate %.1f", ppm,
		drift_ppm(&c.drift));
}

static void test_windup(double ppm)
{
	struct card c = { .ppm = ppm };
	double settled, peak;

	(void) run(&c, 600, &settled);
	ok(fabs(c.drift.ratio) <= DRIFT_STEER && fabs(c.drift.integral) <= DRIFT_CLAMP,
		"%+.0f ppm: never beyond the stop", ppm);
	/* As after a hard resync, on a card that came to its senses. */
	drift_restart(&c.drift);
	c.offset = 0;
	c.ppm = 0;
	peak = run(&c, 300, &settled);
	ok(peak < 0.020 && settled < 60, "… and back: peak %.1f ms, within 1 ms after %.1f s",
		peak * 1e3, settled);
}

/* A large offset at a true clock, as after a jump too small for a hard resync. */
static void test_jump(void)
{
	struct card c = { .offset = 0.095 };
	double settled, peak = run(&c, 300, &settled);

	ok(peak < 0.0951 && settled < 60, "a jump of 95 ms is worked off in %.1f s", settled);
	ok(fabs(drift_ppm(&c.drift)) < 5, "… and leaves no drift behind (%.1f ppm)",
		drift_ppm(&c.drift));
}

static void test_long(void)
{
	struct card c = { .jitter = 0.001, .seed = 1 };
	double worst = 0, bend = 0, error = 0;

	for (int64_t i = 0; i < 72 * 3600 * 50; i++) {
		double t = (double) i * BLOCK_SEC;

		/* Warms and cools within half an hour, and wanders with the day. */
		c.ppm = 120 * sin(t * 2 * 3.14159 / 1800) + 80 * sin(t * 2 * 3.14159 / 40000);
		one_block(&c);
		if (t < 60)
			continue;
		worst = fmax(worst, fabs(c.offset));
		bend = fmax(bend, fabs(c.drift.ratio - c.ppm / 1e6));
		error = fmax(error, fabs(drift_ppm(&c.drift) - c.ppm));
	}
	ok(worst <= 0.001, "72 hours of wandering drift and 1 ms of jitter: %.2f ms at most",
		worst * 1e3);
	ok(bend < 0.0006, "… bending the pitch by %.3f %% at most", bend * 100);
	ok(error < 60, "… the estimate off by %.0f ppm at most", error);
}

static void test_restart(void)
{
	struct card c = { .ppm = 3000 };
	double settled, peak;

	(void) run(&c, 120, &settled);
	drift_restart(&c.drift);
	ok(fabs(c.drift.ratio - 0.003) < 0.0001, "a restart goes on with the estimate");
	c.offset = 0;
	peak = run(&c, 10, &settled);
	ok(peak < 0.0001, "… and has nothing to learn (%.3f ms)", peak * 1e3);
	drift_reset(&c.drift);
	ok(c.drift.ratio == 0 && drift_ppm(&c.drift) == 0, "a reset forgets it");
}

int main(void)
{
	test_step(200);
	test_step(5000);
	test_step(-5000);
	test_step(9000);
	test_step(-9000);
	test_clamp(10000);
	test_clamp(-10000);
	test_windup(30000);
	test_windup(-30000);
	test_jump();
	test_long();
	test_restart();
	return tap_done();
}
