/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A rectangle with some of its surroundings cut out of a picture, to be looked at later: samples as
 * they are, in memory of its own that is used again. Pure; one thread at a time.
 */
#pragma once

#include "recognize/grey.h"

#define CROP_SIDE_MAX 2048         /* of the rectangle */
#define CROP_BYTES_MAX (256 << 10) /* of what is kept */

struct crop {
	struct grey picture;
	struct rect rect; /* the rectangle in it */
	uint8_t *pixels;  /* of the picture */
	size_t size;      /* that there is room for */
};

/* Replaces what is in it; zeroed it is empty. 0; -EFBIG: too large, or outside; -ENOMEM. */
int crop_take(struct crop *c, const struct grey *g, struct rect r);

/* The same of another crop. */
int crop_copy(struct crop *c, const struct crop *from);

void crop_deinit(struct crop *c);

/* Whether something is to be seen in one that is not in the other; noise is not. True for crops of
 * different sizes, and for an empty one. */
bool crop_differs(const struct crop *a, const struct crop *b);
