/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the geometry share: what is to be done with pictures of one size, and with the
 * planes of one of them. */
#pragma once

#include "media/geometry.h"

/*
 * Where a pixel comes from: with (x, y) in what comes out, of a crop of W by H,
 *     upright: (x, y), transposed: (y, x), and of that, mirrored_x: W - 1 - x, mirrored_y likewise.
 */
struct geometry_plan {
	struct geometry_rect crop; /* in the picture; all even */
	bool transposed, mirrored_x, mirrored_y;
	int width, height;                              /* what comes out */
	struct geometry_rect masks[GEOMETRY_MASKS_MAX]; /* in what comes out, inside of it */
	size_t n_masks;
};

/* margin: pixels by which masks are larger on each side. 0, or -ERANGE. */
int geometry_plan_make(const struct geometry_settings *s, int width, int height, int margin,
	struct geometry_plan *ret);

/* What is known here about the layout of a frame: each plane of what comes out, and where its
 * samples are in the frame. Of chroma one sample comes from up to four, whose mean it is. */
struct geometry_plane {
	const uint8_t *base; /* of the picture's first sample */
	int x_step, y_step;  /* bytes from one to the next */
	int x_more, y_more;  /* bytes to the other of two that make one; 0: there is none */
};

/* How many planes: 3 of luma and chroma, 1 of RGB, 0 when the layout is not known. */
int geometry_planes_of(const struct frame *f, struct geometry_plane planes[3]);

/* Fills a frame of the plan's size, I420 or with three bytes a pixel as f has them. */
void geometry_planes_move(
	const struct geometry_plan *plan, const struct geometry_plane planes[3], struct frame *out);

/* Covers the plan's masks; colour: 0xRRGGBB. */
void geometry_planes_mask(const struct geometry_plan *plan, struct frame *out, uint32_t colour);
