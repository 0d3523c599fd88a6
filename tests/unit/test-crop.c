/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/crop.h"

#include <errno.h>
#include <string.h>

#include "tests/tap.h"

#define W 200
#define H 100

static uint8_t luma[H][2 * W];
static uint32_t seed = 1;

static const struct rect middle = { 60, 40, 80, 20 };

static struct grey view(void)
{
	return (struct grey){ .width = W,
		.height = H,
		.data = luma[0],
		.stride = sizeof(luma[0]),
		.step = 2,
		.limited = true };
}

/* A dark ground with noise of so many levels. */
static void paint(int noise)
{
	for (int y = 0; y < H; y++)
		for (int x = 0; x < W; x++) {
			seed = seed * 1664525 + 1013904223;
			luma[y][2 * x] =
				(uint8_t) (60 + (int) (seed >> 16) % (2 * noise + 1) - noise);
			luma[y][2 * x + 1] = 255;
		}
}

static void paint_box(int x0, int y0, int w, int h)
{
	for (int y = y0; y < y0 + h; y++)
		for (int x = x0; x < x0 + w; x++)
			luma[y][2 * x] = 220;
}

static void test_take(void)
{
	struct crop c = { 0 }, copy = { 0 };
	struct grey g = view();
	bool same = true;

	paint(20);
	ok(crop_take(&c, &g, middle) == 0 && c.picture.limited && c.picture.step == 1, "a crop");
	ok(c.rect.w == middle.w && c.rect.h == middle.h && c.picture.width > middle.w &&
			c.picture.height > middle.h,
		"with something around it");
	for (int y = 0; y < middle.h; y++)
		for (int x = 0; x < middle.w; x++)
			same = same && c.pixels[(c.rect.y + y) * c.picture.stride + c.rect.x + x] ==
					       luma[middle.y + y][2 * (middle.x + x)];
	ok(same, "is what it was cut from");
	ok(crop_copy(&copy, &c) == 0 && copy.pixels != c.pixels &&
			memcmp(copy.pixels, c.pixels,
				(size_t) c.picture.width * (size_t) c.picture.height) == 0 &&
			!crop_differs(&copy, &c),
		"and so is its copy");
	ok(crop_take(&c, &g, (struct rect){ -5, -5, 20, 20 }) == 0 && c.rect.x < 0 && c.rect.y < 0,
		"it may reach beyond the picture");
	ok(crop_take(&c, &g, (struct rect){ W, 0, 20, 20 }) == -EFBIG &&
			crop_take(&c, &g, (struct rect){ 0, 0, 0, 20 }) == -EFBIG &&
			crop_take(&c, &g, (struct rect){ -50, 0, 20, 20 }) == -EFBIG &&
			crop_take(&c, &g, (struct rect){ 0, 0, CROP_SIDE_MAX + 1, 20 }) == -EFBIG,
		"but not lie outside, or be huge");
	ok(crop_differs(&c, &copy), "crops of different sizes differ");
	crop_deinit(&c);
	crop_deinit(&copy);
	ok(crop_differs(&c, &copy), "and so do empty ones");
}

static void test_differs(void)
{
	struct crop a = { 0 }, b = { 0 };
	struct grey g = view();

	paint(25);
	(void) crop_take(&a, &g, middle);
	paint(25);
	(void) crop_take(&b, &g, middle);
	ok(!crop_differs(&a, &b), "noise is no difference");
	paint(25);
	paint_box(90, 45, 3, 6);
	(void) crop_take(&b, &g, middle);
	ok(crop_differs(&a, &b) && crop_differs(&b, &a), "a stroke is one");
	crop_deinit(&a);
	crop_deinit(&b);
}

int main(void)
{
	test_take();
	test_differs();
	return tap_done();
}
