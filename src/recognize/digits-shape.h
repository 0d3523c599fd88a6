/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The shape of one glyph: how its ink lies around the ink's centre, at the line's scale, and its
 * size and place on the line. Lengths are in heights of the line. Pure; any thread.
 */
#pragma once

#include "recognize/digits-segment.h"

#define SHAPE_SIDE 24 /* samples; a multiple of 8, for the compiler's vectors */
#define SHAPE_LINE 20 /* samples of the line's height */
#define SHAPE_SAMPLES (SHAPE_SIDE * SHAPE_SIDE)

struct shape {
	float ink[SHAPE_SAMPLES];    /* about 0 … 1 */
	int16_t unit[SHAPE_SAMPLES]; /* the same with mean 0, as a vector of one length */
	float mean, length;          /* of the ink: what the unit lost */
	float width, height;
	float rise; /* from the line's top down to the ink's centre */
};

/* The i-th glyph of the line looked at last. */
void shape_take(const struct segmenter *s, const struct segment_line *l, int i, struct shape *ret);

/* Sets size and place anew, for another top of the line. */
void shape_place(const struct segment_line *l, int i, struct shape *s);

/* Makes the unit of the ink. */
void shape_set_unit(struct shape *s);

/* Correlation, -1 … 1. */
float shape_likeness(const struct shape *a, const struct shape *b);

/* Where the glyph differs most from a template that it is like: by how much of the template's ink,
 * over an area of about a stroke's width each way. Noise and blur hardly show in it, a stroke that
 * is there or not does. */
float shape_difference(const struct shape *s, const struct shape *template);

bool shape_same_size(const struct shape *a, const struct shape *b);
