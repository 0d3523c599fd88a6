/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/warp.h"

#include <math.h>
#include <string.h>

#define SHIFTS (2 * WARP_SHIFT_MAX + 1)
#define JUMP 0.04F /* price, of a perfect fit's 1 */
#define NONE (-1e9F)

/* Column by column, so that one lies in one piece. */
static void transpose(const float *in, int cols, int rows, float *out)
{
	for (int j = 0; j < rows; j++)
		for (int i = 0; i < cols; i++)
			out[i * rows + j] = in[j * cols + i];
}

/* The best way from the first column to each: where[i][s] tells from which shift column i was
 * reached. Returns the shift of the last column. */
static int find_way(const float *live, const float *known, int cols, int rows, int limit,
	float price, int8_t where[][SHIFTS])
{
	float sum[SHIFTS], last_sum[SHIFTS] = { 0 };
	int best = limit, last_best = limit;

	for (int i = 0; i < cols; i++) {
		best = 0;
		for (int s = 0; s <= 2 * limit; s++) {
			int from = i + s - limit;
			bool jump = i > 0 && last_sum[last_best] - price > last_sum[s];

			where[i][s] = (int8_t) (jump ? last_best : s);
			sum[s] = from < 0 || from >= cols
					 ? NONE
					 : last_sum[where[i][s]] - (jump ? price : 0) +
						   patch_dot(live + i * rows,
							   known + (ptrdiff_t) from * rows, rows);
			if (sum[s] > sum[best])
				best = s;
		}
		last_best = best;
		memcpy(last_sum, sum, sizeof(sum));
	}
	return best;
}

/* Correlation with the template's columns as the way takes them. */
static float follow_way(const float *live, const float *known, int cols, int rows, int limit,
	int at, int8_t where[][SHIFTS], int *ret_jumps)
{
	float dot = 0, sum = 0, squares = 0, n = (float) cols * (float) rows;

	*ret_jumps = 0;
	for (int i = cols - 1; i >= 0; i--) {
		const float *column = known + (ptrdiff_t) (i + at - limit) * rows;

		dot += patch_dot(live + i * rows, column, rows);
		squares += patch_dot(column, column, rows);
		for (int j = 0; j < rows; j++)
			sum += column[j];
		*ret_jumps += where[i][at] != at;
		at = where[i][at];
	}
	/* The live cells are differences from their mean: the template's mean does not matter
	 * there. */
	squares -= sum * sum / n;
	return squares > 0 ? dot / sqrtf(squares) : -1;
}

float warp_correlation(const struct patch *p, const struct patch_grid *g, const float *cell)
{
	float live[PATCH_CELLS_MAX], known[PATCH_CELLS_MAX];
	int8_t where[WARP_COLS_MAX][SHIFTS];
	int limit = MIN(g->rows / 5, WARP_SHIFT_MAX), jumps, at;
	float fit;

	if (g->cols > WARP_COLS_MAX || p->norm <= 0)
		return -1;
	transpose(p->cell, g->cols, g->rows, live);
	transpose(cell, g->cols, g->rows, known);
	at = find_way(live, known, g->cols, g->rows, limit, JUMP * p->norm, where);
	fit = follow_way(live, known, g->cols, g->rows, limit, at, where, &jumps) / p->norm;
	return MAX(fit - JUMP * (float) jumps, -1.0F);
}
