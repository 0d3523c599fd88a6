/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One colour in every format, and what is made of several. */
#include "recognize/colour.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tap.h"

#define W 64
#define H 48

static const struct rect whole = { 0, 0, W, H };

/* A frame over one buffer; 200, 60, 40 in 8 bits of its matrix and range, worked out by hand. */
struct picture {
	struct frame frame;
	uint8_t data[3 * W * H];
};

static const uint8_t red_601[3] = { 102, 98, 191 }, red_709[3] = { 92, 105, 190 };
static const uint8_t red_full[3] = { 100, 94, 200 };

static void set(struct picture *p, enum pixel pixel, const uint8_t ycc[3])
{
	struct frame *f = &p->frame;

	memset(p, 0, sizeof(*p));
	*f = (struct frame){ .pixel = pixel, .width = W, .height = H };
	f->data[0] = p->data;
	f->data[1] = p->data + W * H;
	f->data[2] = p->data + 2 * W * H;
	f->stride[0] = pixel == PIXEL_YUYV || pixel == PIXEL_UYVY ? 2 * W : W;
	f->stride[1] = f->stride[2] = pixel == PIXEL_I420 ? W / 2 : W;
	if (pixel == PIXEL_YUYV || pixel == PIXEL_UYVY) {
		bool late = pixel == PIXEL_UYVY;

		for (int i = 0; i < W * H / 2; i++) {
			p->data[4 * i + late] = p->data[4 * i + 2 + late] = ycc[0];
			p->data[4 * i + !late] = ycc[1];
			p->data[4 * i + 2 + !late] = ycc[2];
		}
		return;
	}
	memset(p->data, ycc[0], W * H);
	memset(p->data + W * H, ycc[1], W * H);
	memset(p->data + (ptrdiff_t) 2 * W * H, ycc[2], W * H);
	for (int i = 0; (pixel == PIXEL_NV12 || pixel == PIXEL_NV16) && i < W * H; i++)
		p->data[W * H + i] = ycc[1 + i % 2];
}

static bool near(struct colour c, float r, float g, float b)
{
	if (colour_distance(c, (struct colour){ r, g, b }) < 2)
		return true;
	printf("# %.1f %.1f %.1f\n", (double) c.r, (double) c.g, (double) c.b);
	return false;
}

static struct colour mean_of(const struct frame *f)
{
	struct colour samples[COLOUR_SAMPLES_MAX];
	int n = colour_sample(f, whole, NULL, 0, samples);

	return colour_mean(samples, n);
}

static void test_formats(void)
{
	static const enum pixel pixels[] = { PIXEL_I420, PIXEL_NV12, PIXEL_NV16, PIXEL_YUYV,
		PIXEL_UYVY };
	struct colour samples[COLOUR_SAMPLES_MAX];
	struct picture p;

	for (size_t i = 0; i < ARRAY_SIZE(pixels); i++) {
		set(&p, pixels[i], red_601);
		ok(near(mean_of(&p.frame), 200, 60, 40), "%s", pixel_name(pixels[i]));
	}
	set(&p, PIXEL_I420, red_709);
	p.frame.bt709 = true;
	ok(near(mean_of(&p.frame), 200, 60, 40), "BT.709");
	set(&p, PIXEL_I420, red_full);
	p.frame.full_range = true;
	ok(near(mean_of(&p.frame), 200, 60, 40), "full range");
	p.frame.pixel = PIXEL_AV;
	p.frame.luma8 = true;
	ok(colour_sample(&p.frame, whole, NULL, 0, samples) == -ENOTSUP, "grey has no colour");
	p.frame.chroma_w = 2;
	p.frame.chroma_h = 1;
	ok(near(mean_of(&p.frame), 200, 60, 40), "other planes");
	p.frame.luma8 = false;
	ok(colour_sample(&p.frame, whole, NULL, 0, samples) == -ENOTSUP, "but not of more bits");
	p.frame.pixel = PIXEL_MJPEG;
	ok(colour_sample(&p.frame, whole, NULL, 0, samples) == -ENOTSUP, "nor a JPEG as it is");
}

static void paint(struct picture *p, struct rect r, uint8_t red, uint8_t green, uint8_t blue)
{
	for (int y = r.y; y < r.y + r.h; y++)
		for (int x = r.x; x < r.x + r.w; x++) {
			uint8_t *at = p->data + 3 * (ptrdiff_t) (y * W + x);

			at[0] = red;
			at[1] = green;
			at[2] = blue;
		}
}

static void test_rgb(void)
{
	static const struct rect hole = { 0, 0, W / 2, H };
	struct colour samples[COLOUR_SAMPLES_MAX];
	struct picture p;
	int n;

	set(&p, PIXEL_RGB24, red_601);
	p.frame.stride[0] = 3 * W;
	paint(&p, whole, 10, 100, 200);
	ok(near(mean_of(&p.frame), 10, 100, 200), "RGB");
	p.frame.pixel = PIXEL_BGR24;
	ok(near(mean_of(&p.frame), 200, 100, 10), "BGR");
	p.frame.pixel = PIXEL_RGB24;
	paint(&p, hole, 250, 0, 0);
	ok(near(mean_of(&p.frame), 130, 50, 100), "the mean of two");
	n = colour_sample(&p.frame, whole, &hole, 1, samples);
	ok(n == COLOUR_SAMPLES_MAX / 2 && near(colour_mean(samples, n), 10, 100, 200),
		"what is hidden does not count");
	ok(colour_sample(&p.frame, hole, &hole, 1, samples) == 0 &&
			near(colour_mean(samples, 0), 0, 0, 0),
		"all of it hidden is nothing");
	n = colour_sample(&p.frame, (struct rect){ W - 3, H - 2, 30, 30 }, NULL, 0, samples);
	ok(n == 900 && near(colour_mean(samples, n), 10, 100, 200), "nothing beyond the edges");
	ok(colour_sample(&p.frame, (struct rect){ 40, 40, 1, 1 }, NULL, 0, samples) == 1,
		"a single sample");
}

static void test_dominant(void)
{
	struct colour samples[COLOUR_SAMPLES_MAX];

	/* On the border of bins, which noise would tear apart. */
	for (int i = 0; i < 400; i++)
		samples[i] = (struct colour){ (float) (92 + i % 9), (float) (60 + i % 8),
			(float) (156 + i % 7) };
	for (int i = 400; i < 700; i++)
		samples[i] = (struct colour){ 250, 250, 250 };
	for (int i = 700; i < 1000; i++)
		samples[i] = (struct colour){ (float) (i % 251), (float) (i * 7 % 251),
			(float) (i * 31 % 251) };
	ok(near(colour_dominant(samples, 1000), 96, 64, 159), "the colour that covers most");
	ok(near(colour_dominant(samples + 400, 600), 250, 250, 250), "the other one without it");
	ok(near(colour_dominant(samples, 0), 0, 0, 0), "none of nothing");
	ok(fabsf(colour_distance((struct colour){ 0, 0, 0 }, (struct colour){ 255, 255, 255 }) -
		   255) < 0.01F,
		"black and white are 255 apart");
}

int main(void)
{
	test_formats();
	test_rgb();
	test_dominant();
	return tap_done();
}
