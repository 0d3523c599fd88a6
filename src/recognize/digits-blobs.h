/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connected pixels of text in a sampled picture. Pure; one thread for each object, which allocates
 * nothing.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "recognize/digits-sample.h"

#define BLOBS_MAX 256
#define BLOBS_RUNS_MAX 2048

struct blob {
	int x0, x1, y0, y1; /* beyond: x1, y1 */
	int area;
	float ink, ink_x, ink_y; /* above the background; moments */
	int id;                  /* of the blob and of what is joined to it */
};

struct blobs {
	int n;
	struct blob list[BLOBS_MAX]; /* from left to right */

	/* of blobs_find() and blobs_id() */
	struct blobs_run {
		int16_t y, x0, x1; /* x1 is beyond */
		int16_t parent;    /* index of another run of the same blob, or of itself */
	} runs[BLOBS_RUNS_MAX];
	int n_runs;
	int row_first[SAMPLED_ROWS_MAX + 1]; /* index of each row's first run */
	int16_t blob_of[BLOBS_RUNS_MAX];     /* id, of runs that are their own parents */
	int16_t joined_to[BLOBS_MAX];        /* another id, or the same */
};

/* Finds what is of this level and above; gaps of `bridge` samples part nothing. Whether there is
 * anything; no when there is too much of it, as in noise. */
bool blobs_find(struct blobs *b, const struct sampled *s, int level, int bridge, float ground);

/* Makes one of blobs that follow each other in a list, where same() says so; returns how many are
 * left. ids: b's joined_to, or NULL for a list that is only tried out. */
int blobs_join(struct blob *list, int n, int16_t *ids,
	bool (*same)(const struct blob *left, const struct blob *right));

/* The id, as in the list, of the blob that the i-th run is part of; one that is not in the list any
 * more keeps its own. */
int blobs_id(struct blobs *b, int run);
