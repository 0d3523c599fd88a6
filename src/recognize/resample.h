/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shrinks and enlarges grey by the Lanczos window of three lobes, to the bit as Pillow's
 * resize(LANCZOS) does it. What depends on the sizes alone is computed once. One thread for each
 * object.
 */
#pragma once

#include <stdint.h>

#include "common/cleanup.h"
#include "recognize/grey.h"

struct resampler;

/* Sides from 1 to FRAME_SIDE_MAX. 0, -EINVAL, -ENOMEM. */
int resampler_new(struct resampler **ret, int width, int height, int out_width, int out_height);
struct resampler *resampler_free(struct resampler *r);
DEFINE_CLEANUP(struct resampler *, resampler_free)

/* The rectangle of the resampler's size at x, y, as grey_copy() sees it. out: out_width *
 * out_height bytes, row by row. */
void resampler_run(struct resampler *r, const struct grey *g, int x, int y, uint8_t *out);
