/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one picture says for a ROI or a state. Patterns have a purity and a level, so that a fade
 * can be followed while it goes on. Other features (a hash, a colour, a number) only open and
 * close: they are abrupt, and let a pattern beside them pass as it is or not at all. All thresholds
 * are mapped so that one purity is enough for everything, whatever the feature and its setting.
 * Pure.
 */
#pragma once

#include <stdbool.h>

#define EVIDENCE_PURE 0.75F /* purity of what is fully there */

struct evidence {
	float purity; /* correlation: 1 is the reference's pattern alone; 0 when something forbids
			 it */
	float level;  /* strength of the pattern against what is usual here: 1 is all of it */
	float low,
		high; /* level must lie between these to be the state and not a dimmed likeness */
	bool beaten;  /* it looks more like another state, so far */
	bool abrupt;  /* no fade can be told from its purity; the level is 1 */
	bool blind;   /* the picture cannot be looked into for it: neither there nor not there */
	bool barred;  /* of a state: not to be entered now, however much it is there */
};

/* Is it fully there, by this picture alone? */
bool evidence_full(const struct evidence *e);

/* Is it surely not there any more? Between the two it is half-way. */
bool evidence_gone(const struct evidence *e);

/* 0 … 1 for people and for comparing states. */
float evidence_score(const struct evidence *e);

/* Its purity if that alone decides whether it is fully there; 0 when something else forbids it. */
float evidence_reach(const struct evidence *e);

/* The purity of a correlation for which threshold is enough; 0: the default. */
float evidence_purity(float correlation, double threshold);

/* An abrupt one: of a distance that may be up to threshold, or of yes and no. */
struct evidence evidence_of_distance(double distance, double threshold);
struct evidence evidence_of(bool there);

/* Both, as weak as the weaker; and the stronger of the two, into e. */
void evidence_and(struct evidence *e, const struct evidence *by);
void evidence_or(struct evidence *e, const struct evidence *by);

/* There when e is not fully there. */
struct evidence evidence_not(const struct evidence *e);
