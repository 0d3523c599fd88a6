/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The better mode's state machine: evidence for each state in, picture by picture, the state out. A
 * state that is fully there in two pictures in a row is entered, one that is gone in two is left.
 * In a cross-fade that would be late, so the way there counts as well: evidence that grows from
 * picture to picture while a fade goes on enters at its middle, and evidence that falls counts as
 * gone from there on. What stays half-way (a button greyed out, a banner much like another one)
 * does neither. Where pictures come slower than seven a second, one is enough. A state that lasts
 * longer than it may is UNKNOWN, and is not entered again before it has been away or another one
 * was there. All times are capture times. Pure; one thread.
 */
#pragma once

#include "recognize/evidence.h"
#include "recognize/rules.h"

struct track {
	struct evidence last;
	uint64_t full_since; /* capture time of the first picture in which it was fully there; 0: is
				not */
	uint64_t first_usec; /* when its evidence began to show */
};

struct tracker {
	const struct rules *rules;
	struct track tracks[RULES_STATES_MAX];
	int state; /* the answer */
	uint64_t last_usec, since_usec;
	uint64_t weak_since; /* the state is not fully there; 0: is */
	int named;           /* the last state with a name, for what may follow it */
	bool lost;           /* … was lost with the pictures and may come back */
	int expired;         /* has lasted for too long and is still shown; else STATE_OTHER */
	uint64_t away_since; /* the expired state is not shown; 0: is */
	int raw;             /* of the last picture: OTHER, UNKNOWN … */
	uint64_t raw_since;
};

void tracker_init(struct tracker *t, const struct rules *rules);

/* No picture comes any more: the state is UNKNOWN, and those to come are not compared with the
 * last. What may follow what still holds. */
void tracker_lost(struct tracker *t, uint64_t usec);

/* raw: what the picture shows by itself. Returns the state. capture_usec never goes back. */
int tracker_push(
	struct tracker *t, uint64_t capture_usec, const struct evidence *evidence, int raw);
