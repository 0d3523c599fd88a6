/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is written is read back by picture_decode() and has the colours that went in. */
#include "media/jpeg.h"

#include <string.h>

#include "media/picture.h"
#include "tests/tap.h"

#define W 64
#define H 48

/* Two halves: left and right. */
static const uint8_t colours[2][3] = { { 200, 40, 60 }, { 30, 90, 220 } };

static struct frame rgb_frame(uint8_t *pixels, enum pixel pixel, int width, int height)
{
	bool bgr = pixel == PIXEL_BGR24;

	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++)
			for (int i = 0; i < 3; i++)
				pixels[(y * width + x) * 3 + i] =
					colours[x >= width / 2][bgr ? 2 - i : i];
	return (struct frame){ .pixel = pixel,
		.width = width,
		.height = height,
		.full_range = true,
		.data = { pixels },
		.stride = { width * 3 } };
}

/* R'G'B' to Y'CbCr by the book; y is 0 … 1, the others -0.5 … 0.5. */
static void to_ycc(const uint8_t *c, bool bt709, double *ycc)
{
	double kr = bt709 ? 0.2126 : 0.299, kb = bt709 ? 0.0722 : 0.114;
	double r = c[0] / 255.0, g = c[1] / 255.0, b = c[2] / 255.0;

	ycc[0] = kr * r + (1 - kr - kb) * g + kb * b;
	ycc[1] = (b - ycc[0]) / (1 - kb) / 2;
	ycc[2] = (r - ycc[0]) / (1 - kr) / 2;
}

static uint8_t luma(double y, bool full)
{
	return (uint8_t) (0.5 + (full ? y * 255 : 16 + y * 219));
}

static uint8_t chroma(double c, bool full)
{
	return (uint8_t) (0.5 + 128 + c * (full ? 255 : 224));
}

/* The buffer is as small as it may be: beyond it nothing may be read. */
static struct frame yuyv_frame(uint8_t *pixels, bool bt709, bool full)
{
	for (int x = 0; x < W; x += 2) {
		double ycc[3];

		to_ycc(colours[x >= W / 2], bt709, ycc);
		for (int y = 0; y < H; y++) {
			uint8_t *p = pixels + (y * W + x) * 2;

			p[0] = p[2] = luma(ycc[0], full);
			p[1] = chroma(ycc[1], full);
			p[3] = chroma(ycc[2], full);
		}
	}
	return (struct frame){ .pixel = PIXEL_YUYV,
		.width = W,
		.height = H,
		.full_range = full,
		.bt709 = bt709,
		.data = { pixels },
		.stride = { W * 2 } };
}

static struct frame i420_frame(uint8_t *pixels)
{
	struct frame f = { .pixel = PIXEL_I420, .width = W, .height = H };
	uint8_t *plane[3] = { pixels, pixels + W * H, pixels + W * H * 5 / 4 };

	for (int x = 0; x < W; x++) {
		double ycc[3];

		to_ycc(colours[x >= W / 2], false, ycc);
		for (int y = 0; y < H; y++) {
			plane[0][y * W + x] = luma(ycc[0], false);
			plane[1][y / 2 * W / 2 + x / 2] = chroma(ycc[1], false);
			plane[2][y / 2 * W / 2 + x / 2] = chroma(ycc[2], false);
		}
	}
	for (int i = 0; i < 3; i++) {
		f.data[i] = plane[i];
		f.stride[i] = i ? W / 2 : W;
	}
	return f;
}

static bool near_colour(const struct frame *f, int x, const uint8_t *want)
{
	const uint8_t *p = f->data[0] + f->height / 2 * f->stride[0] + x * 3;

	for (int i = 0; i < 3; i++)
		if (abs(p[i] - want[i]) > 4) {
			printf("# %d %d %d instead of %d %d %d\n", p[0], p[1], p[2], want[0],
				want[1], want[2]);
			return false;
		}
	return true;
}

static bool comes_back(const uint8_t *jpeg, size_t size, int width, int height)
{
	_cleanup_(frame_unrefp) struct frame *f = NULL;
	char why[128];

	return picture_decode(&f, jpeg, size, why, sizeof(why)) == 0 && f->width == width &&
	       f->height == height && near_colour(f, width / 4, colours[0]) &&
	       near_colour(f, width * 3 / 4, colours[1]);
}

static void check(const struct frame *f, const char *what)
{
	_cleanup_(freep) uint8_t *jpeg = NULL;
	size_t size = 0;
	int r = jpeg_encode(f, 2, &jpeg, &size);

	ok(r == 0 && comes_back(jpeg, size, f->width, f->height), "%s: %zu bytes", what, size);
}

