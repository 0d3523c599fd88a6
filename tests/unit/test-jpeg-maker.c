/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is made with less work shows what jpeg_encode() makes of the same frame. */
#include "media/jpeg-maker.h"

#include <string.h>

#include "media/picture.h"
#include "tests/tap.h"

#define TOLERANCE 120 /* hundredths: a step, as rounding makes it */

/* A picture with soft colours everywhere, in memory as small as it may be: beyond nothing may be
 * read. The bytes of all layouts are waves, so that luma and both of chroma differ all over. */
struct shot {
	struct frame f;
	uint8_t *planes[3];
};

static void draw(uint8_t *p, int width, int rows, int step, int phase, bool luma)
{
	for (int y = 0; y < rows; y++)
		for (int x = 0; x < width; x++) {
			int wave = (x * 3 + y * 2 + phase) % 256;

			wave = wave < 128 ? wave : 255 - wave;
			p[(y * width + x) * step] = (uint8_t) (luma ? 40 + wave : 100 + wave / 3);
		}
}

static struct shot shoot(enum pixel pixel, int width, int height, bool bt709, bool full)
{
	struct shot s = { .f = { .pixel = pixel,
				  .width = width,
				  .height = height,
				  .bt709 = bt709,
				  .full_range = full } };
	int cw = (width + 1) / 2, ch = pixel == PIXEL_NV16 ? height : (height + 1) / 2;
	bool pairs = pixel == PIXEL_NV12 || pixel == PIXEL_NV16;
	bool packed = pixel == PIXEL_YUYV || pixel == PIXEL_UYVY;
	int y = pixel == PIXEL_UYVY;

	if (packed) {
		s.planes[0] = malloc((size_t) cw * 4 * (size_t) height);
		draw(s.planes[0] + y, 2 * cw, height, 2, 0, true);
		draw(s.planes[0] + !y, cw, height, 4, 90, false);
		draw(s.planes[0] + !y + 2, cw, height, 4, 200, false);
		s.f.stride[0] = cw * 4;
	} else {
		s.planes[0] = malloc((size_t) width * (size_t) height);
		s.planes[1] = malloc((size_t) cw * (size_t) ch * (pairs ? 2 : 1));
		draw(s.planes[0], width, height, 1, 0, true);
		if (pairs) {
			draw(s.planes[1], cw, ch, 2, 90, false);
			draw(s.planes[1] + 1, cw, ch, 2, 200, false);
		} else {
			s.planes[2] = malloc((size_t) cw * (size_t) ch);
			draw(s.planes[1], cw, ch, 1, 90, false);
			draw(s.planes[2], cw, ch, 1, 200, false);
		}
		s.f.stride[0] = width;
		s.f.stride[1] = pairs ? 2 * cw : cw;
		s.f.stride[2] = pairs ? 0 : cw;
	}
	for (int i = 0; i < 3; i++)
		s.f.data[i] = s.planes[i];
	return s;
}

static void forget(struct shot *s)
{
	for (int i = 0; i < 3; i++)
		free(s->planes[i]);
}

/* Mean difference of both pictures, in hundredths of a step of colour; -1: they are not alike. */
static int difference(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
	_cleanup_(frame_unrefp) struct frame *x = NULL, *y = NULL;
	char why[128];
	int64_t sum = 0;

	if (picture_decode(&x, a, a_size, why, sizeof(why)) < 0 ||
		picture_decode(&y, b, b_size, why, sizeof(why)) < 0 || x->width != y->width ||
		x->height != y->height)
		return -1;
	for (int row = 0; row < x->height; row++)
		for (int i = 0; i < 3 * x->width; i++)
			sum += abs(x->data[0][row * x->stride[0] + i] -
				   y->data[0][row * y->stride[0] + i]);
	return (int) (sum * 100 / ((int64_t) x->width * x->height * 3));
}

static bool is_like(struct jpeg_maker *m, const struct frame *f, const char *what)
{
	struct jpeg made = { 0 };
	uint8_t *want = NULL;
	size_t size = 0;
	int d = -1;

	if (jpeg_encode(f, 2, &want, &size) == 0 && jpeg_maker_run(m, f, 2, &made) == 0)
		d = difference(want, size, made.data, made.size);
	if (d < 0 || d > TOLERANCE)
		printf("# %s, %dx%d, BT.%s, %s: %d\n", what, f->width, f->height,
			f->bt709 ? "709" : "601", f->full_range ? "full" : "limited", d);
	free(made.data);
	free(want);
	return d >= 0 && d <= TOLERANCE;
}

