/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Colours of a frame's rectangle, from a few samples spread over it, whatever the format: only
 * those are converted. As a screen would show them, so that a card's YCbCr and a reference's RGB
 * compare. Pure; any thread.
 */
#pragma once

#include "recognize/grey.h"

#define COLOUR_SAMPLES_MAX 1024

/* 0 … 255 of full range. */
struct colour {
	float r, g, b;
};

/* Up to COLOUR_SAMPLES_MAX samples of the rectangle that lie in none of the holes. Returns how
 * many; -ENOTSUP for a frame whose colours cannot be looked at (grey, JPEG, more than 8 bits). */
int colour_sample(const struct frame *f, struct rect r, const struct rect *holes, int n_holes,
	struct colour *ret);

struct colour colour_mean(const struct colour *samples, int n);

/* The mean of those that lie in the fullest part of the colour space. */
struct colour colour_dominant(const struct colour *samples, int n);

/* Root mean square of the differences: 0 … 255. */
float colour_distance(struct colour a, struct colour b);
