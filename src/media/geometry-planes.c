/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every layout is told by steps from sample to sample, so that one loop takes them all, turns and
 * mirrors on the way. Turned pictures go in blocks: their columns are rows of the other, and each
 * sample of one would be a line of the cache else.
 */
#include <math.h>
#include <string.h>

#include "media/geometry-private.h"

#define BLOCK 32 /* samples a side */
#define RGB_BYTES 3

/* Planes of a sample each, chroma in cells of w by h samples of luma. */
static int planar(const struct frame *f, int w, int h, struct geometry_plane p[3])
{
	p[0] = (struct geometry_plane){ f->data[0], 1, f->stride[0], 0, 0 };
	for (int i = 1; i < 3; i++)
		p[i] = (struct geometry_plane){
			.base = f->data[i],
			.x_step = 2 / w,
			.y_step = 2 / h * f->stride[i],
			.x_more = w == 1 ? 1 : 0,
			.y_more = h == 1 ? f->stride[i] : 0,
		};
	return 3;
}

static int packed(const struct frame *f, int luma, int u, int v, struct geometry_plane p[3])
{
	const int stride = f->stride[0];

	p[0] = (struct geometry_plane){ f->data[0] + luma, 2, stride, 0, 0 };
	p[1] = (struct geometry_plane){ f->data[0] + u, 4, 2 * stride, 0, stride };
	p[2] = (struct geometry_plane){ f->data[0] + v, 4, 2 * stride, 0, stride };
	return 3;
}

static bool is_cell(int side)
{
	return side == 1 || side == 2;
}

int geometry_planes_of(const struct frame *f, struct geometry_plane p[3])
{
	switch (f->pixel) {
	case PIXEL_I420:
		return planar(f, 2, 2, p);
	case PIXEL_NV12:
		p[0] = (struct geometry_plane){ f->data[0], 1, f->stride[0], 0, 0 };
		p[1] = (struct geometry_plane){ f->data[1], 2, f->stride[1], 0, 0 };
		p[2] = (struct geometry_plane){ f->data[1] + 1, 2, f->stride[1], 0, 0 };
		return 3;
	case PIXEL_NV16:
		p[0] = (struct geometry_plane){ f->data[0], 1, f->stride[0], 0, 0 };
		for (int i = 0; i < 2; i++)
			p[1 + i] = (struct geometry_plane){ f->data[1] + i, 2, 2 * f->stride[1], 0,
				f->stride[1] };
		return 3;
	case PIXEL_YUYV:
		return packed(f, 0, 1, 3, p);
	case PIXEL_UYVY:
		return packed(f, 1, 0, 2, p);
	case PIXEL_RGB24:
	case PIXEL_BGR24:
		p[0] = (struct geometry_plane){ f->data[0], RGB_BYTES, f->stride[0], 0, 0 };
		return 1;
	case PIXEL_AV:
		if (f->luma8 && is_cell(f->chroma_w) && is_cell(f->chroma_h))
			return planar(f, f->chroma_w, f->chroma_h, p);
		break;
	case PIXEL_MJPEG:
	case PIXEL_H264:
	case _PIXEL_MAX:
		break;
	}
	return 0;
}

/* One plane on its way: the first sample of what comes out, and the bytes from that to the one
 * right of it and to the one below. */
struct way {
	const uint8_t *first;
	ptrdiff_t right, down;
	ptrdiff_t x_more, y_more;
};

static struct way find_way(const struct geometry_plan *plan, const struct geometry_plane *p, int s)
{
	const int w = plan->crop.w >> s, h = plan->crop.h >> s;
	ptrdiff_t x = p->x_step, y = p->y_step;
	struct way way = { .x_more = p->x_more, .y_more = p->y_more };

	way.first = p->base + (plan->crop.x >> s) * x + (plan->crop.y >> s) * y;
	if (plan->mirrored_x) {
		way.first += (w - 1) * x;
		x = -x;
	}
	if (plan->mirrored_y) {
		way.first += (h - 1) * y;
		y = -y;
	}
	way.right = plan->transposed ? y : x;
	way.down = plan->transposed ? x : y;
	return way;
}

static void copy_row(const struct way *way, const uint8_t *in, uint8_t *out, int n, ptrdiff_t right)
{
	if (way->x_more || way->y_more) {
		for (int i = 0; i < n; i++, in += right) {
			int sum = in[0] + in[way->x_more] + in[way->y_more] +
				  in[way->x_more + way->y_more];

			out[i] = (uint8_t) ((sum + 2) / 4);
		}
		return;
	}
	for (int i = 0; i < n; i++, in += right)
		out[i] = *in;
}

