/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/grey.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "tests/tap.h"

#define W 6
#define H 4

/* A frame over one buffer whose luma is 20 + 10 y + x. */
struct sample {
	struct frame frame;
	uint8_t data[3 * W * H + 64];
};

static uint8_t luma(int x, int y)
{
	return (uint8_t) (20 + 10 * y + x);
}

static void fill(struct sample *s, enum pixel pixel)
{
	int step = pixel == PIXEL_YUYV || pixel == PIXEL_UYVY ? 2 : 1;
	int offset = pixel == PIXEL_UYVY;

	memset(s, 0, sizeof(*s));
	memset(s->data, 200, sizeof(s->data));
	s->frame = (struct frame){ .pixel = pixel, .width = W, .height = H, .full_range = true };
	s->frame.data[0] = s->data;
	s->frame.stride[0] = W * step + 3;
	for (int y = 0; y < H; y++) {
		for (int x = 0; x < W; x++)
			s->data[y * s->frame.stride[0] + x * step + offset] = luma(x, y);
	}
}

static void test_views(void)
{
	static const enum pixel pixels[] = { PIXEL_I420, PIXEL_NV12, PIXEL_NV16, PIXEL_YUYV,
		PIXEL_UYVY };
	struct rect whole = { 0, 0, W, H };
	uint8_t out[W * H];

	for (size_t i = 0; i < ARRAY_SIZE(pixels); i++) {
		struct sample s;
		struct grey g;
		int wrong = 0;

		fill(&s, pixels[i]);
		ok(grey_of_frame(&s.frame, &g) == 0 && g.width == W && g.height == H && !g.limited,
			"%s has luma to be seen", pixel_name(pixels[i]));
		grey_copy(&g, whole, out);
		for (int j = 0; j < W * H; j++)
			wrong += out[j] != luma(j % W, j / W);
		ok(wrong == 0, "%s is copied exactly", pixel_name(pixels[i]));
		s.frame.full_range = false;
		ok(grey_of_frame(&s.frame, &g) == 0 && g.limited, "%s of limited range is told",
			pixel_name(pixels[i]));
	}
}

static void test_refused(void)
{
	static const enum pixel pixels[] = { PIXEL_RGB24, PIXEL_BGR24, PIXEL_MJPEG, PIXEL_AV };
	struct sample s;
	struct grey g;

	for (size_t i = 0; i < ARRAY_SIZE(pixels); i++) {
		fill(&s, pixels[i]);
		ok(grey_of_frame(&s.frame, &g) == -ENOTSUP, "%s has none", pixel_name(pixels[i]));
	}
	s.frame.luma8 = true;
	ok(grey_of_frame(&s.frame, &g) == 0 && g.step == 1, "other planar layouts with luma have");
}

static void test_outside(void)
{
	struct sample s;
	struct grey g;
	uint8_t out[4 * 4 + 1];
	int wrong = 0;

	fill(&s, PIXEL_YUYV);
	ok(grey_of_frame(&s.frame, &g) == 0, "a view");
	for (int y = -6; y <= 6; y++) {
		for (int x = -8; x <= 8; x++) {
			memset(out, 0x55, sizeof(out));
			grey_copy(&g, (struct rect){ x, y, 4, 4 }, out);
			for (int i = 0; i < 16; i++) {
				int px = x + i % 4, py = y + i / 4;
				bool in = px >= 0 && px < W && py >= 0 && py < H;

				wrong += out[i] != (in ? luma(px, py) : 0);
			}
			wrong += out[16] != 0x55;
		}
	}
	ok(wrong == 0, "what lies outside is black, at every side");
	grey_copy(&g, (struct rect){ INT_MAX, INT_MIN, 4, 4 }, out);
	grey_copy(&g, (struct rect){ INT_MIN, INT_MAX, 4, 4 }, out);
	grey_copy(&g, (struct rect){ INT_MAX, 0, 4, 4 }, out);
	grey_copy(&g, (struct rect){ INT_MIN, 0, 4, 4 }, out);
	for (int i = 0; i < 16; i++)
		wrong += out[i] != 0;
	ok(wrong == 0, "… however far away");
	memset(out, 0x55, sizeof(out));
	grey_copy(&g, (struct rect){ 0, 0, 0, 4 }, out);
	grey_copy(&g, (struct rect){ 0, 0, -1, 4 }, out);
	grey_copy(&g, (struct rect){ 0, 0, 4, -1 }, out);
	ok(out[0] == 0x55, "an empty rectangle is nothing");
}

