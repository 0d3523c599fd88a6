/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bars of eight colours go through the converter in every layout and are compared with what the
 * matrices say. Raw input ends at a page that may not be read, as a card's buffer may.
 */
#include "media/convert.h"

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/tap.h"

#define BARS 8

static const uint8_t colours[BARS][3] = { { 255, 255, 255 }, { 255, 255, 0 }, { 0, 255, 255 },
	{ 0, 255, 0 }, { 255, 0, 255 }, { 255, 0, 0 }, { 0, 0, 255 }, { 40, 90, 60 } };

struct picture {
	struct frame frame;
	uint8_t *map;
	size_t map_size;
};

static const uint8_t *rgb_at(int x, int width)
{
	return colours[x * BARS / width];
}

/* ITU-R BT.601 and BT.709, 8 bits. */
static void yuv_of(const uint8_t rgb[3], bool bt709, bool full, double yuv[3])
{
	double kr = bt709 ? 0.2126 : 0.299, kb = bt709 ? 0.0722 : 0.114;
	double y = kr * rgb[0] + (1 - kr - kb) * rgb[1] + kb * rgb[2];
	double u = (rgb[2] - y) / (2 * (1 - kb)), v = (rgb[0] - y) / (2 * (1 - kr));

	yuv[0] = full ? y : 16 + y * 219 / 255;
	yuv[1] = 128 + u * (full ? 1 : 224.0 / 255);
	yuv[2] = 128 + v * (full ? 1 : 224.0 / 255);
}

static uint8_t component(int x, int width, int c, const struct frame *f)
{
	double yuv[3];

	yuv_of(rgb_at(x, width), f->bt709, f->full_range, yuv);
	return (uint8_t) CLAMP(lround(yuv[c]), 0L, 255L);
}

static void put_packed(struct frame *f, uint8_t *row)
{
	int w = f->width, luma = f->pixel == PIXEL_UYVY;

	for (int x = 0; x < w; x++) {
		uint8_t *p = row + (size_t) x * 3;

		if (f->pixel == PIXEL_RGB24 || f->pixel == PIXEL_BGR24) {
			for (int c = 0; c < 3; c++)
				p[f->pixel == PIXEL_RGB24 ? c : 2 - c] = rgb_at(x, w)[c];
			continue;
		}
		row[x * 2 + luma] = component(x, w, 0, f);
		row[x * 2 + 1 - luma] = component(x / 2 * 2, w, 1 + x % 2, f);
	}
	if (w % 2 && f->pixel != PIXEL_RGB24 && f->pixel != PIXEL_BGR24)
		row[(w + 1) * 2 - 1 - luma] = component(w - 1, w, 2, f);
}

static void put_chroma(struct frame *f, uint8_t *u, uint8_t *v, int step)
{
	for (int x = 0; x < (f->width + 1) / 2; x++) {
		u[x * step] = component(x * 2, f->width, 1, f);
		v[x * step] = component(x * 2, f->width, 2, f);
	}
}

static void put_rows(struct frame *f)
{
	int cw = (f->width + 1) / 2;

	for (int y = 0; y < f->height; y++) {
		uint8_t *row = (uint8_t *) f->data[0] + (ptrdiff_t) y * f->stride[0];
		uint8_t *u;

		if (f->pixel != PIXEL_I420 && f->pixel != PIXEL_NV12 && f->pixel != PIXEL_NV16) {
			put_packed(f, row);
			continue;
		}
		u = (uint8_t *) f->data[1] +
		    (ptrdiff_t) (f->pixel == PIXEL_NV16 ? y : y / 2) * f->stride[1];
		for (int x = 0; x < f->width; x++)
			row[x] = component(x, f->width, 0, f);
		if (f->pixel == PIXEL_NV12 || f->pixel == PIXEL_NV16)
			put_chroma(f, u, u + 1, 2);
		else
			put_chroma(f, u, u + (ptrdiff_t) cw * ((f->height + 1) / 2), 1);
	}
}

/* Planes without any padding, the last byte at the end of a page. */
static void picture_make(
	struct picture *p, enum pixel pixel, int width, int height, bool full, bool bt709)
{
	size_t size = pixel_frame_size(pixel, width, height), page = 4096;
	struct frame *f = &p->frame;
	size_t cw = ((size_t) width + 1) / 2, ch = ((size_t) height + 1) / 2;

