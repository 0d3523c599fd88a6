/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/grey.h"

#include <errno.h>
#include <string.h>

int grey_of_frame(const struct frame *f, struct grey *ret)
{
	struct grey g = {
		.width = f->width,
		.height = f->height,
		.data = f->data[0],
		.stride = f->stride[0],
		.step = 1,
		.limited = !f->full_range,
	};

	switch (f->pixel) {
	case PIXEL_I420:
	case PIXEL_NV12:
		break;
	case PIXEL_YUYV:
		g.step = 2;
		break;
	case PIXEL_UYVY:
		g.data++;
		g.step = 2;
		break;
	case PIXEL_AV:
		if (f->luma8)
			break;
		return -ENOTSUP;
	case PIXEL_RGB24:
	case PIXEL_BGR24:
	case PIXEL_MJPEG:
	case _PIXEL_MAX:
		return -ENOTSUP;
	}
	*ret = g;
	return 0;
}

int grey_from_rgb(const struct frame *f, uint8_t *out)
{
	int r = f->pixel == PIXEL_RGB24 ? 0 : 2, b = 2 - r;

	if (f->pixel != PIXEL_RGB24 && f->pixel != PIXEL_BGR24)
		return -EINVAL;
	for (int y = 0; y < f->height; y++) {
		const uint8_t *p = f->data[0] + (ptrdiff_t) y * f->stride[0];

		for (int x = 0; x < f->width; x++, p += 3)
			*out++ = (uint8_t) ((19595u * p[r] + 38470u * p[1] + 7471u * p[b] +
						    0x8000u) >>
					    16);
	}
	return 0;
}

/* (v - 16) * 255 / 219, rounded, from a table: this is done to each sample of each region. */
#define S1(v) ((CLAMP(v, 16, 235) - 16) * 510 + 219) / 438
#define S4(v) S1(v), S1((v) + 1), S1((v) + 2), S1((v) + 3)
#define S16(v) S4(v), S4((v) + 4), S4((v) + 8), S4((v) + 12)
#define S64(v) S16(v), S16((v) + 16), S16((v) + 32), S16((v) + 48)
static const uint8_t stretched[256] = { S64(0), S64(64), S64(128), S64(192) };

/* n samples that all lie in the picture. */
static void copy_line(const struct grey *g, const uint8_t *in, uint8_t *out, int n)
{
	if (g->limited) {
		for (int i = 0; i < n; i++)
			out[i] = stretched[in[(ptrdiff_t) i * g->step]];
	} else if (g->step == 1) {
		memcpy(out, in, (size_t) n);
	} else {
		for (int i = 0; i < n; i++)
			out[i] = in[(ptrdiff_t) i * g->step];
	}
}

void grey_copy(const struct grey *g, struct rect r, uint8_t *out)
{
	/* Columns of the rectangle from first to last, exclusive, are in the picture. */
	int64_t first = CLAMP(-(int64_t) r.x, 0, r.w);
	int64_t last = CLAMP((int64_t) g->width - r.x, first, r.w);

	if (r.w < 1)
		return;
	for (int i = 0; i < r.h; i++, out += r.w) {
		int64_t y = (int64_t) r.y + i;

		if (y < 0 || y >= g->height || first == last) {
			memset(out, 0, (size_t) r.w);
			continue;
		}
		memset(out, 0, (size_t) first);
		copy_line(g, g->data + y * g->stride + (r.x + first) * g->step, out + first,
			(int) (last - first));
		memset(out + last, 0, (size_t) (r.w - last));
	}
}
