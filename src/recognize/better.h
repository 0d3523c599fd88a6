/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The better mode: a region for each ROI of each state, their evidence put together, and the
 * tracker. It follows by how much the card's picture is stronger or weaker than the references,
 * which holds for all regions alike, so that a fade or a greyed-out button is told from a badly set
 * grabber. Pure; one thread.
 */
#pragma once

#include "recognize/recogniser.h"

struct better;

int better_new(struct better **ret, const struct rules *rules);
struct better *better_free(struct better *b);
DEFINE_CLEANUP(struct better *, better_free)

/* As recogniser_add_reference(), of grey pictures. */
int better_add_reference(struct better *b, int state, const struct grey *picture, int reference);

/* As recogniser_continue() and recogniser_lost(). */
void better_continue(struct better *b, const struct better *from);
void better_lost(struct better *b, uint64_t usec);

/* Fills all of it but the numbers. 0, -ENOMEM. */
int better_look(
	struct better *b, const struct grey *picture, uint64_t capture_usec, struct decision *ret);
