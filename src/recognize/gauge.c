/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/gauge.h"

#include <math.h>
#include <stddef.h>

#include "common/cleanup.h"
#include "common/usec.h"

#define USUAL_PURE 0.95F  /* a state so pure tells the usual gain … */
#define USUAL_RANGE 0.2F  /* … most of all when it is as near to it as this */
#define USUAL_PART 0.03F  /* how fast it is followed … */
#define DOUBT_PART 0.005F /* … and when it is not so near: a fade must not be followed */
#define GAIN_LOW 0.35F    /* a grabber is not set worse than that */
#define GAIN_HIGH 2.5F
#define STEADY_PURE 0.85F
#define STEADY_RANGE 0.2F
#define STEADY_USEC (250 * USEC_PER_MSEC) /* more than a cross-fade stays within the range */
#define STEADY_PICTURES 3
#define STRONGER 1.25F /* than usual */

void gauge_init(struct gauge *g)
{
	*g = (struct gauge){ .gain = 1 };
}

/* The picture's likeliest state whatever its strength. Not one that another state shows in another
 * strength. */
static const struct evidence *find_purest(const struct evidence *evidence, int n)
{
	const struct evidence *best = NULL;

	for (int s = 0; s < n; s++)
		if (!evidence[s].abrupt && evidence[s].purity >= STEADY_PURE &&
			evidence[s].low <= 0 && isinf(evidence[s].high) &&
			(!best || evidence[s].purity > best->purity))
			best = &evidence[s];
	return best;
}

/* A picture that would fit a state if the card were set otherwise, and goes on to, tells how it is
 * set. */
static void guess(struct gauge *g, uint64_t now, const struct evidence *best)
{
	if (!best || best->level * g->gain < GAIN_LOW || best->level * g->gain > GAIN_HIGH) {
		g->steady = 0;
	} else if (g->steady == 0 ||
		   fabsf(best->level - g->steady_gain) > STEADY_RANGE * best->level) {
		g->steady = 1;
		g->steady_gain = best->level;
		g->steady_since = now;
	} else if (++g->steady >= STEADY_PICTURES && now - g->steady_since >= STEADY_USEC) {
		g->gain *= g->steady_gain;
		g->known = true;
		g->steady = 0;
	}
}

static void follow(struct gauge *g, const struct evidence *e)
{
	float part = fabsf(e->level - 1) < USUAL_RANGE ? USUAL_PART : DOUBT_PART;

	g->gain += g->gain * (e->level - 1) * (g->known ? part : 1);
	g->gain = CLAMP(g->gain, GAIN_LOW, GAIN_HIGH);
	g->known = true;
}

void gauge_push(
	struct gauge *g, uint64_t capture_usec, const struct evidence *evidence, int n, int state)
{
	const struct evidence *e = state >= 0 && !evidence[state].abrupt ? &evidence[state] : NULL;
	const struct evidence *best = find_purest(evidence, n);
	bool full = e && evidence_full(e);

	if (g->known ? best && best->level > STRONGER : !full)
		guess(g, capture_usec, best);
	else
		g->steady = 0;
	if (full && e->purity >= (g->known ? USUAL_PURE : STEADY_PURE))
		follow(g, e);
}
