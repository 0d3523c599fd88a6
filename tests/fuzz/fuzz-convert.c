/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a card's JPEG. It is either a picture of the output's size or a refusal, and the
 * converter goes on with a good picture afterwards.
 */
#include <errno.h>
#include <libavutil/log.h>

#include "media/convert.h"
#include "tests/fuzz/fuzz.h"

#define WIDTH 64
#define HEIGHT 48

/* All of the pixels are read, so that a sanitizer sees what was never written. */
static void look_at(const struct frame *f)
{
	unsigned sum = 0;

	for (int i = 0; i < 3; i++)
		for (int y = 0; y < HEIGHT >> (i > 0); y++)
			for (int x = 0; x < WIDTH >> (i > 0); x++)
				sum += f->data[i][y * f->stride[i] + x];
	must(f->pixel == PIXEL_I420 && f->width == WIDTH && f->height == HEIGHT && !f->full_range);
	must(sum <= 255 * WIDTH * HEIGHT * 3 / 2);
}

static void run_good(struct converter *c)
{
	static uint8_t pixels[32 * 24 * 2];
	struct frame in = {
		.pixel = PIXEL_YUYV, .width = 32, .height = 24, .data = { pixels }, .stride = { 64 }
	};
	_cleanup_(frame_unrefp) struct frame *out = NULL;

	atomic_init(&in.refs, 1);
	must(converter_run(c, &in, &out) == 0);
	look_at(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame in = { .pixel = PIXEL_MJPEG,
		.width = WIDTH,
		.height = HEIGHT,
		.data = { data },
		.size = size };
	_cleanup_(converter_freep) struct converter *c = NULL;

	av_log_set_level(AV_LOG_QUIET);
	atomic_init(&in.refs, 1);
	must(converter_new(&c, WIDTH, HEIGHT) == 0);
	for (int twice = 0; twice < 2; twice++) {
		_cleanup_(frame_unrefp) struct frame *out = NULL;
		int r = converter_run(c, &in, &out);

		must(r == 0 || r == -EBADMSG || r == -EINVAL || r == -ENOMEM);
		must((r == 0) == (out != NULL));
		if (out)
			look_at(out);
	}
	run_good(c);
	must(atomic_load(&in.refs) == 1);
	return 0;
}
