/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How far a state's score keeps the pictures that show it apart from the others, in a clip whose
 * truth is known: a threshold must lie between the two. A score that only one picture has neither
 * enters nor leaves a state, so of two neighbours the better one counts where the state is shown,
 * and the worse one where it is not. Only what counts for shares is looked at. Pure; any thread.
 */
#pragma once

#include "recognize/truth.h"

/* Pictures further apart than this are no neighbours. */
#define SEPARATION_GAP_USEC UINT64_C(150000)
/* No clip shows all there is: something half like a state must be reckoned with. */
#define SEPARATION_LEAST 0.5

struct separation {
	double lowest_shown, highest_other; /* NAN: there was no such picture */
	uint64_t lowest_shown_usec, highest_other_usec;
	double last;
	uint64_t last_usec;
	const struct truth_segment *last_segment; /* NULL: it did not count */
};

void separation_init(struct separation *s);

/* The state's score in the next picture; usec rises. The truth must outlive what is kept of it. */
void separation_push(
	struct separation *s, const struct truth *truth, int state, uint64_t usec, double score);

/* The threshold in the middle between the two, of which the lower one is taken to be at least
 * SEPARATION_LEAST, and how far it may be off; NAN when nothing fits between them, or one of them
 * is not known. */
double separation_suggest(const struct separation *s, double *ret_margin);