static void test_layouts(void)
{
	_cleanup_(freep) uint8_t *rgb = malloc(W * H * 3), *yuv = malloc(W * H * 2);
	_cleanup_(freep) uint8_t *planes = malloc(W * H * 3 / 2), *odd = malloc(33 * 17 * 3);
	struct frame f;

	f = rgb_frame(rgb, PIXEL_RGB24, W, H);
	check(&f, "RGB24");
	f = rgb_frame(rgb, PIXEL_BGR24, W, H);
	check(&f, "BGR24");
	f = rgb_frame(odd, PIXEL_RGB24, 33, 17);
	check(&f, "an odd size");
	for (int i = 0; i < 4; i++) {
		f = yuyv_frame(yuv, i & 1, i & 2);
		check(&f, i == 0 ? "YUYV" : i == 1 ? "BT.709" : i == 2 ? "full range" : "both");
	}
	f = i420_frame(planes);
	check(&f, "I420");
}

static void check_size(const struct frame *f, int width, int height, int want_w, int want_h)
{
	struct jpeg j = { 0 };
	int r = jpeg_make(f, width, height, 2, &j);

	ok(r == 0 && j.width == want_w && j.height == want_h &&
			comes_back(j.data, j.size, want_w, want_h),
		"%dx%d asked for %dx%d becomes %dx%d", f->width, f->height, width, height, j.width,
		j.height);
	free(j.data);
}

static void test_sizes(void)
{
	_cleanup_(freep) uint8_t *rgb = malloc(W * H * 3), *yuv = malloc(W * H * 2);
	struct frame f = rgb_frame(rgb, PIXEL_RGB24, W, H), y = yuyv_frame(yuv, true, false);
	struct frame j = { .pixel = PIXEL_MJPEG }, flat = f;
	struct jpeg out = { 0 };
	uint8_t *jpeg = NULL;

	check_size(&f, 0, 0, W, H);
	check_size(&f, 32, 0, 32, 24);
	check_size(&f, 0, 96, 128, 96);
	check_size(&y, 48, 0, 48, 36);
	check_size(&y, 0, 33, 44, 33);
	check_size(&y, 100, 20, 100, 20);
	flat.height = 4;
	check_size(&flat, 32, 0, 32, JPEG_SIDE_MIN);
	if (jpeg_encode(&f, 2, &jpeg, &j.size) < 0)
		abort();
	j.data[0] = jpeg;
	j.width = j.height = 1; /* what the card says is not what counts */
	check_size(&j, 32, 0, 32, 24);
	free(jpeg);
	ok(jpeg_make(&f, 15, 0, 2, &out) == -EINVAL && jpeg_make(&f, 0, 4097, 2, &out) == -EINVAL &&
			jpeg_make(&f, -1, 64, 2, &out) == -EINVAL && !out.data,
		"sizes out of bounds are refused");
}

static void test_quality(void)
{
	int last = JPEG_QUANTISER_WORST;
	bool falls = jpeg_quantiser_of(1) == JPEG_QUANTISER_WORST &&
		     jpeg_quantiser_of(JPEG_QUALITY_MAX) == JPEG_QUANTISER_BEST;

	for (int q = 1; q <= JPEG_QUALITY_MAX; q++) {
		falls = falls && jpeg_quantiser_of(q) <= last;
		last = jpeg_quantiser_of(q);
	}
	ok(falls, "a better quality has no coarser quantiser");
}

static void test_jpeg(void)
{
	_cleanup_(freep) uint8_t *rgb = malloc(W * H * 3), *jpeg = NULL, *coarse = NULL,
				 *out = NULL;
	struct frame f = rgb_frame(rgb, PIXEL_RGB24, W, H), j = { .pixel = PIXEL_MJPEG };
	size_t size = 0, coarse_size = 0, n;
	bool good;

	for (int i = 0; i < W * H * 3; i++)
		rgb[i] = (uint8_t) (rgb[i] / 2 + i * 2654435761u / 16777216 % 64);
	good = jpeg_encode(&f, 2, &jpeg, &size) == 0 &&
	       jpeg_encode(&f, 20, &coarse, &coarse_size) == 0;
	ok(good && coarse_size * 2 < size, "the quantiser counts: %zu and %zu bytes", size,
		coarse_size);
	j.data[0] = jpeg;
	j.size = size;
	ok(jpeg_encode(&j, 2, &out, &n) == 0 && n > size / 2, "a JPEG as input");
	j.size = size / 2;
	ok(jpeg_encode(&j, 2, &coarse, &n) == -EBADMSG, "a broken one");
	j.size = 0;
	ok(jpeg_encode(&j, 2, &coarse, &n) == -EBADMSG, "an empty one");
	ok(jpeg_encode(&f, 0, &coarse, &n) == -EINVAL &&
			jpeg_encode(&f, 32, &coarse, &n) == -EINVAL,
		"no such quantiser");
	f.width = FRAME_SIDE_MAX + 1;
	ok(jpeg_encode(&f, 2, &coarse, &n) == -EINVAL, "too large");
	f.width = 0;
	ok(jpeg_encode(&f, 2, &coarse, &n) == -EINVAL, "no size");
	f.width = W;
	f.pixel = PIXEL_AV;
	f.av_format = -1;
	ok(jpeg_encode(&f, 2, &coarse, &n) == -EINVAL, "no layout");
}

int main(void)
{
	test_layouts();
	test_sizes();
	test_quality();
	test_jpeg();
	return tap_done();
}
