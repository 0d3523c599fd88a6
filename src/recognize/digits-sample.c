/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/digits-sample.h"

#include <math.h>
#include <string.h>

#include "common/cleanup.h"

#define SIDE 0.25f   /* of the rectangle's height: the strip on each side … */
#define ABOVE 0.15f  /* … above and below it */
#define HEIGHT_MIN 8 /* fewer rows cannot hold a readable digit */
#define WIDTH_MIN 4

/* A triangle: linear between samples when enlarging, a weighted mean when shrinking. Returns the
 * largest count. */
static int set_taps(struct sampled_taps *taps, int n, float step, int limit)
{
	int widest = 1;
	float radius = CLAMP((step + 1) / 2, 1.0f, SAMPLED_TAPS / 2 - 1);

	for (int i = 0; i < n; i++) {
		struct sampled_taps *t = &taps[i];
		float centre = ((float) i + 0.5f) * step - 0.5f, weight[SAMPLED_TAPS], sum = 0;
		int first = (int) floorf(centre - radius) + 1, rest = 256, most = 0;

		t->count = 0;
		t->weight[1] = 0;
		t->first = CLAMP(first, 0, limit - 1);
		for (int k = first; (float) k < centre + radius && t->count < SAMPLED_TAPS; k++) {
			float w = 1 - fabsf((float) k - centre) / radius;

			if (k < 0 || k >= limit || w <= 0)
				continue;
			if (!t->count)
				t->first = k;
			weight[t->count++] = w;
			sum += w;
		}
		if (!t->count) {
			weight[t->count++] = 1;
			sum = 1;
		}
		for (int k = 0; k < t->count; k++) {
			t->weight[k] = (uint16_t) (weight[k] / sum * 256);
			rest -= t->weight[k];
			if (weight[k] > weight[most])
				most = k;
		}
		t->weight[most] = (uint16_t) (t->weight[most] + rest);
		widest = MAX(widest, t->count);
	}
	return widest;
}

/* One row of the source into the sum. Packed samples and blocks of a known length, because only
 * those does the compiler turn into vectors. */
static void add_row(
	uint16_t *restrict sum, const uint8_t *restrict p, int step, int n, uint16_t weight)
{
	int x = 0;

	for (; step == 1 && x + 16 <= n; x += 16)
		for (int k = 0; k < 16; k++)
			sum[x + k] = (uint16_t) (sum[x + k] + weight * p[x + k]);
	for (; x < n; x++)
		sum[x] = (uint16_t) (sum[x] + weight * p[(ptrdiff_t) x * step]);
}

static void sample_row(
	struct sampled *s, const struct grey *g, struct rect r, int y, bool negative, int widest)
{
	unsigned flip = negative ? 255 : 0;
	const struct sampled_taps *v = &s->rows[y];
	const uint8_t *from = g->data + (r.y + v->first) * g->stride + (ptrdiff_t) r.x * g->step;

	memset(s->source, 0, (size_t) r.w * sizeof(s->source[0]));
	for (int k = 0; k < v->count; k++)
		add_row(s->source, from + k * g->stride, g->step, r.w, v->weight[k]);
	for (int x = 0; x < s->width; x++) {
		const struct sampled_taps *h = &s->columns[x];
		const uint16_t *p = s->source + h->first;
		uint32_t sum =
			(1 << 15) + (uint32_t) h->weight[0] * p[0] + (uint32_t) h->weight[1] * p[1];

		for (int k = 2; k < widest && k < h->count; k++)
			sum += (uint32_t) h->weight[k] * p[k];
		s->pixels[y][x] = (uint8_t) (sum >> 16 ^ flip);
	}
}

bool sampled_take(
	struct sampled *s, const struct grey *g, struct rect r, float aspect, bool negative)
{
	int side, above, x0, x1, y0, y1, in_x0, in_x1, in_y0, in_y1, widest;
	float step_x, step_y;

