/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/placeholder.h"

#include <stdbool.h>
#include <string.h>

#include "common/usec.h"
#include "tests/tap.h"

#define SECOND USEC_PER_SEC

static uint32_t hash(const struct frame *f)
{
	uint32_t h = 2166136261;

	for (int y = 0; y < f->height; y++)
		for (int x = 0; x < f->width; x++)
			h = (h ^ f->data[0][(ptrdiff_t) y * f->stride[0] + x]) * 16777619;
	return h;
}

static uint32_t shown(struct placeholder *p, const char *title, const char *reason, uint64_t now)
{
	_cleanup_(frame_unrefp) struct frame *f =
		placeholder_frame(p, title, reason, 1000 * SECOND, now);

	return f ? hash(f) : 0;
}

/* Dark all over, with some bright dots, none of which touch the left and right edge. */
static void test_look(int width, int height)
{
	_cleanup_(placeholder_freep) struct placeholder *p = NULL;
	_cleanup_(frame_unrefp) struct frame *f = NULL;
	int dark = 0, bright = 0, cut = 0;

	if (placeholder_new(&p, width, height) == 0)
		f = placeholder_frame(p, "egm-streamer game",
			"no device /dev/v4l/by-id/usb-MACROSILICON_USB_Video-video-index0 "
			"(unplugged?)",
			usec_now() - 3725 * SECOND, usec_now());
	ok(f && f->pixel == PIXEL_I420 && f->width == width && f->height == height, "%dx%d", width,
		height);
	if (!f)
		return;
	for (int y = 0; y < height; y++) {
		const uint8_t *row = f->data[0] + (ptrdiff_t) y * f->stride[0];

		for (int x = 0; x < width; x++) {
			dark += row[x] == 40;
			bright += row[x] >= 140;
		}
		cut += row[0] != 40 || row[width - 1] != 40;
	}
	ok(dark > width * height * 6 / 10, "%dx%d: dark, not black", width, height);
	ok(bright > width * height / 100, "%dx%d: with text", width, height);
	ok(cut == 0, "%dx%d: that fits", width, height);
}

static void test_redraw(struct placeholder *p)
{
	uint64_t now = usec_now();
	uint32_t first = shown(p, "title", "reason", now), again, other;

	ok(first != 0 && first == shown(p, "title", "reason", now), "the same shows the same");
	again = shown(p, "title", "reason", now + SECOND);
	ok(again != first, "a second later the clock has moved");
	other = shown(p, "title", "no signal on the other input, which is a longer story", now);
	ok(other != first && other != again, "another reason shows");
	ok(shown(p, "title", "reason", now) == first, "and leaves no trace");
}

static void test_limit(struct placeholder *p)
{
	struct frame *f[32] = { 0 };
	int n = 0;

	while (n < 32 && (f[n] = placeholder_frame(p, "t", "r", 0, usec_now())))
		n++;
	ok(n >= 4 && n < 32, "no more than a few frames are out at once");
	while (n > 0)
		frame_unref(f[--n]);
	ok(shown(p, "t", "r", usec_now()) != 0, "and they come back");
}

int main(void)
{
	_cleanup_(placeholder_freep) struct placeholder *p = NULL;
	char endless[4096];

	test_look(320, 180);
	test_look(640, 480);
	test_look(1920, 1080);
	test_look(720, 1280);
	ok(placeholder_new(&p, 0, 100) == -EINVAL && !p, "no size, no placeholder");
	ok(placeholder_new(&p, 640, 360) == 0, "opens");
	test_redraw(p);
	test_limit(p);
	memset(endless, 'x', sizeof(endless) - 1);
	endless[sizeof(endless) - 1] = 0;
	ok(shown(p, endless, endless, usec_now()) != 0, "endless texts are cut");
	p = placeholder_free(p);
	ok(placeholder_new(&p, 16, 16) == 0 && shown(p, "title", "reason", 0) != 0,
		"a tiny picture does not break it");
	return tap_done();
}
