/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pass over a thousand samples, fifty times a second: less than a ten-thousandth of a core.
 * Four sums at a time, since one would wait for itself.
 */
#include "streamer/levels.h"

#include <math.h>

#include "common/cleanup.h"

#define LANES 4

static void measure(const float *samples, size_t n, float *ret_peak, float *ret_square)
{
	float sum[LANES] = { 0 }, peak[LANES] = { 0 };

	for (size_t i = 0; i + LANES <= n; i += LANES)
		for (size_t k = 0; k < LANES; k++) {
			float v = samples[i + k], a = v < 0 ? -v : v;

			sum[k] += v * v;
			peak[k] = a > peak[k] ? a : peak[k];
		}
	*ret_peak = MAX(MAX(peak[0], peak[1]), MAX(peak[2], peak[3]));
	*ret_square = (sum[0] + sum[1] + sum[2] + sum[3]) / (float) MAX(n, (size_t) 1);
}

void levels_push(struct levels *l, const float *left, const float *right, size_t n)
{
	struct levels_block *b = &l->blocks[l->next];

	measure(left, n, &b->peak[0], &b->square[0]);
	measure(right, n, &b->peak[1], &b->square[1]);
	l->next = (l->next + 1) % LEVELS_BLOCKS;
	l->n = MIN(l->n + 1, LEVELS_BLOCKS);
}

static double db(double amplitude)
{
	return amplitude > 0 ? MAX(20 * log10(amplitude), LEVELS_FLOOR) : LEVELS_FLOOR;
}

void levels_view(const struct levels *l, struct levels_view *ret)
{
	for (int c = 0; c < LEVELS_CHANNELS; c++) {
		double peak = 0, square = 0;

		for (int i = 0; i < l->n; i++) {
			peak = MAX(peak, (double) l->blocks[i].peak[c]);
			square += (double) l->blocks[i].square[c];
		}
		ret->peak_db[c] = db(peak);
		ret->rms_db[c] = db(sqrt(square / MAX(l->n, 1)));
	}
}