	if (r.w <= 0 || r.h <= 0 || r.w > SAMPLED_SOURCE_MAX || r.h > SAMPLED_SOURCE_MAX ||
		r.x < -SAMPLED_SOURCE_MAX || r.y < -SAMPLED_SOURCE_MAX || r.x >= g->width ||
		r.y >= g->height)
		return false;
	side = (int) lroundf((float) r.h * SIDE);
	above = (int) lroundf((float) r.h * ABOVE);
	in_x0 = MAX(r.x, 0);
	in_x1 = MIN(r.x + r.w, g->width);
	x0 = MAX(r.x - side, 0);
	x1 = MIN(r.x + r.w + side, g->width);
	in_y0 = MAX(r.y, 0);
	in_y1 = MIN(r.y + r.h, g->height);
	y0 = MAX(r.y - above, 0);
	y1 = MIN(r.y + r.h + above, g->height);
	if (in_x1 - in_x0 < WIDTH_MIN || in_y1 - in_y0 < HEIGHT_MIN || x1 - x0 > SAMPLED_SOURCE_MAX)
		return false;
	step_y = (float) r.h / SAMPLED_HEIGHT;
	step_x = aspect > 0 ? (float) r.w / (SAMPLED_HEIGHT * aspect) : step_y;
	if ((float) (x1 - x0) > SAMPLED_WIDTH_MAX * step_x)
		return false;
	s->width = MAX((int) ((float) (x1 - x0) / step_x), 1);
	s->height = CLAMP((int) ((float) (y1 - y0) / step_y), 1, SAMPLED_ROWS_MAX);
	s->inside_x0 = (int) ((float) (in_x0 - x0) / step_x);
	s->inside_x1 = (int) ((float) (in_x1 - x0) / step_x);
	s->inside_y0 = (int) ((float) (in_y0 - y0) / step_y);
	s->inside_y1 = MIN((int) ((float) (in_y1 - y0) / step_y), s->height);
	widest = set_taps(s->columns, s->width, step_x, x1 - x0);
	(void) set_taps(s->rows, s->height, step_y, y1 - y0);
	for (int y = 0; y < s->height; y++)
		sample_row(s, g, (struct rect){ x0, y0, x1 - x0, y1 - y0 }, y, negative, widest);
	return true;
}

/* The edge's samples stand for those beyond it. */
static void sum_row(const struct sampled *s, int y, int side, uint16_t *out)
{
	const uint8_t *row = s->pixels[y];
	unsigned sum = 0;
	int before = side / 2;

	for (int x = -before; x < side - before; x++)
		sum += row[CLAMP(x, 0, s->width - 1)];
	for (int x = 0; x < s->width; x++) {
		out[x] = (uint16_t) sum;
		sum += row[MIN(x + side - before, s->width - 1)];
		sum -= row[MAX(x - before, 0)];
	}
}

void sampled_smear(struct sampled *s, int side)
{
	unsigned sums[SAMPLED_WIDTH_MAX], area;
	int before;

	side = CLAMP(side, 1, SAMPLED_SMEAR_MAX);
	area = (unsigned) (side * side);
	before = side / 2;
	for (int y = 0; y < s->height; y++)
		sum_row(s, y, side, s->sums[y]);
	memset(sums, 0, sizeof(sums));
	for (int y = -before; y < side - before; y++)
		for (int x = 0; x < s->width; x++)
			sums[x] += s->sums[CLAMP(y, 0, s->height - 1)][x];
	for (int y = 0; y < s->height; y++) {
		const uint16_t *in = s->sums[MIN(y + side - before, s->height - 1)];
		const uint16_t *out = s->sums[MAX(y - before, 0)];

		for (int x = 0; x < s->width; x++) {
			s->pixels[y][x] = (uint8_t) ((sums[x] + area / 2) / area);
			sums[x] += (unsigned) in[x] - out[x];
		}
	}
}
