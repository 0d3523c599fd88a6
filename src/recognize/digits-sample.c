/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/digits-sample.h"

#include <math.h>
#include <string.h>

#include "common/cleanup.h"

#define SIDE 0.25f   /* of the rectangle's height: the strip on each side */
#define HEIGHT_MIN 8 /* fewer rows cannot hold a readable digit */
#define WIDTH_MIN 4

/* A triangle: linear between samples when enlarging, a weighted mean when shrinking. */
static void set_taps(struct sampled_taps *taps, int n, float step, int limit)
{
	float radius = CLAMP((step + 1) / 2, 1.0f, SAMPLED_TAPS / 2 - 1);

	for (int i = 0; i < n; i++) {
		struct sampled_taps *t = &taps[i];
		float centre = ((float) i + 0.5f) * step - 0.5f, weight[SAMPLED_TAPS], sum = 0;
		int first = (int) floorf(centre - radius) + 1, rest = 256, most = 0;

		t->count = 0;
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
	}
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

static void sample_row(struct sampled *s, const struct grey *g, struct rect r, int y, bool negative)
{
	const struct sampled_taps *v = &s->rows[y];
	const uint8_t *from = g->data + (r.y + v->first) * g->stride + (ptrdiff_t) r.x * g->step;

	memset(s->source, 0, (size_t) r.w * sizeof(s->source[0]));
	for (int k = 0; k < v->count; k++)
		add_row(s->source, from + k * g->stride, g->step, r.w, v->weight[k]);
	for (int x = 0; x < s->width; x++) {
		const struct sampled_taps *h = &s->columns[x];
		const uint16_t *p = s->source + h->first;
		uint32_t sum = 1 << 15;

		for (int k = 0; k < h->count; k++)
			sum += (uint32_t) h->weight[k] * p[k];
		s->pixels[y][x] = (uint8_t) (negative ? 255 - (sum >> 16) : sum >> 16);
	}
}

bool sampled_take(
	struct sampled *s, const struct grey *g, struct rect r, float aspect, bool negative)
{
	int side, x0, x1, y0, y1, in0, in1;
	float step_x, step_y;

	if (r.w <= 0 || r.h <= 0 || r.w > SAMPLED_SOURCE_MAX || r.h > SAMPLED_SOURCE_MAX ||
		r.x < -SAMPLED_SOURCE_MAX || r.y < -SAMPLED_SOURCE_MAX || r.x >= g->width ||
		r.y >= g->height)
		return false;
	side = (int) lroundf((float) r.h * SIDE);
	in0 = MAX(r.x, 0);
	in1 = MIN(r.x + r.w, g->width);
	x0 = MAX(r.x - side, 0);
	x1 = MIN(r.x + r.w + side, g->width);
	y0 = MAX(r.y, 0);
	y1 = MIN(r.y + r.h, g->height);
	if (in1 - in0 < WIDTH_MIN || y1 - y0 < HEIGHT_MIN || x1 - x0 > SAMPLED_SOURCE_MAX)
		return false;
	step_y = (float) r.h / SAMPLED_HEIGHT;
	step_x = aspect > 0 ? (float) r.w / (SAMPLED_HEIGHT * aspect) : step_y;
	if ((float) (x1 - x0) > SAMPLED_WIDTH_MAX * step_x)
		return false;
	s->width = MAX((int) ((float) (x1 - x0) / step_x), 1);
	s->height = CLAMP((int) ((float) (y1 - y0) / step_y), 1, SAMPLED_HEIGHT);
	s->inside_x0 = (int) ((float) (in0 - x0) / step_x);
	s->inside_x1 = (int) ((float) (in1 - x0) / step_x);
	set_taps(s->columns, s->width, step_x, x1 - x0);
	set_taps(s->rows, s->height, step_y, y1 - y0);
	for (int y = 0; y < s->height; y++)
		sample_row(s, g, (struct rect){ x0, y0, x1 - x0, y1 - y0 }, y, negative);
	return true;
}