	*p = (struct picture){ .frame = { .pixel = pixel,
				       .width = width,
				       .height = height,
				       .full_range = full,
				       .bt709 = bt709,
				       .capture_usec = 11,
				       .dequeue_usec = 22,
				       .sequence = 33 } };
	atomic_init(&f->refs, 1);
	p->map_size = (size / page + 2) * page;
	p->map =
		mmap(NULL, p->map_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	(void) mprotect(p->map + p->map_size - page, page, PROT_NONE);
	f->data[0] = p->map + p->map_size - page - size;
	if (pixel == PIXEL_I420 || pixel == PIXEL_NV12 || pixel == PIXEL_NV16) {
		f->stride[0] = width;
		f->data[1] = f->data[0] + (size_t) width * (size_t) height;
		f->stride[1] = (int) (pixel == PIXEL_I420 ? cw : 2 * cw);
		if (pixel == PIXEL_I420) {
			f->data[2] = f->data[1] + cw * ch;
			f->stride[2] = (int) cw;
		}
	} else {
		f->stride[0] = (int) (size / (size_t) height);
	}
	put_rows(f);
}

static void picture_done(struct picture *p)
{
	munmap(p->map, p->map_size);
}

/* The largest difference from the formula at the middle of the bars, within a rectangle. */
static double bars_error(const struct frame *f, bool bt709, int x0, int y0, int w, int h)
{
	double worst = 0;

	for (int bar = 0; bar < BARS; bar++) {
		double yuv[3];

		yuv_of(colours[bar], bt709, false, yuv);
		for (int row = 1; row < 8; row++) {
			int x = x0 + (2 * bar + 1) * w / (2 * BARS), y = y0 + h * row / 8;

			for (int c = 0; c < 3; c++) {
				int s = c > 0;
				uint8_t v =
					f->data[c][(ptrdiff_t) (y >> s) * f->stride[c] + (x >> s)];

				worst = fmax(worst, fabs(v - yuv[c]));
			}
		}
	}
	return worst;
}

static void check_bars(enum pixel pixel, int width, int height, bool full, bool bt709,
	int out_width, int out_height)
{
	struct picture p; /* outlives the frame that may be its own */
	_cleanup_(converter_freep) struct converter *c = NULL;
	_cleanup_(frame_unrefp) struct frame *out = NULL;
	bool rgb = pixel == PIXEL_RGB24 || pixel == PIXEL_BGR24;
	bool want709 = rgb ? out_height >= 720 : bt709;
	double error = 999;
	int r;

	picture_make(&p, pixel, width, height, full, bt709);
	(void) converter_new(&c, out_width, out_height);
	r = converter_run(c, &p.frame, &out);
	if (r == 0)
		error = bars_error(out, want709, 0, 0, out_width, out_height);
	ok(r == 0 && error <= 2, "%s %dx%d%s%s to %dx%d: off by %.1f", pixel_name(pixel), width,
		height, full ? " full" : "", bt709 ? " 709" : "", out_width, out_height, error);
	ok(r == 0 && out->pixel == PIXEL_I420 && out->width == out_width &&
			out->height == out_height && !out->full_range && out->bt709 == want709 &&
			out->capture_usec == 11 && out->dequeue_usec == 22 && out->sequence == 33,
		"… with its times, limited range, BT.%d", want709 ? 709 : 601);
	picture_done(&p);
}

static void test_colours(void)
{
	for (int pixel = PIXEL_I420; pixel <= PIXEL_BGR24; pixel++) {
		bool rgb = pixel == PIXEL_RGB24 || pixel == PIXEL_BGR24;

		for (int variant = 0; variant < (rgb ? 1 : 4); variant++) {
			bool full = variant & 1, bt709 = variant & 2;

			check_bars((enum pixel) pixel, 320, 240, full, bt709, 320, 240);
			check_bars((enum pixel) pixel, 640, 480, full, bt709, 320, 240);
		}
	}
	check_bars(PIXEL_RGB24, 1280, 720, false, false, 1280, 720);
	check_bars(PIXEL_BGR24, 640, 360, false, false, 1280, 720);
	/* Odd sides: nothing may be read beyond the picture. */
	check_bars(PIXEL_I420, 639, 479, false, false, 640, 480);
	check_bars(PIXEL_NV12, 639, 479, false, false, 640, 480);
	check_bars(PIXEL_NV16, 639, 479, false, false, 640, 480);
	check_bars(PIXEL_YUYV, 639, 479, false, false, 640, 480);
	check_bars(PIXEL_UYVY, 321, 241, true, false, 320, 240);
	check_bars(PIXEL_RGB24, 639, 479, false, false, 640, 480);
	check_bars(PIXEL_BGR24, 321, 241, false, false, 320, 240);
	for (int pixel = PIXEL_I420; pixel <= PIXEL_BGR24; pixel++)
		for (int width = 322; width <= 352; width += 10)
			check_bars((enum pixel) pixel, width, 242, false, false, 336, 242);
}

/* Each row of luma of NV16 has a row of chroma of its own. */
static void test_nv16_rows(void)
{
	static const int heights[] = { 240, 239 };

	for (size_t i = 0; i < ARRAY_SIZE(heights); i++) {
		_cleanup_(converter_freep) struct converter *c = NULL;
		_cleanup_(frame_unrefp) struct frame *out = NULL;
		int h = heights[i], wrong = 0;
		struct picture p;

		picture_make(&p, PIXEL_NV16, 316, h, false, false);
		for (int y = 0; y < h; y++)
			memset((uint8_t *) p.frame.data[1] + (ptrdiff_t) y * p.frame.stride[1],
				y < h / 2 ? 60 : 200, (size_t) p.frame.stride[1]);
		(void) converter_new(&c, 320, 240);
		if (converter_run(c, &p.frame, &out) == 0)
			for (int y = 0; y < 120; y++)
				wrong += y != 59 && y != 60 &&
					 out->data[1][y * out->stride[1] + 80] !=
						 (y < 60 ? 60 : 200);
		ok(out && wrong == 0, "NV16 with %d rows: %d rows of chroma are others", h, wrong);
		picture_done(&p);
	}
}

static void test_pass_through(void)
{
	_cleanup_(converter_freep) struct converter *c = NULL;
	struct frame *out = NULL;
	struct picture p;

	picture_make(&p, PIXEL_I420, 320, 240, false, true);
	(void) converter_new(&c, 320, 240);
	ok(converter_run(c, &p.frame, &out) == 0 && out == &p.frame &&
			atomic_load(&p.frame.refs) == 2,
		"a picture that fits passes through by reference");
	frame_unref(out);
	picture_done(&p);
}

static bool all_black(const struct frame *f, int x0, int y0, int w, int h)
{
	for (int y = y0; y < y0 + h; y++)
		for (int x = x0; x < x0 + w; x++)
			if (f->data[0][y * f->stride[0] + x] != 16 ||
				f->data[1][(y / 2) * f->stride[1] + x / 2] != 128 ||
				f->data[2][(y / 2) * f->stride[2] + x / 2] != 128)
				return false;
	return true;
}

static void check_place(
	int in_width, int in_height, int out_width, int out_height, int w, int h, const char *name)
{
	_cleanup_(converter_freep) struct converter *c = NULL;
	_cleanup_(frame_unrefp) struct frame *out = NULL;
	int x = (out_width - w) / 4 * 2, y = (out_height - h) / 4 * 2;
	struct picture p;
	bool black = false;
	double error = 999;

	picture_make(&p, PIXEL_YUYV, in_width, in_height, false, false);
	(void) converter_new(&c, out_width, out_height);
	if (converter_run(c, &p.frame, &out) == 0) {
		black = all_black(out, 0, 0, out_width, y) &&
			all_black(out, 0, y + h, out_width, out_height - y - h) &&
			all_black(out, 0, y, x, h) &&
			all_black(out, x + w, y, out_width - x - w, h);
		error = bars_error(out, false, x, y, w, h);
	}
	ok(black, "%s: borders are black", name);
	ok(error <= 2 && !(out && all_black(out, x, y, 2, 2)), "… and the picture %dx%d at %d,%d",
		w, h, x, y);
	picture_done(&p);
}

static void test_place(void)
{
	check_place(640, 480, 640, 360, 480, 360, "4:3 in 16:9");
	check_place(640, 360, 640, 480, 640, 360, "16:9 in 4:3");
	check_place(720, 576, 640, 480, 600, 480, "5:4 in 4:3");
	check_place(362, 240, 320, 212, 320, 212, "within 1 %");
	check_place(16, 480, 640, 480, 16, 480, "a strip");
}

static void test_stretch(void)
{
	_cleanup_(converter_freep) struct converter *c = NULL;
	struct picture p;

	picture_make(&p, PIXEL_YUYV, 640, 480, false, false);
	(void) converter_new(&c, 640, 360);
	for (int i = 0; i < 3; i++) {
		_cleanup_(frame_unrefp) struct frame *out = NULL;
		bool stretch = i % 2 == 1;

		converter_set_stretch(c, stretch);
		if (converter_run(c, &p.frame, &out) < 0) {
			ok(false, "stretched or not: it comes out");
			continue;
		}
		ok(all_black(out, 0, 0, 80, 360) == !stretch &&
				bars_error(out, false, stretch ? 0 : 80, 0, stretch ? 640 : 480,
					360) <= 2,
			"4:3 in 16:9: %s", stretch ? "stretched" : "borders");
	}
	picture_done(&p);
}

static void test_refused(void)
{
	_cleanup_(converter_freep) struct converter *c = NULL;
	struct frame *out = NULL;
	struct picture p;

	ok(converter_new(&c, 321, 240) == -EINVAL && converter_new(&c, 320, 14) == -EINVAL &&
			converter_new(&c, 0, 0) == -EINVAL &&
			converter_new(&c, 8194, 720) == -EINVAL && !c,
		"impossible outputs are refused");
	(void) converter_new(&c, 320, 240);
	picture_make(&p, PIXEL_YUYV, 64, 48, false, false);
	p.frame.width = FRAME_SIDE_MAX + 2;
	ok(converter_run(c, &p.frame, &out) == -EINVAL, "too wide");
	p.frame.width = 64;
	p.frame.height = 1 << 30;
	ok(converter_run(c, &p.frame, &out) == -EINVAL, "too high");
	p.frame.height = 0;
	ok(converter_run(c, &p.frame, &out) == -EINVAL, "no height");
	p.frame.height = 48;
	p.frame.pixel = PIXEL_AV;
	p.frame.av_format = -1;
	ok(converter_run(c, &p.frame, &out) == -EINVAL && !out, "no such layout");
	p.frame.pixel = PIXEL_YUYV;
	ok(converter_run(c, &p.frame, &out) == 0, "… and goes on after that");
	frame_unref(out);
	picture_done(&p);
}

static void test_exhausted(void)
{
	_cleanup_(converter_freep) struct converter *c = NULL;
	struct frame *out[32] = { 0 };
	struct picture p;
	int n = 0, r;

	picture_make(&p, PIXEL_YUYV, 64, 48, false, false);
	(void) converter_new(&c, 64, 48);
	while ((r = converter_run(c, &p.frame, &out[n])) == 0 && n < 30)
		n++;
	ok(r == -ENOBUFS && n >= 3 && !out[n], "no more than %d frames are out", n);
	frame_unref(out[0]);
	ok(converter_run(c, &p.frame, &out[0]) == 0, "one given back makes room");
	c = converter_free(c);
	ok(bars_error(out[0], false, 0, 0, 64, 48) <= 2, "frames outlive the converter");
	for (int i = 0; i < n; i++)
		frame_unref(out[i]);
	picture_done(&p);
}

/* A JPEG of the bars. */
static AVPacket *jpeg_of(int width, int height, enum AVPixelFormat format)
{
	AVCodecContext *ctx = avcodec_alloc_context3(avcodec_find_encoder(AV_CODEC_ID_MJPEG));
	AVPacket *packet = av_packet_alloc();
	AVFrame *av = av_frame_alloc();
	struct frame like = { .full_range = true };
	int cv = format == AV_PIX_FMT_YUVJ420P;

	ctx->width = av->width = width;
	ctx->height = av->height = height;
	ctx->pix_fmt = format;
	av->format = format;
	ctx->time_base = (AVRational){ 1, 30 };
	ctx->flags |= AV_CODEC_FLAG_QSCALE;
	ctx->global_quality = av->quality = 2 * FF_QP2LAMBDA;
	(void) avcodec_open2(ctx, NULL, NULL);
	(void) av_frame_get_buffer(av, 0);
	for (int c = 0; c < 3; c++)
		for (int y = 0; y < (c && cv ? (height + 1) / 2 : height); y++)
			for (int x = 0; x < (c ? (width + 1) / 2 : width); x++)
				av->data[c][y * av->linesize[c] + x] =
					component(c ? x * 2 : x, width, c, &like);
	(void) avcodec_send_frame(ctx, av);
	(void) avcodec_receive_packet(ctx, packet);
	av_frame_free(&av);
	avcodec_free_context(&ctx);
	return packet;
}

static int run_jpeg(struct converter *c, const uint8_t *data, size_t size, struct frame **ret)
{
	struct frame in = { .pixel = PIXEL_MJPEG,
		.width = 1,
		.height = 1,
		.data = { data },
		.size = size,
		.capture_usec = 44 };

	atomic_init(&in.refs, 1);
	return converter_run(c, &in, ret);
}

static void check_jpeg(
	struct converter *c, enum AVPixelFormat format, int width, int height, const char *name)
{
	_cleanup_(frame_unrefp) struct frame *out = NULL;
	AVPacket *packet = jpeg_of(width, height, format);
	double error = 999;