static void test_limited(void)
{
	uint8_t in[256], out[256];
	struct grey g = { .width = 256, .height = 1, .data = in, .step = 1, .limited = true };
	int wrong = 0;

	for (int i = 0; i < 256; i++)
		in[i] = (uint8_t) i;
	grey_copy(&g, (struct rect){ 0, 0, 256, 1 }, out);
	for (int i = 0; i < 256; i++)
		wrong += out[i] != CLAMP((2 * 255 * (i - 16) + 219) / (2 * 219), 0, 255);
	ok(wrong == 0 && out[0] == 0 && out[16] == 0 && out[235] == 255 && out[255] == 255,
		"limited range is stretched");
}

static void test_rgb(void)
{
	struct sample s;
	uint8_t rgb[W * H], bgr[W * H], grey[W * H];
	int wrong = 0;

	fill(&s, PIXEL_RGB24);
	s.frame.stride[0] = 3 * W + 1;
	for (size_t i = 0; i < sizeof(s.data); i++)
		s.data[i] = (uint8_t) (i * 37 + i / 7 * 11);
	ok(grey_from_rgb(&s.frame, rgb) == 0, "RGB24 becomes grey");
	for (int i = 0; i < W * H; i++) {
		uint8_t *p = s.data + i / W * s.frame.stride[0] + i % W * 3, c = p[0];

		wrong += rgb[i] != (19595 * p[0] + 38470 * p[1] + 7471 * p[2] + 32768) / 65536;
		p[0] = p[2];
		p[2] = c;
	}
	ok(wrong == 0, "… with the weights of Rec. 601, rounded");
	s.frame.pixel = PIXEL_BGR24;
	ok(grey_from_rgb(&s.frame, bgr) == 0 && memcmp(rgb, bgr, sizeof(rgb)) == 0,
		"BGR24 becomes the same");
	memset(s.data, 77, sizeof(s.data));
	ok(grey_from_rgb(&s.frame, grey) == 0 && grey[0] == 77 && grey[W * H - 1] == 77,
		"grey stays grey");
	s.frame.pixel = PIXEL_I420;
	ok(grey_from_rgb(&s.frame, grey) == -EINVAL, "others are refused");
}

/* The luma where it lies, else in memory that is used again. */
static void test_view(void)
{
	_cleanup_(grey_plane_deinit) struct grey_plane plane = { 0 };
	struct sample s;
	struct grey g;
	const uint8_t *kept;

	fill(&s, PIXEL_YUYV);
	ok(grey_view(&s.frame, &plane, &g) == 0 && g.data == s.data && !plane.data,
		"luma is looked at where it lies");
	fill(&s, PIXEL_RGB24);
	s.frame.stride[0] = 3 * W;
	memset(s.data, 77, sizeof(s.data));
	ok(grey_view(&s.frame, &plane, &g) == 0 && g.data == plane.data && g.width == W &&
			g.stride == W && g.step == 1 && !g.limited && g.data[W * H - 1] == 77,
		"that of RGB is made");
	kept = plane.data;
	s.frame.height--;
	ok(grey_view(&s.frame, &plane, &g) == 0 && plane.data == kept && plane.size == W * H,
		"a smaller one in the same place");
	s.frame.pixel = PIXEL_MJPEG;
	ok(grey_view(&s.frame, &plane, &g) == -EINVAL, "others are refused");
}

int main(void)
{
	test_views();
	test_refused();
	test_outside();
	test_limited();
	test_rgb();
	test_view();
	return tap_done();
}
