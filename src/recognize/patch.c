/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/patch.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define CELLS_WANTED 2000.0
#define PITCH_MIN 2.0 /* pixels of the rules' screen to a cell's side … */
#define PITCH_MAX 8.0
#define SEEN_MIN 16          /* cells that a mask must leave */
#define SAMPLES_PER_CELL 2.5 /* … and how many of the picture's are read of it, at least */

int patch_grid_init(struct patch_grid *g, struct rect r, int width, int height)
{
	double pitch = sqrt((double) r.w * r.h / CELLS_WANTED);

	if (r.w < 4 || r.h < 4 || r.x < 0 || r.y < 0 || r.x > width - r.w || r.y > height - r.h)
		return -EINVAL;
	pitch = CLAMP(pitch, PITCH_MIN, PITCH_MAX);
	*g = (struct patch_grid){
		.x = (double) r.x / width,
		.y = (double) r.y / height,
		.w = (double) r.w / width,
		.h = (double) r.h / height,
		.margin_x = (double) PATCH_SHIFT / width,
		.margin_y = (double) PATCH_SHIFT / height,
		.cols = MAX((int) (r.w / pitch), 2),
		.rows = MAX((int) (r.h / pitch), 2),
	};
	while (g->cols * g->rows > PATCH_CELLS_MAX) {
		g->cols = MAX(g->cols * 9 / 10, 2);
		g->rows = MAX(g->rows * 9 / 10, 2);
	}
	return 0;
}

/* Every how many samples are read along one axis, where a cell is this long. */
static int stride_of(double cell)
{
	return MAX((int) (cell / SAMPLES_PER_CELL), 1);
}

/* One axis of the window: part and margin of a side of length samples, in n cells. */
static int lay_out(double at, double part, double margin, int length, int cells, int *ret_first,
	int *ret_step, double *ret_cell, double *ret_origin, int *ret_shift)
{
	double begin = (at - margin) * length, end = (at + part + margin) * length;
	int first = (int) floor(begin), step = stride_of(part * length / cells);

	*ret_first = first;
	*ret_step = step;
	*ret_cell = part * length / cells / step;
	*ret_origin = (at * length - first) / step;
	*ret_shift = (int) (margin * length / step);
	return (int) ceil((end - first) / step) + 1;
}

static int reserve(struct patch_window *w)
{
	size_t need = ((size_t) w->nx + 1) * ((size_t) w->ny + 1);
	uint32_t *sums;

	if (need <= w->room)
		return 0;
	sums = realloc(w->sums, need * sizeof(*sums));
	if (!sums)
		return -ENOMEM;
	w->sums = sums;
	w->room = need;
	return 0;
}

static void sum_line(uint32_t *out, const uint32_t *above, const uint8_t *line, int first, int step,
	int n, const struct grey *g)
{
	uint32_t sum = 0;

	out[0] = 0;
	if (first >= 0 && first + (n - 1) * step < g->width) {
		line += (ptrdiff_t) first * g->step;
		for (int i = 1; i <= n; i++, line += (ptrdiff_t) step * g->step) {
			sum += *line;
			out[i] = above[i] + sum;
		}
		return;
	}
	for (int i = 0, x = first; i < n; i++, x += step) {
		sum += line[(ptrdiff_t) CLAMP(x, 0, g->width - 1) * g->step];
		out[i + 1] = above[i + 1] + sum;
	}
}

int patch_load(struct patch_window *w, const struct patch_grid *g, const struct grey *picture)
{
	int first_x, first_y, step_x, step_y;
	size_t pitch;
	int r;

	w->nx = lay_out(g->x, g->w, g->margin_x, picture->width, g->cols, &first_x, &step_x,
		&w->cell_x, &w->origin_x, &w->shift_x);
	w->ny = lay_out(g->y, g->h, g->margin_y, picture->height, g->rows, &first_y, &step_y,
		&w->cell_y, &w->origin_y, &w->shift_y);
	w->limited = picture->limited;
	r = reserve(w);
	if (r < 0)
		return r;
	pitch = (size_t) w->nx + 1;
	for (size_t i = 0; i < pitch; i++)
		w->sums[i] = 0;
	for (int j = 0; j < w->ny; j++) {
		int y = CLAMP(first_y + j * step_y, 0, picture->height - 1);
		uint32_t *out = w->sums + (size_t) (j + 1) * pitch;

		sum_line(out, out - pitch, picture->data + y * picture->stride, first_x, step_x,
			w->nx, picture);
	}
	return 0;
}

void patch_window_deinit(struct patch_window *w)
{
	free(w->sums);
	*w = (struct patch_window){ 0 };
}

/* The first sample of each cell along one axis, and the end of the last. */
static void edges(int *ret, double origin, double cell, int n, int shift, int limit)
{
	for (int i = 0; i <= n; i++) {
		int at = (int) (origin + i * cell + 0.5) + shift;

		ret[i] = CLAMP(at, 0, limit);
		if (i > 0 && ret[i] <= ret[i - 1])
			ret[i] = MIN(ret[i - 1] + 1, limit);
	}
}

