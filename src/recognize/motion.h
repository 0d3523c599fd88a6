/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much of a region has changed since a picture that is kept: cells of some hundred at most, so
 * that noise averages out. Kept anew each time it tells motion; kept as long as nothing changes, it
 * tells slow fades from stillness as well. Pure; one thread.
 */
#pragma once

#include "recognize/patch.h"
#include "recognize/region.h"
#include "recognize/rules.h"

#define MOTION_SIDE_MAX 24 /* cells across and down */
#define MOTION_NONE 0.02F  /* share that noise may change */
#define MOTION_LEVELS 12.0 /* a cell that differs by more has changed */

struct motion {
	struct patch_grid grid;
	struct patch_window window;
	struct patch patch; /* of the picture loaded last */
	struct patch_mask *mask;
	float kept[MOTION_SIDE_MAX * MOTION_SIDE_MAX];
	float slack[MOTION_SIDE_MAX * MOTION_SIDE_MAX]; /* what a shift by a sample changes */
	bool known;                                     /* something is kept */
};

/* A region of a screen of width x height, less the masks. 0, -EINVAL, -ENOMEM; it may be given back
 * after any of them. */
int motion_init(struct motion *m, const struct roi *roi, int width, int height);
void motion_deinit(struct motion *m);

/* Looks at a picture; 0, -ENOMEM. Share of the cells that changed by more than so many levels: 0 …
 * 1; 0 when nothing is kept. A card that shakes moves nothing: guide is a region that knows the
 * shift of this picture, or NULL, and a pixel more or less is tried. */
int motion_look(struct motion *m, const struct grey *picture, const struct region *guide,
	double levels, float *ret);

/* Keeps that picture instead of the one before. */
void motion_keep(struct motion *m);
