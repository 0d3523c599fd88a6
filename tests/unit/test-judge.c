/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sights made by hand, judged with several scores. */
#include "recognize/judge.h"

#include <math.h>
#include <string.h>

#include "common/usec.h"
#include "tests/tap.h"

#define FRAME (USEC_PER_SEC / 30)

static struct roi plain[] = { { .required = true }, { .required = true, .threshold = 0.6 } };
static struct rules rules = {
	.n_states = 2,
	.states = { { .min_match = 1, .n_rois = 1 }, { .min_match = 1, .n_rois = 2 } },
};
static struct sight sight;
static struct decision decision;

static void see(int state, int roi, double correlation, float level)
{
	double threshold = rules.states[state].rois[roi].threshold;

	sight.rois[state][roi] = (struct sight_roi){
		.value = correlation,
		.evidence = { .purity = evidence_purity((float) correlation, threshold),
			.level = level,
			.high = INFINITY },
		.shaded = true,
		.ready = true,
	};
}

static void see_all(double a, double b, double b2)
{
	see(0, 0, a, 1);
	see(1, 0, b, 1);
	see(1, 1, b2, 1);
}

/* The state after five of the same pictures, held against a score; 0: what the rules say. */
static int judged(double score)
{
	struct judge j;

	judge_init(&j, &rules);
	for (int i = 0; i < 5; i++) {
		struct sight again = sight;

		again.capture_usec = USEC_PER_SEC + (uint64_t) i * FRAME;
		if (score > 0)
			sight_set_score(&again, &rules, score);
		judge_push(&j, &again, &decision);
	}
	return decision.state;
}

static void test_scores(void)
{
	see_all(0.65, 0.1, 0.1);
	ok(judged(0) == STATE_OTHER && decision.reason == REASON_BELOW_THRESHOLD,
		"0.65 is not enough by default");
	ok(judged(EVIDENCE_PURE) == STATE_OTHER, "nor where the default is asked for");
	ok(judged(0.7) == STATE_OTHER && judged(0.6) == 0, "it is where less is asked for");
	see_all(0.9, 0.1, 0.1);
	ok(judged(0) == 0 && judged(0.85) == 0 && judged(0.95) == STATE_OTHER,
		"0.9 is, until more is asked for");
	see_all(0.1, 0.9, 0.65);
	ok(judged(0) == 1 && judged(0.85) == 1,
		"a region with a threshold of its own does not heed the score");
	see_all(0.1, 0.9, 0.55);
	ok(judged(0.5) != 1, "… neither where less is asked for");
}

static void test_blurred(void)
{
	see_all(0.95, 0.1, 0.1);
	sight.rois[0][0].blurred = sight.blurred = true;
	sight.rois[0][0].evidence.purity = 0.5F;
	sight.rois[0][0].evidence.abrupt = true;
	ok(judged(0.5) == STATE_OTHER && decision.raw == STATE_UNKNOWN,
		"a blurred one is not there whatever is asked for");
	ok(decision.reason == REASON_LOW_QUALITY, "and that is told");
	sight.blurred = false;
}

static void test_flags(void)
{
	see_all(0.95, 0.1, 0.1);
	sight.settling[0] = true;
	(void) judged(0);
	ok(decision.state == STATE_OTHER && decision.reason == REASON_SETTLING,
		"not while it moves");
	sight.settling[0] = false;
	sight.frozen = true;
	ok(judged(0) == STATE_UNKNOWN && decision.reason == REASON_FROZEN, "not when frozen");
	sight.frozen = false;
	see_all(0.1, 0.1, 0.1);
	sight.flat = true;
	(void) judged(0);
	ok(decision.reason == REASON_NO_SIGNAL, "one colour is no signal");
	sight.flat = false;
	see_all(0.95, 0.1, 0.1);
	ok(judged(0) == 0 && decision.reason == REASON_NONE, "all clear again");
}

static void test_reach(void)
{
	struct evidence e = { .purity = 0.4F, .level = 1, .high = INFINITY };

	ok(evidence_reach(&e) == 0.4F, "what only its purity keeps from being there reaches that");
	e.level = 0.3F;
	ok(evidence_reach(&e) == 0, "too weak: no threshold would do");
	e.level = 1;
	e.beaten = true;
	ok(evidence_reach(&e) == 0, "nor where another state is nearer");
	e.beaten = false;
	e.high = 0.8F;
	ok(evidence_reach(&e) == 0, "nor where it is too strong for the state");
}

int main(void)
{
	for (int s = 0; s < rules.n_states; s++)
		memcpy(rules.states[s].rois, plain,
			sizeof(*plain) * (size_t) rules.states[s].n_rois);
	test_scores();
	test_blurred();
	test_flags();
	test_reach();
	return tap_done();
}
