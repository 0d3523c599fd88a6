/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A rectangle of a picture brought to a fixed height, so that all that looks at it is the same for
 * every resolution. The picture may be shifted a little against the rectangle, so a strip on each
 * side, above and below is sampled too. Pure; any thread.
 */
#pragma once

#include "recognize/grey.h"

#define SAMPLED_HEIGHT 64   /* of the rectangle … */
#define SAMPLED_ROWS_MAX 86 /* … and with its surroundings */
#define SAMPLED_WIDTH_MAX 768
#define SAMPLED_SOURCE_MAX 4096 /* of the rectangle's sides */
#define SAMPLED_TAPS 32
#define SAMPLED_SMEAR_MAX 16

/* Which source samples make one sample, in 1/256. */
struct sampled_taps {
	int first, count;
	uint16_t weight[SAMPLED_TAPS];
};

struct sampled {
	int width, height;        /* less where the rectangle reaches beyond the picture */
	int inside_x0, inside_x1; /* columns of the rectangle itself; the latter is beyond */
	int inside_y0, inside_y1; /* its rows */
	uint8_t pixels[SAMPLED_ROWS_MAX][SAMPLED_WIDTH_MAX];

	/* used while sampling */
	struct sampled_taps columns[SAMPLED_WIDTH_MAX], rows[SAMPLED_ROWS_MAX];
	uint16_t source[SAMPLED_SOURCE_MAX + 1];
	uint16_t sums[SAMPLED_ROWS_MAX][SAMPLED_WIDTH_MAX];
};

/* aspect: width / height that the rectangle shall have, for pixels that are not square; 0: as it
 * is. negative: black becomes white. Returns whether there is enough to look at, and not too much.
 */
bool sampled_take(
	struct sampled *s, const struct grey *g, struct rect r, float aspect, bool negative);

/* Each sample becomes the mean of a square of that side around it. */
void sampled_smear(struct sampled *s, int side);
