/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A clip as it would be decided with other thresholds, tried along the way: what a picture looks
 * like does not depend on any of them. The compatible mode's is the distance in bits of all states;
 * the better mode's is the score of all states, for each ROI without a threshold of its own. There
 * the scores of each state are measured as well, in pictures that show it and in others.
 */
#pragma once

#include "evaluate/evaluate-clip.h"
#include "recognize/recogniser.h"

struct evaluate_sweep;

/* The rules and the truth must outlive it. 0, -ENOMEM. */
int evaluate_sweep_new(
	struct evaluate_sweep **ret, const struct rules *rules, const struct truth *truth);
struct evaluate_sweep *evaluate_sweep_free(struct evaluate_sweep *s);
DEFINE_CLEANUP(struct evaluate_sweep *, evaluate_sweep_free)

/* After each look of the recogniser, with what it decided. 0, -ENOMEM. */
int evaluate_sweep_push(
	struct evaluate_sweep *s, const struct recogniser *recogniser, const struct decision *d);

/* Fills the result's points, suggestion and separations; its decisions are those that were pushed.
 * 0, -ENOMEM. */
int evaluate_sweep_judge(const struct evaluate_sweep *s, struct evaluate_result *result);
