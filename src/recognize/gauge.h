/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * By how much the card's picture is stronger or weaker than the references, which holds for all
 * regions alike, so that a fade or a greyed-out button is told from a badly set grabber. Followed
 * slowly, from pictures that are beyond doubt. Pure.
 */
#pragma once

#include "recognize/evidence.h"

struct gauge {
	float gain; /* usual one of this card against the references */
	bool known; /* … has been seen */
	int steady; /* pictures in a row that would fit a state of steady_gain */
	float steady_gain;
};

void gauge_init(struct gauge *g);

/* A picture's evidence for n states, one of which is the current one; -1: none is. */
void gauge_push(struct gauge *g, const struct evidence *evidence, int n, int state);
