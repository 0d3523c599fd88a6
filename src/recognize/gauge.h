/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * By how much the card's picture is stronger or weaker than the references, which holds for all
 * regions alike, so that a fade or a greyed-out button is told from a badly set grabber. Followed
 * slowly, from pictures that are beyond doubt.
 *
 * A first guess may be wrong, when a screen was dimmed just then. Games dim their screens but do
 * not make them stronger than they are: what stays stronger than usual sets what is usual. Pure.
 */
#pragma once

#include <stdint.h>

#include "recognize/evidence.h"

struct gauge {
	float gain; /* usual one of this card against the references */
	bool known; /* … has been seen */
	/* pictures in a row that would fit a state if the gain were steady_gain times this one */
	float steady_gain;
	int steady;
	uint64_t steady_since; /* capture time of the first of them */
};

void gauge_init(struct gauge *g);

/* A picture's evidence for n states, with levels against the gain so far, one of which is the
 * current one; -1: none is. */
void gauge_push(
	struct gauge *g, uint64_t capture_usec, const struct evidence *evidence, int n, int state);