static void copy_row_rgb(const uint8_t *in, uint8_t *out, int n, ptrdiff_t right)
{
	for (int i = 0; i < n; i++, in += right, out += RGB_BYTES) {
		out[0] = in[0];
		out[1] = in[1];
		out[2] = in[2];
	}
}

static void copy_block(const struct way *way, int bytes, int x, int y, int w, int h, uint8_t *out,
	ptrdiff_t stride)
{
	for (int i = y; i < y + h; i++) {
		const uint8_t *in = way->first + x * way->right + i * way->down;
		uint8_t *to = out + i * stride + (ptrdiff_t) x * bytes;

		if (way->right == bytes && !way->x_more && !way->y_more)
			memcpy(to, in, (size_t) w * (size_t) bytes);
		else if (bytes == RGB_BYTES)
			copy_row_rgb(in, to, w, way->right);
		else if (way->right == 2) /* what the compiler may make vectors of */
			copy_row(way, in, to, w, 2);
		else
			copy_row(way, in, to, w, way->right);
	}
}

static void copy_plane(const struct geometry_plan *plan, const struct geometry_plane *p, int bytes,
	int s, uint8_t *out, ptrdiff_t stride)
{
	const struct way way = find_way(plan, p, s);
	const int w = plan->width >> s, h = plan->height >> s;
	const int block_w = plan->transposed ? BLOCK : w, block_h = plan->transposed ? BLOCK : h;

	for (int y = 0; y < h; y += block_h)
		for (int x = 0; x < w; x += block_w)
			copy_block(&way, bytes, x, y, MIN(block_w, w - x), MIN(block_h, h - y), out,
				stride);
}

void geometry_planes_move(
	const struct geometry_plan *plan, const struct geometry_plane planes[3], struct frame *out)
{
	for (int i = 0; i < 3 && out->data[i]; i++)
		copy_plane(plan, &planes[i], out->pixel == PIXEL_I420 ? 1 : RGB_BYTES, i > 0,
			(uint8_t *) (uintptr_t) out->data[i], out->stride[i]);
}

/* Y, Cb and Cr of a colour as the frame has them. */
static void to_ycc(uint32_t colour, const struct frame *f, uint8_t ycc[3])
{
	const double red = colour >> 16 & 255, green = colour >> 8 & 255, blue = colour & 255;
	const double kr = f->bt709 ? 0.2126 : 0.299, kb = f->bt709 ? 0.0722 : 0.114;
	const double y = kr * red + (1 - kr - kb) * green + kb * blue;
	const double u = (blue - y) / (2 * (1 - kb)), v = (red - y) / (2 * (1 - kr));
	const double chroma = f->full_range ? 1 : 224.0 / 255;

	ycc[0] = (uint8_t) lround(f->full_range ? y : 16 + y * 219 / 255);
	ycc[1] = (uint8_t) CLAMP(lround(128 + u * chroma), 0L, 255L);
	ycc[2] = (uint8_t) CLAMP(lround(128 + v * chroma), 0L, 255L);
}

static uint8_t *at(struct frame *f, int plane, int x, int y)
{
	return (uint8_t *) (uintptr_t) f->data[plane] + (ptrdiff_t) y * f->stride[plane] + x;
}

static void fill_ycc(struct frame *f, const struct geometry_rect *m, const uint8_t ycc[3])
{
	for (int i = 0; i < 3; i++) {
		int s = i > 0, x = m->x >> s, y = m->y >> s;
		int right = (m->x + m->w + s) >> s, bottom = (m->y + m->h + s) >> s;

		for (; y < bottom; y++)
			memset(at(f, i, x, y), ycc[i], (size_t) (right - x));
	}
}

static void fill_rgb(struct frame *f, const struct geometry_rect *m, uint32_t colour)
{
	const uint8_t rgb[RGB_BYTES] = { (uint8_t) (colour >> 16), (uint8_t) (colour >> 8),
		(uint8_t) colour };
	const bool turned = f->pixel == PIXEL_BGR24;

	for (int y = m->y; y < m->y + m->h; y++) {
		uint8_t *p = at(f, 0, m->x * RGB_BYTES, y);

		for (int i = 0; i < m->w * RGB_BYTES; i++)
			p[i] = rgb[turned ? 2 - i % RGB_BYTES : i % RGB_BYTES];
	}
}

void geometry_planes_mask(const struct geometry_plan *plan, struct frame *out, uint32_t colour)
{
	uint8_t ycc[3];

	to_ycc(colour, out, ycc);
	for (size_t i = 0; i < plan->n_masks; i++) {
		if (out->pixel == PIXEL_I420)
			fill_ycc(out, &plan->masks[i], ycc);
		else
			fill_rgb(out, &plan->masks[i], colour);
	}
}
