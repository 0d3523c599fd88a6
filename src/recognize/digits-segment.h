/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a rectangle of a picture to the glyphs of one line of text. The rectangle is sampled to a
 * working picture of fixed height, in which the text is always bright. Pure; one thread for each
 * object.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "recognize/grey.h"

#define SEGMENT_GLYPHS_MAX 16
#define SEGMENT_PATCH_MAX 32

/* Pixels of the working picture. */
struct segment_glyph {
	float x0, x1, y0, y1; /* edges, where the picture crosses half of the contrast */
	float cx, cy;         /* centre of its ink */
};

struct segment_line {
	int n; /* 0: no line of whole glyphs is to be seen, nothing else is set then but contrast */
	struct segment_glyph glyphs[SEGMENT_GLYPHS_MAX]; /* from left to right */
	float top, height;                               /* of the tall glyphs */
	float ground;                                    /* level of the background */
	float span;                                      /* level of text above it */
	float contrast; /* the same in grey levels of a full-range picture */
};

/* How a font's text is made out. */
struct segment_how {
	float aspect; /* width / height of the working picture of the rectangle, for pixels that are
			 not square; 0: that of the rectangle */
	bool dark;    /* the text is darker than its background */
	int bridge;   /* samples between two strokes of one letter that do not touch */
	int smear;    /* samples around that are made one: for letters that consist of dots */
};

/* The latest working picture and what it takes to make it. */
struct segmenter;

int segmenter_new(struct segmenter **ret);
struct segmenter *segmenter_free(struct segmenter *s);
DEFINE_CLEANUP(struct segmenter *, segmenter_free)

void segmenter_look(struct segmenter *s, const struct grey *g, struct rect r,
	const struct segment_how *how, struct segment_line *ret);

/* Ink, about 0 … 1, of the line's i-th glyph in the working picture looked at last, in rows of n
 * samples (at most SEGMENT_PATCH_MAX). The centre of the ink lies in the middle and the line is as
 * high as `height` samples. Neighbouring glyphs are left out. */
void segmenter_patch(const struct segmenter *s, const struct segment_line *l, int i, int height,
	int n, float *ret);
