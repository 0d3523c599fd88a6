/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/colour.h"

#include <errno.h>
#include <math.h>

#define SIDE 32 /* samples across and down */
#define BINS 8  /* of a side of the colour space */
#define BIN_WIDTH (256.0F / BINS)

/* How YCbCr becomes RGB. */
struct matrix {
	float luma_offset, luma_scale, chroma_scale;
	float r_cr, g_cb, g_cr, b_cb;
};

static struct matrix matrix_of(const struct frame *f)
{
	struct matrix m = { 16, 255 / 219.0F, 255 / 224.0F, 1.402F, 0.344136F, 0.714136F, 1.772F };

	if (f->full_range) {
		m.luma_offset = 0;
		m.luma_scale = m.chroma_scale = 1;
	}
	if (f->bt709) {
		m.r_cr = 1.5748F;
		m.g_cb = 0.187324F;
		m.g_cr = 0.468124F;
		m.b_cb = 1.8556F;
	}
	return m;
}

/* R, G, B, or Y, Cb, Cr as they lie there. */
static bool read_at(const struct frame *f, int x, int y, uint8_t ret[3])
{
	const uint8_t *line = f->data[0] + (ptrdiff_t) y * f->stride[0], *p;
	int packed;

	switch (f->pixel) {
	case PIXEL_RGB24:
	case PIXEL_BGR24:
		p = line + 3 * (ptrdiff_t) x;
		packed = f->pixel == PIXEL_BGR24;
		ret[0] = p[2 * packed];
		ret[1] = p[1];
		ret[2] = p[2 - 2 * packed];
		return true;
	case PIXEL_YUYV:
	case PIXEL_UYVY:
		packed = f->pixel == PIXEL_UYVY;
		ret[0] = line[2 * (ptrdiff_t) x + packed];
		p = line + 4 * (ptrdiff_t) (x / 2) + 1 - packed;
		ret[1] = p[0];
		ret[2] = p[2];
		return true;
	case PIXEL_NV12:
	case PIXEL_NV16:
		ret[0] = line[x];
		y = f->pixel == PIXEL_NV16 ? y : y / 2;
		p = f->data[1] + (ptrdiff_t) y * f->stride[1] + (x & ~1);
		ret[1] = p[0];
		ret[2] = p[1];
		return true;
	case PIXEL_I420:
		ret[0] = line[x];
		ret[1] = f->data[1][(ptrdiff_t) (y / 2) * f->stride[1] + x / 2];
		ret[2] = f->data[2][(ptrdiff_t) (y / 2) * f->stride[2] + x / 2];
		return true;
	case PIXEL_AV:
		if (!f->luma8 || f->chroma_w < 1 || f->chroma_h < 1)
			return false;
		ret[0] = line[x];
		ret[1] = f->data[1][(ptrdiff_t) (y / f->chroma_h) * f->stride[1] + x / f->chroma_w];
		ret[2] = f->data[2][(ptrdiff_t) (y / f->chroma_h) * f->stride[2] + x / f->chroma_w];
		return true;
	case PIXEL_MJPEG:
	case PIXEL_H264:
	case _PIXEL_MAX:
		break;
	}
	return false;
}

static struct colour convert(const struct matrix *m, const uint8_t in[3])
{
	float y = ((float) in[0] - m->luma_offset) * m->luma_scale;
	float cb = ((float) in[1] - 128) * m->chroma_scale;
	float cr = ((float) in[2] - 128) * m->chroma_scale;

	return (struct colour){
		.r = CLAMP(y + m->r_cr * cr, 0.0F, 255.0F),
		.g = CLAMP(y - m->g_cb * cb - m->g_cr * cr, 0.0F, 255.0F),
		.b = CLAMP(y + m->b_cb * cb, 0.0F, 255.0F),
	};
}

static bool in_hole(const struct rect *holes, int n, int x, int y)
{
	for (int i = 0; i < n; i++)
		if (x >= holes[i].x && y >= holes[i].y && x - holes[i].x < holes[i].w &&
			y - holes[i].y < holes[i].h)
			return true;
	return false;
}

int colour_sample(const struct frame *f, struct rect r, const struct rect *holes, int n_holes,
	struct colour *ret)
{
	bool rgb = f->pixel == PIXEL_RGB24 || f->pixel == PIXEL_BGR24;
	int across = MIN(r.w, SIDE), down = MIN(r.h, SIDE), n = 0;
	struct matrix m = matrix_of(f);
	uint8_t raw[3];

	for (int j = 0; j < down; j++)
		for (int i = 0; i < across; i++) {
			int x = CLAMP(r.x + (2 * i + 1) * r.w / (2 * across), 0, f->width - 1);
			int y = CLAMP(r.y + (2 * j + 1) * r.h / (2 * down), 0, f->height - 1);

			if (in_hole(holes, n_holes, x, y))
				continue;
			if (!read_at(f, x, y, raw))
				return -ENOTSUP;
			ret[n++] =
				rgb ? (struct colour){ raw[0], raw[1], raw[2] } : convert(&m, raw);
		}
	return n;
}

struct colour colour_mean(const struct colour *samples, int n)
{
	struct colour sum = { 0 };

	for (int i = 0; i < n; i++) {
		sum.r += samples[i].r;
		sum.g += samples[i].g;
		sum.b += samples[i].b;
	}
	return n > 0 ? (struct colour){ sum.r / (float) n, sum.g / (float) n, sum.b / (float) n }
		     : sum;
}

static int bin_of(float v)
{
	return MIN((int) (v / BIN_WIDTH), BINS - 1);
}

/* Two bins to a side, so that a colour on the border of two is not torn apart. */
static int count_around(int bins[BINS][BINS][BINS], int r, int g, int b)
{
	int n = 0;

	for (int k = 0; k < 8; k++)
		n += bins[r + (k & 1)][g + (k >> 1 & 1)][b + (k >> 2)];
	return n;
}

struct colour colour_dominant(const struct colour *samples, int n)
{
	int bins[BINS][BINS][BINS] = { 0 }, most = -1, at[3] = { 0 }, inside = 0;
	struct colour chosen[COLOUR_SAMPLES_MAX];

	n = MIN(n, COLOUR_SAMPLES_MAX);
	for (int i = 0; i < n; i++)
		bins[bin_of(samples[i].r)][bin_of(samples[i].g)][bin_of(samples[i].b)]++;
	for (int k = 0; k < (BINS - 1) * (BINS - 1) * (BINS - 1); k++) {
		int r = k % (BINS - 1), g = k / (BINS - 1) % (BINS - 1),
		    b = k / (BINS - 1) / (BINS - 1), count = count_around(bins, r, g, b);

		if (count <= most)
			continue;
		most = count;
		at[0] = r;
		at[1] = g;
		at[2] = b;
	}
	for (int i = 0; i < n; i++) {
		unsigned r = (unsigned) (bin_of(samples[i].r) - at[0]),
			 g = (unsigned) (bin_of(samples[i].g) - at[1]),
			 b = (unsigned) (bin_of(samples[i].b) - at[2]);

		if (r <= 1 && g <= 1 && b <= 1)
			chosen[inside++] = samples[i];
	}
	return colour_mean(chosen, inside);
}

float colour_distance(struct colour a, struct colour b)
{
	float r = a.r - b.r, g = a.g - b.g, c = a.b - b.b;

	return sqrtf((r * r + g * g + c * c) / 3);
}
