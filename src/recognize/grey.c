/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/grey.h"

#include <errno.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

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
	case PIXEL_NV16:
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
	case PIXEL_H264:
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

int grey_view(const struct frame *f, struct grey_plane *plane, struct grey *ret)
{
	size_t size = (size_t) f->width * (size_t) f->height;
	int r = grey_of_frame(f, ret);

	if (r != -ENOTSUP)
		return r;
	if (f->pixel != PIXEL_RGB24 && f->pixel != PIXEL_BGR24)
		return -EINVAL;
	if (size > plane->size) {
		uint8_t *data = realloc(plane->data, size);

		if (!data)
			return -ENOMEM;
		plane->data = data;
		plane->size = size;
	}
	*ret = (struct grey){
		.width = f->width,
		.height = f->height,
		.data = plane->data,
		.stride = f->width,
		.step = 1,
	};
	return grey_from_rgb(f, plane->data);
}

/* (v - 16) * 255 / 219, rounded, from a table: this is done to each sample of each region. */
#define S1(v) ((CLAMP(v, 16, 235) - 16) * 510 + 219) / 438
#define S4(v) S1(v), S1((v) + 1), S1((v) + 2), S1((v) + 3)
#define S16(v) S4(v), S4((v) + 4), S4((v) + 8), S4((v) + 12)
#define S64(v) S16(v), S16((v) + 16), S16((v) + 32), S16((v) + 48)
static const uint8_t stretched[256] = { S64(0), S64(64), S64(128), S64(192) };

#ifdef __SSE2__
#define LANES 16

/* stretched[] of eight samples of 16 bits: x + (72 x + 219) / 438, where x is v - 16. The quotient
 * is that by 438 for all x up to 219: 19153 is 2^23 / 438, rounded up. */
static __m128i stretch_half(__m128i x)
{
	__m128i y = _mm_add_epi16(_mm_mullo_epi16(x, _mm_set1_epi16(72)), _mm_set1_epi16(219));

	return _mm_add_epi16(x, _mm_srli_epi16(_mm_mulhi_epu16(y, _mm_set1_epi16(19153)), 7));
}

static __m128i stretch(__m128i v)
{
	const __m128i zero = _mm_setzero_si128();
	__m128i x = _mm_min_epu8(_mm_subs_epu8(v, _mm_set1_epi8(16)), _mm_set1_epi8((char) 219));

	return _mm_packus_epi16(
		stretch_half(_mm_unpacklo_epi8(x, zero)), stretch_half(_mm_unpackhi_epi8(x, zero)));
}

/* Sixteen samples of a step of 1 or 2. Of the latter the byte behind the last one is read, too. */
static __m128i load(const uint8_t *in, int step)
{
	const __m128i even = _mm_set1_epi16(0xff);

	if (step == 1)
		return _mm_loadu_si128((const __m128i *) in);
	return _mm_packus_epi16(_mm_and_si128(_mm_loadu_si128((const __m128i *) in), even),
		_mm_and_si128(_mm_loadu_si128((const __m128i *) (in + LANES)), even));
}

/* As many samples from the front as are done at once, how many of them is returned. The last one is
 * left out where a byte too many could be read. */
static int copy_lanes(const struct grey *g, const uint8_t *in, uint8_t *out, int n)
{
	int i = 0;

	if (g->step > 2)
		return 0;
	for (; i + LANES < n; i += LANES) {
		__m128i v = load(in + (ptrdiff_t) i * g->step, g->step);

		_mm_storeu_si128((__m128i *) (out + i), g->limited ? stretch(v) : v);
	}
	return i;
}
#else
static int copy_lanes(const struct grey *g, const uint8_t *in, uint8_t *out, int n)
{
	(void) g;
	(void) in;
	(void) out;
	(void) n;
	return 0;
}
#endif

/* n samples that all lie in the picture. */
static void copy_line(const struct grey *g, const uint8_t *in, uint8_t *out, int n)
{
	for (int i = copy_lanes(g, in, out, n); i < n; i++) {
		uint8_t v = in[(ptrdiff_t) i * g->step];

		out[i] = g->limited ? stretched[v] : v;
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
