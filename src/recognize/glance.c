/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/glance.h"

#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define CELL_W 8
#define CELL_H 2
#define LEVELS 8 /* of a cell's mean: more than that is not noise */

void glance_forget(struct glance *g)
{
	g->cols = g->rows = 0;
}

void glance_deinit(struct glance *g)
{
	free(g->kept);
	free(g->fresh);
	*g = (struct glance){ 0 };
}

/* Samples of one row of a cell, added up. */
static unsigned sum_row(const uint8_t *p, int step)
{
	unsigned sum = 0;

#ifdef __SSE2__
	if (step == 1)
		return (unsigned) _mm_cvtsi128_si32(
			_mm_sad_epu8(_mm_loadl_epi64((const __m128i *) p), _mm_setzero_si128()));
#endif
	for (int i = 0; i < CELL_W; i++)
		sum += p[i * step];
	return sum;
}

static bool inside(const struct grey *picture, struct rect r)
{
	return r.w >= CELL_W && r.h >= CELL_H && r.x >= 0 && r.y >= 0 &&
	       r.x <= picture->width - r.w && r.y <= picture->height - r.h;
}

static bool reserve(struct glance *g, size_t cells)
{
	if (cells <= g->room)
		return true;
	free(g->kept);
	free(g->fresh);
	g->cols = g->rows = 0;
	g->kept = calloc(cells, sizeof(*g->kept));
	g->fresh = calloc(cells, sizeof(*g->fresh));
	g->room = g->kept && g->fresh ? cells : 0;
	return g->room > 0;
}

/* The last cell of a line or column ends with the region, so it may overlap the one before. */
static void add_up(const struct grey *picture, struct rect r, int cols, int rows, uint16_t *out)
{
	for (int j = 0; j < rows; j++) {
		int y = r.y + (j == rows - 1 ? r.h - CELL_H : j * CELL_H);
		const uint8_t *line = picture->data + y * picture->stride;

		for (int i = 0; i < cols; i++) {
			int x = r.x + (i == cols - 1 ? r.w - CELL_W : i * CELL_W);
			const uint8_t *p = line + (ptrdiff_t) x * picture->step;

			*out++ = (uint16_t) (sum_row(p, picture->step) +
					     sum_row(p + picture->stride, picture->step));
		}
	}
}

static bool same(const uint16_t *a, const uint16_t *b, int n)
{
	int most = 0;

	for (int i = 0; i < n; i++)
		most = MAX(most, abs(a[i] - b[i]));
	return most <= LEVELS * CELL_W * CELL_H;
}

bool glance_differs(struct glance *g, const struct grey *picture, struct rect r)
{
	int cols = (r.w + CELL_W - 1) / CELL_W, rows = (r.h + CELL_H - 1) / CELL_H;
	uint16_t *fresh;
	bool known;

	if (!inside(picture, r) || !reserve(g, (size_t) cols * (size_t) rows)) {
		glance_forget(g);
		return true;
	}
	known = cols == g->cols && rows == g->rows && picture->width == g->width &&
		picture->height == g->height && picture->limited == g->limited;
	add_up(picture, r, cols, rows, g->fresh);
	if (known && same(g->kept, g->fresh, cols * rows))
		return false;
	fresh = g->fresh;
	g->fresh = g->kept;
	g->kept = fresh;
	g->cols = cols;
	g->rows = rows;
	g->width = picture->width;
	g->height = picture->height;
	g->limited = picture->limited;
	return true;
}
