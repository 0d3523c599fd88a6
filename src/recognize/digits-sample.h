/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A rectangle of a picture brought to a fixed height, so that all that looks at it is the same for
 * every resolution. The picture may be shifted a little against the rectangle, so a strip on each
 * side is sampled too. Pure; any thread.
 */
#pragma once

#include "recognize/grey.h"

#define SAMPLED_HEIGHT 64
#define SAMPLED_WIDTH_MAX 768
#define SAMPLED_SOURCE_MAX 4096 /* of the rectangle's sides */
#define SAMPLED_TAPS 32

/* Which source samples make one sample, in 1/256. */
struct sampled_taps {
	int first, count;
	uint16_t weight[SAMPLED_TAPS];
};

struct sampled {
	int width, height;        /* less high where the rectangle reaches beyond the picture */
	int inside_x0, inside_x1; /* columns of the rectangle itself; the latter is beyond */
	uint8_t pixels[SAMPLED_HEIGHT][SAMPLED_WIDTH_MAX];

	/* used while sampling */
	struct sampled_taps columns[SAMPLED_WIDTH_MAX], rows[SAMPLED_HEIGHT];
	uint16_t source[SAMPLED_SOURCE_MAX];
};

/* aspect: width / height that the rectangle shall have, for pixels that are not square; 0: as it
 * is. negative: black becomes white. Returns whether there is enough to look at, and not too much.
 */
bool sampled_take(
	struct sampled *s, const struct grey *g, struct rect r, float aspect, bool negative);
