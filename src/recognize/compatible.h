/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The compatible mode: the hashes of each ROI in the references, the distances of a picture's to
 * them, and the original's way to decide and to wait. Pure; one thread.
 */
#pragma once

#include "recognize/recogniser.h"

struct compatible;

int compatible_new(struct compatible **ret, const struct rules *rules);
struct compatible *compatible_free(struct compatible *c);
DEFINE_CLEANUP(struct compatible *, compatible_free)

/* As recogniser_add_reference(), of grey pictures. */
int compatible_add_reference(
	struct compatible *c, int state, const struct grey *picture, int reference);

/* As recogniser_add_hashes() and recogniser_last_hashes(). */
int compatible_add_hashes(
	struct compatible *c, int state, const struct hash *hashes, int n, int reference);
int compatible_last_hashes(
	const struct compatible *c, int state, struct hash ret[RECOGNISER_HASHES_MAX]);

/* As recogniser_continue() and recogniser_lost(). */
void compatible_continue(struct compatible *c, const struct compatible *from);
void compatible_lost(struct compatible *c, uint64_t usec);

/* Fills all of it but the numbers. 0, -ENOMEM. */
int compatible_look(struct compatible *c, const struct grey *picture, uint64_t capture_usec,
	struct decision *ret);