static void test_layouts(struct jpeg_maker *m)
{
	static const enum pixel layouts[] = { PIXEL_I420, PIXEL_NV12, PIXEL_NV16, PIXEL_YUYV,
		PIXEL_UYVY };
	static const int sizes[][2] = { { 96, 64 }, { 64, 63 }, { 128, 33 }, { 16, 2 } };

	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
		bool good = true;

		for (size_t k = 0; k < 4 * ARRAY_SIZE(sizes); k++) {
			struct shot s =
				shoot(layouts[i], sizes[k / 4][0], sizes[k / 4][1], k & 1, k & 2);

			good = is_like(m, &s.f, pixel_name(layouts[i])) && good;
			forget(&s);
		}
		ok(good, "%s has the same colours", pixel_name(layouts[i]));
	}
}

/* jpeg_encode() guesses colours at the edge of such widths, so they are not compared with it. */
static void test_odd(struct jpeg_maker *m)
{
	static const enum pixel layouts[] = { PIXEL_I420, PIXEL_NV12, PIXEL_NV16, PIXEL_YUYV,
		PIXEL_UYVY };
	bool same = true;

	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
		struct shot s = shoot(layouts[i], 33, 31, true, false);
		struct shot again = shoot(layouts[i], 33, 31, true, false);
		struct jpeg a = { 0 }, b = { 0 };

		same = jpeg_maker_run(m, &s.f, 2, &a) == 0 &&
		       jpeg_maker_run(m, &again.f, 2, &b) == 0 && same && a.width == 33 &&
		       a.height == 31 && difference(a.data, a.size, b.data, b.size) == 0;
		free(a.data);
		free(b.data);
		forget(&s);
		forget(&again);
	}
	ok(same, "odd sizes are made, and nothing beyond is read");
}

static void test_matrix_counts(struct jpeg_maker *m)
{
	struct shot s = shoot(PIXEL_I420, 96, 64, false, false), o = s;
	struct jpeg a = { 0 }, b = { 0 };

	o.f.bt709 = true;
	ok(jpeg_maker_run(m, &s.f, 2, &a) == 0 && jpeg_maker_run(m, &o.f, 2, &b) == 0 &&
			difference(a.data, a.size, b.data, b.size) > TOLERANCE,
		"another matrix makes other colours");
	free(a.data);
	free(b.data);
	forget(&s);
}

static void test_others(struct jpeg_maker *m)
{
	struct shot s = shoot(PIXEL_I420, 96, 64, true, false);
	struct frame rgb = s.f, j = { .pixel = PIXEL_MJPEG };
	struct jpeg fine = { 0 }, coarse = { 0 }, again = { 0 };
	uint8_t *jpeg = NULL;

	if (jpeg_maker_run(m, &s.f, 2, &fine) < 0 || jpeg_maker_run(m, &s.f, 31, &coarse) < 0 ||
		jpeg_maker_run(m, &s.f, 2, &again) < 0)
		abort();
	ok(coarse.size * 3 < fine.size * 2 && again.size == fine.size,
		"the quantiser counts each time: %zu, %zu, %zu bytes", fine.size, coarse.size,
		again.size);
	rgb.pixel = PIXEL_RGB24;
	rgb.width = 32;
	rgb.stride[0] = 96;
	ok(is_like(m, &rgb, "RGB3"), "what it does not know it has made");
	if (jpeg_encode(&s.f, 2, &jpeg, &j.size) < 0)
		abort();
	j.data[0] = jpeg;
	ok(is_like(m, &j, "MJPG"), "a JPEG, too");
	j.size = 20;
	free(again.data);
	again.data = NULL;
	ok(jpeg_maker_run(m, &j, 2, &again) == -EBADMSG && !again.data, "a broken one is told");
	ok(jpeg_maker_run(m, &s.f, 0, &again) == -EINVAL, "so is a quantiser that is none");
	free(jpeg);
	free(fine.data);
	free(coarse.data);
	forget(&s);
}

int main(void)
{
	struct jpeg_maker *m;

	if (jpeg_maker_new(&m) < 0)
		abort();
	test_layouts(m);
	test_odd(m);
	test_matrix_counts(m);
	test_others(m);
	jpeg_maker_free(m);
	return tap_done();
}
