/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Both matrices make luma and colour differences of the same R'G'B', so one leads to the other by a
 * matrix again:
 *
 *	Y'  = y + b * cb + r * cr        Cb' = bb * cb + br * cr        Cr' = rb * cb + rr * cr
 *
 * in fixed point; what cb and cr do is the same for the four of luma that they go with.
 */
#include "media/ycc.h"

#include <math.h>

#define BITS 14
#define HALF (1 << (BITS - 1))

struct matrix {
	int y, b, r; /* to luma */
	int bb, br;  /* to Cb */
	int rb, rr;  /* to Cr */
	int black;   /* luma of black */
};

static int fixed(double x)
{
	return (int) lround(x * (1 << BITS));
}

static struct matrix choose_matrix(const struct frame *f)
{
	const double kr = f->bt709 ? 0.2126 : 0.299, kb = f->bt709 ? 0.0722 : 0.114;
	const double luma = f->full_range ? 1 : 255.0 / 219,
		     chroma = f->full_range ? 1 : 255.0 / 224;
	/* What one unit of a difference adds to R', G' and B', Y left out. */
	const double r_cr = 2 * (1 - kr), b_cb = 2 * (1 - kb);
	const double g_cr = -kr * r_cr / (1 - kr - kb), g_cb = -kb * b_cb / (1 - kr - kb);
	/* … and to the luma of BT.601. */
	const double y_cb = 0.587 * g_cb + 0.114 * b_cb, y_cr = 0.299 * r_cr + 0.587 * g_cr;

	return (struct matrix){
		.y = fixed(luma),
		.b = fixed(y_cb * chroma),
		.r = fixed(y_cr * chroma),
		.bb = fixed((b_cb - y_cb) / (2 * (1 - 0.114)) * chroma),
		.br = fixed(-y_cr / (2 * (1 - 0.114)) * chroma),
		.rb = fixed(-y_cb / (2 * (1 - 0.299)) * chroma),
		.rr = fixed((r_cr - y_cr) / (2 * (1 - 0.299)) * chroma),
		.black = f->full_range ? 0 : 16,
	};
}

static uint8_t clip(int v)
{
	return (uint8_t) (v < 0 ? 0 : v > 255 ? 255 : v);
}

/* Where a layout has its samples: the first ones, and from one to the next in a row. */
struct source {
	const uint8_t *y, *cb, *cr;
	int y_stride, c_stride;
	int c_rows; /* rows of luma to one of chroma */
};

static struct source look_at(const struct frame *f)
{
	const uint8_t *d = f->data[0], *c = f->data[1];
	int s = f->stride[0];

	if (f->pixel == PIXEL_NV12 || f->pixel == PIXEL_NV16)
		return (struct source){ d, c, c + 1, s, f->stride[1],
			f->pixel == PIXEL_NV16 ? 1 : 2 };
	if (f->pixel == PIXEL_YUYV)
		return (struct source){ d, d + 1, d + 3, s, s, 1 };
	if (f->pixel == PIXEL_UYVY)
		return (struct source){ d + 1, d, d + 2, s, s, 1 };
	return (struct source){ d, c, f->data[2], s, f->stride[1], 2 };
}

bool ycc_takes(const struct frame *f)
{
	return f->pixel == PIXEL_NV12 || f->pixel == PIXEL_NV16 || f->pixel == PIXEL_YUYV ||
	       f->pixel == PIXEL_UYVY || (f->pixel == PIXEL_I420 && f->stride[1] == f->stride[2]);
}

/* Two rows of luma and what goes with them; the steps are known where this is called, so that the
 * compiler can do several at a time. */
static inline __attribute__((always_inline)) void convert_rows(const struct matrix *m,
	const uint8_t *const y[2], const uint8_t *const cb[2], const uint8_t *const cr[2],
	uint8_t *const out_y[2], uint8_t *out_cb, uint8_t *out_cr, int width, int y_step,
	int c_step)
{
	int last = width - 1;

	for (int i = 0; i < (width + 1) / 2; i++) {
		int b = (cb[0][i * c_step] + cb[1][i * c_step]) - 256;
		int r = (cr[0][i * c_step] + cr[1][i * c_step]) - 256;
		int add = ((m->b * b + m->r * r) >> 1) + HALF - m->black * m->y;
		int x0 = 2 * i, x1 = x0 < last ? x0 + 1 : x0;

		for (int k = 0; k < 2; k++) {
			out_y[k][x0] = clip((m->y * y[k][x0 * y_step] + add) >> BITS);
			out_y[k][x1] = clip((m->y * y[k][x1 * y_step] + add) >> BITS);
		}
		out_cb[i] = clip((((m->bb * b + m->br * r) >> 1) + HALF + (128 << BITS)) >> BITS);
		out_cr[i] = clip((((m->rb * b + m->rr * r) >> 1) + HALF + (128 << BITS)) >> BITS);
	}
}

void ycc_to_jpeg(const struct frame *f, uint8_t *const planes[3], const int strides[3])
{
	const struct matrix m = choose_matrix(f);
	const struct source s = look_at(f);

	for (int row = 0; row < f->height; row += 2) {
		int second = row + 1 < f->height ? row + 1 : row;
		ptrdiff_t c0 = (ptrdiff_t) (row / s.c_rows) * s.c_stride;
		ptrdiff_t c1 = (ptrdiff_t) (second / s.c_rows) * s.c_stride;
		const uint8_t *y[2] = { s.y + (ptrdiff_t) row * s.y_stride,
			s.y + (ptrdiff_t) second * s.y_stride };
		const uint8_t *cb[2] = { s.cb + c0, s.cb + c1 }, *cr[2] = { s.cr + c0, s.cr + c1 };
		uint8_t *out[2] = { planes[0] + (ptrdiff_t) row * strides[0],
			planes[0] + (ptrdiff_t) second * strides[0] };
		uint8_t *out_cb = planes[1] + (ptrdiff_t) (row / 2) * strides[1];
		uint8_t *out_cr = planes[2] + (ptrdiff_t) (row / 2) * strides[2];

		if (f->pixel == PIXEL_I420)
			convert_rows(&m, y, cb, cr, out, out_cb, out_cr, f->width, 1, 1);
		else if (f->pixel == PIXEL_NV12 || f->pixel == PIXEL_NV16)
			convert_rows(&m, y, cb, cr, out, out_cb, out_cr, f->width, 1, 2);
		else
			convert_rows(&m, y, cb, cr, out, out_cb, out_cr, f->width, 2, 4);
	}
}
