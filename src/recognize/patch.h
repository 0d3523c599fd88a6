/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A region as a small grid of mean brightness, the same grid whatever the size of the picture: a
 * few thousand cells at most, each the mean of the samples under it, so that noise averages out.
 * The region is summed once with a margin around it; grids shifted by some pixels then cost no
 * second look at the picture. Of a large picture only every so many samples are read. Pure; one
 * thread.
 */
#pragma once

#include "recognize/grey.h"

#define PATCH_CELLS_MAX 2304
#define PATCH_SHIFT 3 /* pixels of the rules' screen that a grid may be shifted by */

/* Where the region lies on the rules' screen, and how it is divided. */
struct patch_grid {
	double x, y, w, h; /* parts of the screen's width and height */
	double margin_x, margin_y;
	int cols, rows;
};

/* The rectangle of a screen of width x height. -EINVAL for one that is empty or outside. */
int patch_grid_init(struct patch_grid *g, struct rect r, int width, int height);

/* Sums of one region in one picture. Zero it before the first load. */
struct patch_window {
	uint32_t *sums; /* (nx + 1) * (ny + 1), row-major: all samples above and left of it */
	size_t room;
	int nx, ny;
	double cell_x, cell_y;     /* samples of a cell's sides */
	double origin_x, origin_y; /* of the unshifted grid, in samples */
	int shift_x, shift_y;      /* the most that a grid may be shifted by, in samples */
	bool limited;
};

/* Sums up the region of the picture. What lies outside is as the nearest edge. 0, -ENOMEM. */
int patch_load(struct patch_window *w, const struct patch_grid *g, const struct grey *picture);
void patch_window_deinit(struct patch_window *w);

/* The grid, shifted by whole samples of at most shift_x and shift_y, as differences from its mean.
 */
struct patch {
	float cell[PATCH_CELLS_MAX];
	int n;
	int seen;   /* of these cells count; the others are 0 */
	float mean; /* 0 … 255, full range */
	float norm; /* root of the sum of squares of the cells */
};

void patch_sample(const struct patch_window *w, const struct patch_grid *g, int dx, int dy,
	struct patch *ret);

/* Cells that carry no weight, because something lies there that changes. */
struct patch_mask {
	int seen; /* cells that count */
	uint8_t counts[PATCH_CELLS_MAX];
};

/* Of a screen of width x height; cells are hidden that a rectangle touches. 0, and NULL without
 * rectangles; -EINVAL when next to nothing is left; -ENOMEM. */
int patch_mask_new(struct patch_mask **ret, const struct patch_grid *g, const struct rect *rects,
	int n, int width, int height);
struct patch_mask *patch_mask_free(struct patch_mask *m);
DEFINE_CLEANUP(struct patch_mask *, patch_mask_free)

/* Takes their weight from the cells that lie under the mask. */
void patch_hide(struct patch *p, const struct patch_mask *m);

/* Makes of the cells the steps between them, whichever way they go: outlines. */
void patch_outline(struct patch *p, const struct patch_grid *g);

/* Hides the neighbours of what is hidden as well: their steps lead there. */
void patch_mask_widen(struct patch_mask *m, const struct patch_grid *g);

/* How fine the pattern is: how much cells differ from what is around them, against how much they
 * differ at all. */
float patch_detail(const struct patch *p, const struct patch_grid *g);

/* Standard deviation of the cells: how much is to be seen. */
float patch_contrast(const struct patch *p);

/* Sum of products of n cells. */
float patch_dot(const float *a, const float *b, int n);
