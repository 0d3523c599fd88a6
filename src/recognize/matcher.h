/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The compatible mode's decisions, as the original makes them: for each state the smallest distance
 * of each ROI to the references, which ROIs match, whether the state does, and the first that does
 * wins; then the debounce by counted decisions. Pure; one thread for each object.
 */
#pragma once

#include "recognize/rules.h"

#define MATCH_DISTANCE_FAILED 999.0 /* a required ROI failed and nothing was counted */
#define MATCH_DISTANCE_NONE (-1.0)  /* nothing was counted */

struct match_state {
	bool is_match;
	uint32_t matched; /* bit of each ROI that matched */
	double distance;  /* mean, or one of the two above */
};

struct match {
	int raw; /* index of a state, or STATE_OTHER */
	struct match_state states[RULES_STATES_MAX];
};

/* distance(state, roi): smallest distance of this ROI in the picture to the references of its
 * ref_state, or -1 when there are none. */
void matcher_decide(const struct rules *rules, int (*distance)(int state, int roi, void *userdata),
	void *userdata, struct match *ret);

/* Counts decisions: a named state needs confirm in a row, OTHER drop in a row. */
struct debounce {
	int confirm, drop;
	int state;   /* the answer; begins with STATE_OTHER */
	int pending; /* the candidate */
	int count;
};

void debounce_init(struct debounce *d, int confirm_frames, int drop_frames);

/* Takes a raw decision (UNKNOWN is one too), returns the state after it. */
int debounce_push(struct debounce *d, int raw);