	if (run_jpeg(c, packet->data, (size_t) packet->size, &out) == 0)
		error = bars_error(out, false, 0, 0, 640, 480);
	ok(error <= 2 && out->capture_usec == 44, "a JPEG %s, %dx%d: off by %.1f", name, width,
		height, error);
	av_packet_free(&packet);
}

static bool refuses_jpeg(struct converter *c, const uint8_t *data, size_t size)
{
	struct frame *out = NULL;
	int r = run_jpeg(c, data, size, &out);

	frame_unref(out);
	return r == -EBADMSG && !out;
}

static void test_broken_jpeg(struct converter *c)
{
	AVPacket *packet = jpeg_of(640, 480, AV_PIX_FMT_YUVJ422P);
	size_t size = (size_t) packet->size;
	uint8_t *copy = malloc(size), *data = packet->data;
	bool good = true;

	for (int part = 0; part < 32; part++)
		good = good && refuses_jpeg(c, data, size * (size_t) part / 32);
	ok(good, "one cut off anywhere is refused");
	memset(copy, 0, size);
	ok(refuses_jpeg(c, copy, size), "zeroes are refused");
	memcpy(copy, data, size);
	memset(copy + size / 2, 0xff, size / 8);
	ok(refuses_jpeg(c, copy, size), "a hole in the middle is refused");
	/* SOF0: marker, length, precision, height, width */
	memcpy(copy, data, size);
	for (size_t i = 0; i + 9 < size; i++)
		if (copy[i] == 0xff && copy[i + 1] == 0xc0)
			memset(copy + i + 5, 0xff, 4);
	ok(refuses_jpeg(c, copy, size), "one of 65535x65535 is refused");
	ok(refuses_jpeg(c, data, SIZE_MAX / 2), "a size that cannot be is refused");
	check_jpeg(c, AV_PIX_FMT_YUVJ422P, 640, 480, "after broken ones");
	free(copy);
	av_packet_free(&packet);
}

static void test_jpeg(void)
{
	_cleanup_(converter_freep) struct converter *c = NULL;

	(void) converter_new(&c, 640, 480);
	check_jpeg(c, AV_PIX_FMT_YUVJ420P, 640, 480, "4:2:0");
	check_jpeg(c, AV_PIX_FMT_YUVJ422P, 640, 480, "4:2:2");
	check_jpeg(c, AV_PIX_FMT_YUVJ420P, 320, 240, "of another size");
	check_jpeg(c, AV_PIX_FMT_YUVJ422P, 641, 479, "with odd sides");
	test_broken_jpeg(c);
}

/* A card that changes its mind. */
static void test_changes(void)
{
	static const struct {
		enum pixel pixel;
		int width, height;
	} steps[] = { { PIXEL_YUYV, 640, 480 }, { PIXEL_YUYV, 320, 240 }, { PIXEL_NV12, 320, 240 },
		{ PIXEL_RGB24, 800, 600 }, { PIXEL_I420, 640, 480 }, { PIXEL_I420, 1280, 960 },
		{ PIXEL_YUYV, 640, 480 } };
	_cleanup_(converter_freep) struct converter *c = NULL;
	bool good = true;

	(void) converter_new(&c, 640, 480);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		_cleanup_(frame_unrefp) struct frame *out = NULL;
		struct picture p;

		picture_make(&p, steps[i].pixel, steps[i].width, steps[i].height, false, false);
		good = good && converter_run(c, &p.frame, &out) == 0 &&
		       bars_error(out, false, 0, 0, 640, 480) <= 2;
		out = frame_unref(out);
		picture_done(&p);
	}
	ok(good, "size and layout may change from picture to picture");
}

int main(void)
{
	av_log_set_level(AV_LOG_QUIET);
	test_colours();
	test_nv16_rows();
	test_pass_through();
	test_place();
	test_stretch();
	test_refused();
	test_exhausted();
	test_jpeg();
	test_changes();
	return tap_done();
}
