/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The better mode: a feature for each ROI of each state, their evidence put together, and the
 * tracker; and what may keep it from being believed: a picture that stands still to the bit,
 * regions that still move. Pure; one thread.
 */
#pragma once

#include "recognize/feature.h"
#include "recognize/recogniser.h"

struct better;

int better_new(struct better **ret, const struct rules *rules);
struct better *better_free(struct better *b);
DEFINE_CLEANUP(struct better *, better_free)

/* As recogniser_add_reference(). */
int better_add_reference(struct better *b, int state, const struct view *v, int reference);

/* As recogniser_continue() and recogniser_lost(). */
void better_continue(struct better *b, struct better *from);
void better_lost(struct better *b, uint64_t usec);

/* Fills all of it but the numbers. 0, -ENOMEM. */
int better_look(
	struct better *b, const struct view *v, uint64_t capture_usec, struct decision *ret);
