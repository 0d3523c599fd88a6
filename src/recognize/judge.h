/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The better mode's judgement: what a picture has to say goes in, a decision comes out. It keeps no
 * picture, only the state, how long it lasts, and how the card is set; several can judge the same
 * sights, each with other settings. Pure; one thread.
 */
#pragma once

#include "recognize/gauge.h"
#include "recognize/recogniser.h"
#include "recognize/sight.h"
#include "recognize/tracker.h"

struct judge {
	const struct rules *rules;
	struct tracker tracker;
	struct gauge gauge;
	struct evidence evidence[RULES_STATES_MAX]; /* of the last picture */
};

/* The rules must outlive it. */
void judge_init(struct judge *j, const struct rules *rules);

/* As recogniser_lost(). */
void judge_lost(struct judge *j, uint64_t usec);

/* Fills all of ret but the numbers, and what a region's value, quality and reference are. */
void judge_push(struct judge *j, const struct sight *sight, struct decision *ret);
