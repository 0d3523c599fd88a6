/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The low frequencies of a square picture by the DCT-II, not normalised. What is symmetric or flat
 * yields coefficients of exactly 0 where it should, for hashes compare them. Constant once made;
 * any thread.
 */
#pragma once

#include <stdint.h>

#include "common/cleanup.h"

#define DCT_SIDE_MAX 128
#define DCT_LOW_MAX 32

struct dct;

/* side: of the picture; low <= side: coefficients along each axis, from DC on. 0, -EINVAL, -ENOMEM.
 */
int dct_new(struct dct **ret, int side, int low);
struct dct *dct_free(struct dct *d);
DEFINE_CLEANUP(struct dct *, dct_free)

/* in: side * side samples; out: low * low coefficients; both row by row. */
void dct_run(const struct dct *d, const uint8_t *in, double *out);
