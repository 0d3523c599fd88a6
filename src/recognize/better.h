/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The better mode: a feature for each ROI of each state, and what may keep them from being
 * believed: a picture that stands still to the bit, regions that still move. What is made of it is
 * the judge's. Pure; one thread.
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

/* As recogniser_sight(). */
const struct sight *better_sight(const struct better *b);

/* Fills all of it but the numbers. 0, -ENOMEM. */
int better_look(
	struct better *b, const struct view *v, uint64_t capture_usec, struct decision *ret);
