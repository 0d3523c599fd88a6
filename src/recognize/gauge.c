/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/gauge.h"

#include <math.h>
#include <stddef.h>

#include "common/cleanup.h"

#define USUAL_PURE 0.95F /* a state so pure tells the usual gain … */
#define USUAL_RANGE 0.2F /* … when it is as near to it as this */
#define USUAL_PART 0.03F /* how fast it is followed */
#define GAIN_LOW 0.35F   /* a grabber is not set worse than that */
#define GAIN_HIGH 2.5F
#define STEADY_PURE 0.85F
#define STEADY_FRAMES 15

void gauge_init(struct gauge *g)
{
	*g = (struct gauge){ .gain = 1 };
}

/* Before any state has been seen: a picture that would fit one if the card were set otherwise, and
 * goes on to, tells how it is set. Not one that another state shows in another strength. */
static void guess(struct gauge *g, const struct evidence *evidence, int n)
{
	const struct evidence *best = NULL;

	for (int s = 0; s < n; s++)
		if (!evidence[s].abrupt && evidence[s].purity >= STEADY_PURE &&
			evidence[s].low <= 0 && isinf(evidence[s].high) &&
			(!best || evidence[s].purity > best->purity))
			best = &evidence[s];
	if (!best || best->level < GAIN_LOW || best->level > GAIN_HIGH ||
		fabsf(best->level - g->steady_gain) > USUAL_RANGE * best->level) {
		g->steady_gain = best ? best->level : 0;
		g->steady = 0;
	} else if (++g->steady >= STEADY_FRAMES) {
		g->gain = g->steady_gain;
		g->known = true;
	}
}

void gauge_push(struct gauge *g, const struct evidence *evidence, int n, int state)
{
	const struct evidence *e = state >= 0 && !evidence[state].abrupt ? &evidence[state] : NULL;

	if (!g->known && (!e || !evidence_full(e))) {
		guess(g, evidence, n);
	} else if (e && e->purity >= (g->known ? USUAL_PURE : STEADY_PURE) && evidence_full(e) &&
		   (!g->known || fabsf(e->level - 1) < USUAL_RANGE)) {
		g->gain += g->gain * (e->level - 1) * (g->known ? USUAL_PART : 1);
		g->gain = CLAMP(g->gain, GAIN_LOW, GAIN_HIGH);
		g->known = true;
	}
}
