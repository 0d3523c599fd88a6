/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/evidence.h"

#include <math.h>

#include "common/cleanup.h"

#define LEVEL 0.6F /* least strength of a pattern that is fully there */
#define LEVEL_HIGH 1.9F
#define GONE_PURE 0.6F /* less: it is not there any more */
#define GONE_LEVEL 0.5F
#define THRESHOLD_MIN 0.01F
#define THRESHOLD_MAX 0.99F

bool evidence_full(const struct evidence *e)
{
	return !e->beaten && e->purity >= EVIDENCE_PURE && e->level >= MAX(LEVEL, e->low) &&
	       e->level <= MIN(LEVEL_HIGH, e->high);
}

bool evidence_gone(const struct evidence *e)
{
	return e->beaten || e->purity < GONE_PURE || e->level < MAX(GONE_LEVEL, e->low * 0.9F) ||
	       e->level > MIN(LEVEL_HIGH, e->high) * 1.1F;
}

float evidence_score(const struct evidence *e)
{
	float part = e->beaten ? 0 : MIN(e->level / LEVEL, 1.0F);

	return CLAMP(e->purity * part, 0.0F, 1.0F);
}

float evidence_reach(const struct evidence *e)
{
	struct evidence pure = *e;

	pure.purity = 1;
	return evidence_full(&pure) ? e->purity : 0;
}

float evidence_purity(float correlation, double threshold)
{
	float enough = CLAMP((float) threshold, THRESHOLD_MIN, THRESHOLD_MAX);

	correlation = MAX(correlation, 0.0F);
	if (threshold <= 0)
		return correlation;
	if (correlation < enough)
		return correlation * EVIDENCE_PURE / enough;
	return EVIDENCE_PURE + (correlation - enough) * (1 - EVIDENCE_PURE) / (1 - enough);
}

struct evidence evidence_of(bool there)
{
	return (struct evidence){
		.purity = there,
		.level = 1,
		.high = INFINITY,
		.abrupt = true,
	};
}

/* Just enough at the threshold, and gone at a quarter more. */
struct evidence evidence_of_distance(double distance, double threshold)
{
	struct evidence e = evidence_of(true);

	if (distance > threshold)
		e.purity = EVIDENCE_PURE * (float) (threshold / distance);
	else if (threshold > 0)
		e.purity = 1 - (1 - EVIDENCE_PURE) * (float) (distance / threshold);
	return e;
}

void evidence_and(struct evidence *e, const struct evidence *by)
{
	struct evidence pattern = e->abrupt ? *by : *e, gate = e->abrupt ? *e : *by;

	if (e->abrupt != by->abrupt) {
		/* What is open takes nothing from a pattern: its purity tells how a fade goes on.
		 */
		if (!evidence_full(&gate) && gate.purity < pattern.purity) {
			pattern.purity = gate.purity;
			pattern.abrupt = true;
		}
		pattern.blind = pattern.blind || gate.blind;
		*e = pattern;
		return;
	}
	e->purity = MIN(e->purity, by->purity);
	e->level = MIN(e->level, by->level);
	e->low = MAX(e->low, by->low);
	e->high = MIN(e->high, by->high);
	e->beaten = e->beaten || by->beaten;
	e->blind = e->blind || by->blind;
}

void evidence_or(struct evidence *e, const struct evidence *by)
{
	bool full = evidence_full(e), other = evidence_full(by), blind = e->blind || by->blind;

	if (other != full ? other : evidence_score(by) > evidence_score(e))
		*e = *by;
	e->blind = blind && !full && !other;
}

struct evidence evidence_not(const struct evidence *e)
{
	struct evidence inverse = evidence_of(!e->blind && !evidence_full(e));

	inverse.blind = e->blind;
	return inverse;
}