void patch_sample(
	const struct patch_window *w, const struct patch_grid *g, int dx, int dy, struct patch *ret)
{
	int xs[PATCH_CELLS_MAX / 2 + 1], ys[PATCH_CELLS_MAX / 2 + 1];
	size_t pitch = (size_t) w->nx + 1;
	float scale = w->limited ? 255.0F / 219.0F : 1.0F, sum = 0, squares = 0;
	float *out = ret->cell;

	edges(xs, w->origin_x, w->cell_x, g->cols, dx, w->nx);
	edges(ys, w->origin_y, w->cell_y, g->rows, dy, w->ny);
	for (int j = 0; j < g->rows; j++) {
		const uint32_t *top = w->sums + (size_t) ys[j] * pitch;
		const uint32_t *end = w->sums + (size_t) ys[j + 1] * pitch;
		int high = MAX(ys[j + 1] - ys[j], 1);

		for (int i = 0; i < g->cols; i++) {
			uint32_t total = end[xs[i + 1]] - end[xs[i]] - top[xs[i + 1]] + top[xs[i]];
			float v =
				scale * (float) total / (float) (high * MAX(xs[i + 1] - xs[i], 1));

			*out++ = v;
			sum += v;
		}
	}
	ret->n = ret->seen = g->cols * g->rows;
	ret->mean = sum / (float) ret->n;
	for (int i = 0; i < ret->n; i++) {
		ret->cell[i] -= ret->mean;
		squares += ret->cell[i] * ret->cell[i];
	}
	ret->mean -= w->limited ? 16.0F * scale : 0;
	ret->norm = sqrtf(squares);
}

float patch_contrast(const struct patch *p)
{
	return p->seen > 0 ? p->norm / sqrtf((float) p->seen) : 0;
}

static void recentre(struct patch *p, const struct patch_mask *m)
{
	float sum = 0, squares = 0;

	for (int i = 0; i < p->n; i++)
		sum += !m || m->counts[i] ? p->cell[i] : 0;
	sum /= (float) p->seen;
	for (int i = 0; i < p->n; i++) {
		p->cell[i] = !m || m->counts[i] ? p->cell[i] - sum : 0;
		squares += p->cell[i] * p->cell[i];
	}
	p->mean += sum;
	p->norm = sqrtf(squares);
}

static bool touches(
	const struct patch_grid *g, int col, int row, struct rect r, int width, int height)
{
	double cell_w = g->w * width / g->cols, cell_h = g->h * height / g->rows;
	double x = g->x * width + col * cell_w, y = g->y * height + row * cell_h;

	return x < r.x + r.w && x + cell_w > r.x && y < r.y + r.h && y + cell_h > r.y;
}

int patch_mask_new(struct patch_mask **ret, const struct patch_grid *g, const struct rect *rects,
	int n, int width, int height)
{
	_cleanup_(patch_mask_freep) struct patch_mask *m = NULL;

	*ret = NULL;
	if (n == 0)
		return 0;
	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	for (int i = 0; i < g->cols * g->rows; i++) {
		bool hidden = false;

		for (int k = 0; k < n; k++)
			hidden = hidden ||
				 touches(g, i % g->cols, i / g->cols, rects[k], width, height);
		m->counts[i] = !hidden;
		m->seen += !hidden;
	}
	if (m->seen < SEEN_MIN)
		return -EINVAL;
	*ret = TAKE_PTR(m);
	return 0;
}

struct patch_mask *patch_mask_free(struct patch_mask *m)
{
	free(m);
	return NULL;
}

void patch_mask_widen(struct patch_mask *m, const struct patch_grid *g)
{
	struct patch_mask before = *m;

	for (int i = 0; i < g->cols * g->rows; i++) {
		int x = i % g->cols;
		bool free = before.counts[i] && (x == 0 || before.counts[i - 1]) &&
			    (x == g->cols - 1 || before.counts[i + 1]) &&
			    (i < g->cols || before.counts[i - g->cols]) &&
			    (i >= g->cols * (g->rows - 1) || before.counts[i + g->cols]);

		m->counts[i] = free;
		m->seen -= before.counts[i] && !free;
	}
}

void patch_hide(struct patch *p, const struct patch_mask *m)
{
	p->seen = m->seen;
	recentre(p, m);
}

void patch_outline(struct patch *p, const struct patch_grid *g)
{
	float above[PATCH_CELLS_MAX / 2], *cell = p->cell;

	for (int i = 0; i < g->cols; i++)
		above[i] = cell[i];
	for (int j = 0; j < g->rows; j++, cell += g->cols) {
		const float *below = j < g->rows - 1 ? cell + g->cols : cell;
		float left = cell[0];

		for (int i = 0; i < g->cols; i++) {
			float here = cell[i], right = i < g->cols - 1 ? cell[i + 1] : here;

			cell[i] = hypotf(right - left, below[i] - above[i]);
			above[i] = left = here;
		}
	}
	p->mean = 0;
	recentre(p, NULL);
}

float patch_detail(const struct patch *p, const struct patch_grid *g)
{
	float sum[4] = { 0 };
	int cols = g->cols;

	for (int j = 1; j + 1 < g->rows; j++) {
		const float *cell = p->cell + (ptrdiff_t) j * cols, *above = cell - cols,
			    *below = cell + cols;

		for (int i = 1; i + 4 < cols; i += 4)
			for (int k = i; k < i + 4; k++) {
				float bend = 4 * cell[k] - cell[k - 1] - cell[k + 1] - above[k] -
					     below[k];

				sum[k - i] += bend * bend;
			}
	}
	return p->norm > 0 ? (sum[0] + sum[1] + sum[2] + sum[3]) / (p->norm * p->norm) : 0;
}

float patch_dot(const float *a, const float *b, int n)
{
	float sum[4] = { 0 };
	int i = 0;

	for (; i + 4 <= n; i += 4)
		for (int k = 0; k < 4; k++)
			sum[k] += a[i + k] * b[i + k];
	for (; i < n; i++)
		sum[0] += a[i] * b[i];
	return sum[0] + sum[1] + (sum[2] + sum[3]);
}
