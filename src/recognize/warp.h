/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lettering that has grown by a character stands elsewhere than in the reference, "GAME 9/10"
 * against "GAME 10/10" centred in a frame, and then correlates with it no better than with other
 * words. Here columns of the pattern may move sideways in blocks, each jump from one block to the
 * next for a price, so that the same letters elsewhere are found and other letters are not. Pure;
 * no state.
 */
#pragma once

#include "recognize/patch.h"

#define WARP_COLS_MAX 256
#define WARP_SHIFT_MAX 6 /* columns to either side */

/* Correlation of the grid's cells with the template (differences from the mean, unit norm), less
 * the price of the jumps. Not less than -1; never more than the blocks fit. -1 for a grid with more
 * than WARP_COLS_MAX columns, or a flat one. */
float warp_correlation(const struct patch *p, const struct patch_grid *g, const float *cell);
