/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/png.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "media/picture.h"
#include "tests/tap.h"

#define WIDTH 37 /* no multiple of what a plane's rows are aligned to */
#define HEIGHT 20

static void test_round_trip(void)
{
	_cleanup_(frame_unrefp) struct frame *f = NULL;
	_cleanup_(freep) uint8_t *png = NULL;
	uint8_t pixels[WIDTH * HEIGHT];
	uint32_t palette[PNG_COLOURS];
	char why[128] = "";
	size_t size = 0;
	bool same = true;

	for (uint32_t i = 0; i < PNG_COLOURS; i++)
		palette[i] = i << 16 | (255 - i) << 8 | (i * 7 & 255);
	for (int i = 0; i < WIDTH * HEIGHT; i++)
		pixels[i] = (uint8_t) (i * 11);
	ok(png_encode(pixels, WIDTH, HEIGHT, palette, &png, &size) == 0 && size > 0, "encodes");
	ok(picture_decode(&f, png, size, why, sizeof(why)) == 0, "is a picture %s", why);
	ok(f && f->width == WIDTH && f->height == HEIGHT, "of that size");
	for (int i = 0; f && i < WIDTH * HEIGHT; i++) {
		const uint8_t *p =
			f->data[0] + (ptrdiff_t) (i / WIDTH) * f->stride[0] + i % WIDTH * 3;

		same = same && (uint32_t) (p[0] << 16 | p[1] << 8 | p[2]) == palette[pixels[i]];
	}
	ok(f && same, "each pixel has its colour");
}

int main(void)
{
	static const uint32_t palette[PNG_COLOURS];
	uint8_t *png = NULL;
	size_t size = 0;

	test_round_trip();
	ok(png_encode((const uint8_t *) "", 0, 1, palette, &png, &size) == -EINVAL && !png,
		"nothing is no picture");
	ok(png_encode((const uint8_t *) "", 1, FRAME_SIDE_MAX + 1, palette, &png, &size) ==
				-EINVAL &&
			!png,
		"one that is too high is not made");
	return tap_done();
}
