/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How strong a card's pictures usually are. */
#include "recognize/gauge.h"

#include <math.h>

#include "common/usec.h"
#include "tests/tap.h"

#define STEP (USEC_PER_SEC / 30)

static uint64_t now = USEC_PER_SEC;

/* So many pictures of one state, raw strength from … to; state as in gauge_push(). */
static void show(
	struct gauge *g, int n, uint64_t step, float purity, float from, float to, int state)
{
	for (int i = 0; i < n; i++, now += step) {
		float level = from + (to - from) * (float) i / (float) (n > 1 ? n - 1 : 1);
		const struct evidence e[2] = {
			{ .purity = 0.2F, .level = 0.1F, .high = INFINITY },
			{ .purity = purity, .level = level / g->gain, .high = INFINITY },
		};

		gauge_push(g, now, e, 2, state);
	}
}

static bool is_near(float a, float b)
{
	return fabsf(a - b) < 0.08F * b;
}

static void test_guess(void)
{
	struct gauge g;

	gauge_init(&g);
	show(&g, 5, STEP, 0.95F, 0.5F, 0.5F, -1);
	ok(!g.known, "a moment tells nothing");
	show(&g, 5, STEP, 0.95F, 0.5F, 0.5F, -1);
	ok(g.known && is_near(g.gain, 0.5F), "a third of a second does (%.2f)", (double) g.gain);

	gauge_init(&g);
	show(&g, 8, STEP, 0.95F, 0.05F, 0.95F, -1);
	ok(!g.known, "a cross-fade is not taken for a setting");

	gauge_init(&g);
	show(&g, 3, USEC_PER_SEC / 2, 0.95F, 0.5F, 0.5F, -1);
	ok(g.known, "three pictures are enough where they come slowly");

	gauge_init(&g);
	show(&g, 60, STEP, 0.6F, 0.5F, 0.5F, -1);
	ok(!g.known, "what is not like a state tells nothing");
	show(&g, 60, STEP, 0.95F, 0.2F, 0.2F, -1);
	ok(!g.known, "nor what is too weak for any setting");
}

static void test_follow(void)
{
	struct gauge g;

	gauge_init(&g);
	show(&g, 1, STEP, 0.97F, 0.9F, 0.9F, 1);
	ok(g.known && is_near(g.gain, 0.9F), "a state that is there tells it at once");
	show(&g, 300, STEP, 0.97F, 0.9F, 0.75F, 1);
	ok(is_near(g.gain, 0.75F), "slow changes are followed (%.2f)", (double) g.gain);
	show(&g, 90, STEP, 0.97F, 0.4F, 0.4F, -1);
	ok(is_near(g.gain, 0.75F), "a state that is greyed out is not (%.2f)", (double) g.gain);
}

static void test_mistake(void)
{
	struct gauge g;

	gauge_init(&g);
	show(&g, 30, STEP, 0.95F, 0.45F, 0.45F, -1);
	ok(g.known && is_near(g.gain, 0.45F), "begun while the screen was dimmed");
	show(&g, 3, STEP, 0.95F, 1, 1, -1);
	ok(is_near(g.gain, 0.45F), "a flash changes nothing");
	show(&g, 12, STEP, 0.95F, 1, 1, -1);
	ok(is_near(g.gain, 1), "what stays stronger is the usual strength (%.2f)", (double) g.gain);
	show(&g, 12, STEP, 0.97F, 1.4F, 1.4F, 1);
	ok(is_near(g.gain, 1.4F), "stronger than ever, for a while (%.2f)", (double) g.gain);
	show(&g, 600, STEP, 0.97F, 1, 1, 1);
	ok(is_near(g.gain, 1), "and back, slowly (%.2f)", (double) g.gain);
}

int main(void)
{
	test_guess();
	test_follow();
	test_mistake();
	return tap_done();
}
