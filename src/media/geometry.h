/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The picture as it is to be seen: a part of it, turned, mirrored, and with what is nobody's
 * business covered by one colour. A captured frame in, another one out, before anybody has looked
 * at it: encoder, preview, recogniser and stills all get what comes out here, so a mask hides from
 * all of them.
 *
 * In this order: masks and crop, whose pixels are those of the captured picture; a rotation; a flip
 * of what that gives. Sides come out even, since chroma is halved: the last column or row of an odd
 * picture is left out, and a scaled crop gets smaller rather than larger. A mask covers each sample
 * of chroma that it touches, so the colour of the pixel beside it may go as well.
 *
 * What cannot be told fails closed: crop and masks say for which size of picture they were made.
 * One of another size with the same aspect has them scaled, masks two pixels larger on each side;
 * any other picture is refused. So is one that cannot be taken apart.
 *
 * Luma and chroma come out as I420, RGB24 and BGR24 as they are; range and matrix stay the
 * picture's own. What is none of the layouts of 8 bits that are known here goes through swscale,
 * and masks are four pixels larger then, as its filters may carry colour over their edge. A JPEG is
 * decoded. Nothing is allocated per picture, but by the decoder. One owner thread; never blocks.
 */
#pragma once

#include <stdint.h>

#include "media/frame.h"

#define GEOMETRY_MASKS_MAX 16
#define GEOMETRY_FRAMES_MAX 16 /* that may be out at once */

struct geometry_rect {
	int x, y, w, h;
};

enum geometry_flip {
	GEOMETRY_FLIP_NONE,
	GEOMETRY_FLIP_HORIZONTAL, /* left and right change places */
	GEOMETRY_FLIP_VERTICAL,
};

struct geometry_settings {
	int width, height;         /* of the picture that crop and masks are for */
	struct geometry_rect crop; /* even, inside of that; w 0: all of the picture */
	struct geometry_rect masks[GEOMETRY_MASKS_MAX]; /* inside of the picture */
	size_t n_masks;
	uint32_t colour; /* of the masks, 0xRRGGBB */
	int turns;       /* quarters, clockwise: 0 … 3 */
	enum geometry_flip flip;
};

/* Does it leave every picture as it is? */
bool geometry_is_off(const struct geometry_settings *s);

/* The size in which a picture of this size comes out. -ERANGE: it does not fit, as above. */
int geometry_size(
	const struct geometry_settings *s, int width, int height, int *ret_width, int *ret_height);

struct geometry;

int geometry_new(struct geometry **ret, const struct geometry_settings *settings);
struct geometry *geometry_free(struct geometry *g);
DEFINE_CLEANUP(struct geometry *, geometry_free)

/* Gives a frame with a reference for the caller; times are taken over. in stays the caller's. When
 * the geometry is off that is in itself. Errors: -ERANGE: crop and masks do not fit a picture of
 * this size; -EBADMSG: it is corrupt; -EINVAL: it cannot be taken apart; -ENOBUFS: too many are
 * still out; -ENOMEM. */
int geometry_run(struct geometry *g, struct frame *in, struct frame **ret);
