/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The negotiation with the tables of real cards, and the small checks on buffers. */
#include "capture/v4l2-format.h"

#include <errno.h>
#include <string.h>

#include "common/usec.h"
#include "tests/tap.h"

#define FPS(n)       \
	{            \
		1, n \
	}
#define MODE(fmt, pix, w, h, fps)                                         \
	{                                                                 \
		V4L2_PIX_FMT_##fmt, PIXEL_##pix, w, h, FPS(fps), FPS(fps) \
	}
#define YUYV(w, h, fps) MODE(YUYV, YUYV, w, h, fps)
#define MJPG(w, h, fps) MODE(MJPEG, MJPEG, w, h, fps)
#define H264(w, h, fps) MODE(H264, H264, w, h, fps)

/* A common HDMI grabber on USB 2. */
static const struct v4l2_mode ms2109[] = {
	MJPG(1920, 1080, 30),
	MJPG(1920, 1080, 25),
	MJPG(1600, 1200, 30),
	MJPG(1360, 768, 30),
	MJPG(1280, 1024, 30),
	MJPG(1280, 960, 50),
	MJPG(1280, 720, 60),
	MJPG(1280, 720, 50),
	MJPG(1280, 720, 30),
	MJPG(1024, 768, 60),
	MJPG(800, 600, 60),
	MJPG(720, 576, 60),
	MJPG(720, 480, 60),
	MJPG(640, 480, 60),
	YUYV(1920, 1080, 5),
	YUYV(1280, 1024, 8),
	YUYV(1280, 720, 10),
	YUYV(1024, 768, 10),
	YUYV(800, 600, 20),
	YUYV(720, 576, 25),
	YUYV(720, 480, 30),
	YUYV(640, 480, 30),
};

/* A card that can encode. */
static const struct v4l2_mode encoding[] = {
	H264(1920, 1080, 60),
	H264(1920, 1080, 30),
	H264(1280, 720, 60),
	MJPG(1920, 1080, 30),
	MJPG(1280, 720, 30),
	MJPG(1280, 720, 25),
	MJPG(640, 480, 30),
	YUYV(1280, 720, 10),
	YUYV(640, 480, 30),
};

/* A webcam without MJPEG. */
static const struct v4l2_mode webcam[] = {
	YUYV(640, 480, 30),
	YUYV(640, 480, 15),
	YUYV(320, 240, 30),
	YUYV(160, 120, 30),
	YUYV(1280, 720, 10),
};

/* Many raw formats, ranges of rates. */
static const struct v4l2_mode virtual[] = {
	{ V4L2_PIX_FMT_RGB24, PIXEL_RGB24, 640, 360, FPS(30), FPS(1) },
	{ V4L2_PIX_FMT_UYVY, PIXEL_UYVY, 640, 360, FPS(30), FPS(1) },
	{ V4L2_PIX_FMT_YUYV, PIXEL_YUYV, 640, 360, FPS(30), FPS(1) },
	{ V4L2_PIX_FMT_YUV420, PIXEL_I420, 640, 360, FPS(30), FPS(1) },
	{ V4L2_PIX_FMT_NV12, PIXEL_NV12, 640, 360, FPS(30), FPS(1) },
	{ V4L2_PIX_FMT_MJPEG, PIXEL_MJPEG, 640, 360, FPS(60), FPS(1) },
};

/* An HDMI receiver: the timings fix size and rate, so none are listed. */
static const struct v4l2_mode hdmi[] = {
	{ V4L2_PIX_FMT_RGB24, PIXEL_RGB24, 0, 0, { 0, 0 }, { 0, 0 } },
	{ V4L2_PIX_FMT_UYVY, PIXEL_UYVY, 0, 0, { 0, 0 }, { 0, 0 } },
};

static const struct v4l2_mode ntsc[] = {
	{ V4L2_PIX_FMT_YUYV, PIXEL_YUYV, 1280, 720, { 1001, 30000 }, { 1001, 30000 } },
	MJPG(1280, 720, 30),
};

/* Too slow at the wanted size. */
static const struct v4l2_mode slow[] = {
	YUYV(640, 480, 15),
	YUYV(1280, 960, 30),
	YUYV(320, 240, 60),
};

struct expected {
	const struct v4l2_mode *modes;
	size_t n;
	int width, height, rate;
	enum pixel want; /* _PIXEL_MAX: auto */
	enum pixel pixel;
	int got_width, got_height, got_rate; /* 0: not looked at */
	const char *what;
};

#define CARD(card) card, ARRAY_SIZE(card)
#define AUTO _PIXEL_MAX

static const struct expected table[] = {
	{ CARD(ms2109), 1920, 1080, 30, AUTO, PIXEL_MJPEG, 1920, 1080, 30,
		"raw is too slow, so MJPEG" },
	{ CARD(ms2109), 1920, 1080, 25, AUTO, PIXEL_MJPEG, 1920, 1080, 25, "no more than needed" },
	{ CARD(ms2109), 1920, 1080, 5, AUTO, PIXEL_YUYV, 1920, 1080, 5, "raw is fast enough" },
	{ CARD(ms2109), 1280, 720, 30, AUTO, PIXEL_MJPEG, 1280, 720, 30, "720p30" },
	{ CARD(ms2109), 1280, 720, 60, AUTO, PIXEL_MJPEG, 1280, 720, 60, "720p60" },
	{ CARD(ms2109), 1280, 720, 10, AUTO, PIXEL_YUYV, 1280, 720, 10, "720p10 raw" },
	{ CARD(ms2109), 640, 480, 30, AUTO, PIXEL_YUYV, 640, 480, 30, "VGA raw" },
	{ CARD(ms2109), 640, 480, 60, AUTO, PIXEL_MJPEG, 640, 480, 60, "VGA60 compressed" },
	{ CARD(ms2109), 1920, 1080, 60, AUTO, PIXEL_MJPEG, 1920, 1080, 30,
		"nothing is fast enough: the size stays, the fastest of it" },
	{ CARD(ms2109), 1920, 1080, 30, PIXEL_YUYV, PIXEL_YUYV, 1920, 1080, 5,
		"the format that was asked for" },
	{ CARD(ms2109), 960, 540, 30, AUTO, PIXEL_MJPEG, 1280, 720, 30,
		"larger with the same shape" },
	{ CARD(ms2109), 700, 440, 30, AUTO, PIXEL_YUYV, 720, 480, 30, "the next larger" },
	{ CARD(ms2109), 2560, 1440, 30, AUTO, PIXEL_MJPEG, 1920, 1080, 30, "the largest" },
	{ CARD(ms2109), 0, 0, 30, AUTO, PIXEL_MJPEG, 1920, 1080, 30, "no size wanted" },
	{ CARD(webcam), 320, 240, 30, AUTO, PIXEL_YUYV, 320, 240, 30, "webcam, exact" },
	{ CARD(webcam), 640, 480, 15, AUTO, PIXEL_YUYV, 640, 480, 15, "webcam, half rate" },
	{ CARD(webcam), 1280, 720, 30, AUTO, PIXEL_YUYV, 1280, 720, 10,
		"the rate is given up before the size" },
	{ CARD(webcam), 352, 288, 30, AUTO, PIXEL_YUYV, 640, 480, 30, "larger and fast enough" },
	{ CARD(slow), 640, 480, 30, AUTO, PIXEL_YUYV, 1280, 960, 30,
		"larger and fast enough before exact and too slow" },
	{ CARD(slow), 640, 480, 60, AUTO, PIXEL_YUYV, 640, 480, 15,
		"exact and too slow before smaller and fast enough" },
	{ CARD(virtual), 640, 360, 30, AUTO, PIXEL_NV12, 640, 360, 30, "NV12 is cheapest" },
	{ CARD(virtual), 640, 360, 25, AUTO, PIXEL_NV12, 640, 360, 25, "a rate out of a range" },
	{ CARD(virtual), 640, 360, 60, AUTO, PIXEL_MJPEG, 640, 360, 60, "MJPEG for speed" },
	{ CARD(virtual), 640, 360, 30, PIXEL_RGB24, PIXEL_RGB24, 640, 360, 30, "RGB asked for" },
	{ virtual, 3, 640, 360, 30, AUTO, PIXEL_YUYV, 640, 360, 30, "YUYV before UYVY" },
	{ virtual, 2, 640, 360, 30, AUTO, PIXEL_UYVY, 640, 360, 30, "UYVY before RGB" },
	{ CARD(hdmi), 1920, 1080, 60, AUTO, PIXEL_UYVY, 1920, 1080, 60, "nothing listed" },
	{ CARD(ntsc), 1280, 720, 30, AUTO, PIXEL_YUYV, 1280, 720, 0, "29.97 serves for 30" },
	{ CARD(ntsc), 1280, 720, 60, AUTO, PIXEL_MJPEG, 1280, 720, 30, "30 is more than 29.97" },
};

static void test_choose(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		const struct expected *e = &table[i];
		struct video_want want = { .width = e->width,
			.height = e->height,
			.rate_num = e->rate,
			.rate_den = 1,
			.format = e->want == AUTO ? 0 : e->want,
			.format_auto = e->want == AUTO };
		struct v4l2_choice c = { 0 };
		int r = v4l2_choose(e->modes, e->n, &want, &c);

		ok(r == 0 && c.pixel == e->pixel && c.width == e->got_width &&
				c.height == e->got_height &&
				(e->got_rate == 0 ||
					v4l2_millirate(&c.interval) == e->got_rate * 1000),
			"%s: %s %dx%d at %lld ‰", e->what, pixel_name(c.pixel), c.width, c.height,
			(long long) v4l2_millirate(&c.interval));
	}
}

/* What is had when the card's own encoder is as good as ours, and when it is not. */
static void test_choose_coded(void)
{
	static const struct {
		int width, height, rate;
		enum pixel plain, coded;
		const char *what;
	} rows[] = {
		{ 1920, 1080, 30, PIXEL_MJPEG, PIXEL_H264, "the same picture" },
		{ 1920, 1080, 60, PIXEL_H264, PIXEL_H264, "fast enough is only this" },
		{ 1280, 720, 30, PIXEL_MJPEG, PIXEL_MJPEG, "some would be thrown away" },
		{ 1280, 720, 10, PIXEL_YUYV, PIXEL_YUYV, "most would be" },
		{ 1600, 900, 30, PIXEL_MJPEG, PIXEL_MJPEG, "it would have to be scaled" },
		{ 640, 480, 30, PIXEL_YUYV, PIXEL_YUYV, "it has no such size" },
		{ 0, 0, 30, PIXEL_MJPEG, PIXEL_H264, "whatever size there is" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct video_want want = { .width = rows[i].width,
			.height = rows[i].height,
			.rate_num = rows[i].rate,
			.rate_den = 1,
			.format = PIXEL_MJPEG,
			.format_auto = true };
		struct v4l2_choice plain, coded, asked;

		(void) v4l2_choose(CARD(encoding), &want, &plain);
		want.coded = true;
		(void) v4l2_choose(CARD(encoding), &want, &coded);
		want.format_auto = false;
		(void) v4l2_choose(CARD(encoding), &want, &asked);
		ok(plain.pixel == rows[i].plain && coded.pixel == rows[i].coded &&
				asked.pixel == PIXEL_MJPEG && plain.width == coded.width,
			"%s: %s, and %s where that is wanted", rows[i].what,
			pixel_name(plain.pixel), pixel_name(coded.pixel));
	}
}

static void test_choose_nothing(void)
{
	struct video_want want = { .format = PIXEL_NV12 };
	struct v4l2_choice c = { .width = 1 };

	ok(v4l2_choose(ms2109, ARRAY_SIZE(ms2109), &want, &c) == -ENOENT && c.width == 1,
		"a format that is not there");
	want.format_auto = true;
	ok(v4l2_choose(NULL, 0, &want, &c) == -ENOENT, "a card without modes");
	ok(v4l2_choose(hdmi, ARRAY_SIZE(hdmi), &want, &c) == 0 && c.width == 0 &&
			c.interval.numerator == 0,
		"nothing wanted, nothing listed: left to the driver");
	ok(v4l2_choose(virtual, ARRAY_SIZE(virtual), &want, &c) == 0 &&
			v4l2_millirate(&c.interval) == 60000,
		"no rate wanted: the fastest");
}

static void test_snap(void)
{
	const struct v4l2_frmsize_stepwise range = { 48, 1920, 16, 32, 1080, 8 };
	const struct v4l2_frmsize_stepwise free = { 2, 8192, 1, 1, 8192, 1 };
	const struct v4l2_frmsize_stepwise huge = { 2, 1U << 31, 0, 1, 1U << 31, 0 };
	int w, h;

	v4l2_size_snap(&range, 1280, 720, &w, &h);
	ok(w == 1280 && h == 720, "on the steps: %dx%d", w, h);
	v4l2_size_snap(&range, 1281, 721, &w, &h);
	ok(w == 1296 && h == 728, "up to the next step: %dx%d", w, h);
	v4l2_size_snap(&range, 4000, 3000, &w, &h);
	ok(w == 1920 && h == 1080, "not above the largest: %dx%d", w, h);
	v4l2_size_snap(&range, 10, 10, &w, &h);
	ok(w == 48 && h == 32, "not below the smallest: %dx%d", w, h);
	v4l2_size_snap(&range, 0, 0, &w, &h);
	ok(w == 1920 && h == 1080, "as large as there is: %dx%d", w, h);
	v4l2_size_snap(&free, 1279, 719, &w, &h);
	ok(w == 1279 && h == 719, "continuous: %dx%d", w, h);
	v4l2_size_snap(&huge, 0, 100, &w, &h);
	ok(w == FRAME_SIDE_MAX && h == 100, "a range without sense is cut: %dx%d", w, h);
}

static void test_layout(void)
{
	struct v4l2_layout l;

	ok(v4l2_layout_make(PIXEL_YUYV, 640, 480, 0, &l) == 0 && l.planes == 1 &&
			l.stride[0] == 1280 && l.size == 614400,
		"YUYV, the driver says no stride");
	ok(v4l2_layout_make(PIXEL_YUYV, 640, 480, 1344, &l) == 0 && l.stride[0] == 1344 &&
			l.size == 1344 * 480,
		"YUYV with padding");
	ok(v4l2_layout_make(PIXEL_NV12, 1920, 1080, 2048, &l) == 0 && l.planes == 2 &&
			l.offset[1] == 2048 * 1080 && l.stride[1] == 2048 && l.size == 2048 * 1620,
		"NV12 with padding");
	ok(v4l2_layout_make(PIXEL_NV16, 1920, 1080, 2048, &l) == 0 && l.planes == 2 &&
			l.offset[1] == 2048 * 1080 && l.stride[1] == 2048 && l.size == 2048 * 2160,
		"NV16 with padding");
	ok(v4l2_layout_make(PIXEL_I420, 322, 242, 0, &l) == 0 && l.planes == 3 &&
			l.stride[1] == 161 && l.offset[2] == 322 * 242 + 161 * 121 &&
			l.size == pixel_frame_size(PIXEL_I420, 322, 242),
		"YU12 of an odd half");
	ok(v4l2_layout_make(PIXEL_BGR24, 100, 50, 100, &l) == 0 && l.stride[0] == 300,
		"a stride too small to be true");
	ok(v4l2_layout_make(PIXEL_MJPEG, 1280, 720, 0, &l) == 0 && l.planes == 1 && l.size == 0,
		"MJPEG has none");
	ok(v4l2_layout_make(PIXEL_H264, 1280, 720, 0, &l) == 0 && l.planes == 1 && l.size == 0 &&
			l.blocks == 1 && l.block_size[0] == 0,
		"nor has H.264");
	ok(v4l2_layout_make(PIXEL_YUYV, 0, 480, 0, &l) == -EINVAL &&
			v4l2_layout_make(PIXEL_YUYV, 9000, 480, 0, &l) == -EINVAL &&
			v4l2_layout_make(PIXEL_YUYV, 640, 480, 1U << 30, &l) == -EINVAL &&
			v4l2_layout_make(PIXEL_AV, 640, 480, 0, &l) == -EINVAL,
		"sizes that cannot be");
}

static void test_split(void)
{
	const uint32_t nv16[FRAME_PLANES] = { 2048, 2112 }, i420[FRAME_PLANES] = { 0, 0, 400 };
	const uint32_t mad[FRAME_PLANES] = { 640, 1U << 30 };
	struct v4l2_layout l;

	ok(v4l2_layout_split(PIXEL_NV16, 1920, 1080, nv16, &l) == 0 && l.blocks == 2 &&
			l.offset[1] == 0 && l.stride[0] == 2048 && l.stride[1] == 2112 &&
			l.block_size[0] == 2048 * 1080 && l.block_size[1] == 2112 * 1080,
		"NV16 in two blocks, each with padding of its own");
	ok(v4l2_layout_split(PIXEL_I420, 642, 483, i420, &l) == 0 && l.blocks == 3 &&
			l.stride[1] == 321 && l.stride[2] == 400 && l.block_size[1] == 321 * 242 &&
			l.block_size[2] == 400 * 242 && l.size == 642 * 483 + 721 * 242,
		"YU12 in three");
	ok(v4l2_layout_split(PIXEL_NV12, 640, 480, mad, &l) == -EINVAL &&
			v4l2_layout_split(PIXEL_NV12, 0, 480, nv16, &l) == -EINVAL,
		"what cannot be");
	ok(v4l2_layout_make(PIXEL_NV12, 640, 480, 0, &l) == 0 && l.blocks == 1 &&
			l.block_size[0] == l.size,
		"in one block it is all of it");
}

/* What is tried one after the other while the bus has no room. */
static void test_cheaper(void)
{
	const struct video_want hd = { .width = 1280,
		.height = 720,
		.rate_num = 10,
		.rate_den = 1,
		.format = PIXEL_YUYV,
		.format_auto = true };
	const struct video_want vga = { .width = 640,
		.height = 480,
		.rate_num = 30,
		.rate_den = 1,
		.format = PIXEL_YUYV,
		.format_auto = false };
	const struct video_want range = { .width = 640,
		.height = 360,
		.rate_num = 30,
		.rate_den = 1,
		.format = PIXEL_MJPEG,
		.format_auto = true };
	struct v4l2_choice c;
	int n = 0;

	ok(v4l2_choose(CARD(ms2109), &hd, &c) == 0 && c.pixel == PIXEL_YUYV, "raw 720p10");
	ok(v4l2_choose_cheaper(CARD(ms2109), &hd, false, &c, &c) == 0 && c.pixel == PIXEL_MJPEG &&
			c.width == 1280 && c.interval.denominator == 30,
		"compressed");
	ok(v4l2_choose_cheaper(CARD(ms2109), &hd, false, &c, &c) == -ENOENT,
		"its slowest rate, and the size was asked for: nothing else");
	ok(v4l2_choose_cheaper(CARD(ms2109), &hd, true, &c, &c) == 0 && c.width == 1024,
		"else the next smaller one");

	ok(v4l2_choose(CARD(webcam), &vga, &c) == 0 && c.interval.denominator == 30, "webcam");
	ok(v4l2_choose_cheaper(CARD(webcam), &vga, true, &c, &c) == 0 && c.width == 640 &&
			c.interval.denominator == 15,
		"the rate before the size");
	ok(v4l2_choose_cheaper(CARD(webcam), &vga, true, &c, &c) == 0 && c.width == 320 &&
			c.interval.denominator == 30,
		"then the size");

	ok(v4l2_choose(CARD(virtual), &range, &c) == 0, "a range of rates");
	while (v4l2_choose_cheaper(CARD(virtual), &range, false, &c, &c) == 0 && n < 20)
		n++;
	ok(n >= 4 && n < 10 && c.pixel == PIXEL_MJPEG && v4l2_millirate(&c.interval) == 1000,
		"is gone through by halves (%d steps)", n);
	ok(v4l2_choose(CARD(hdmi), &range, &c) == 0 &&
			v4l2_choose_cheaper(CARD(hdmi), &range, true, &c, &c) == -ENOENT,
		"a receiver has nothing cheaper");

	c = (struct v4l2_choice){ V4L2_PIX_FMT_YUYV, PIXEL_YUYV, 1280, 720, FPS(10) };
	ok(v4l2_choose_cheaper(CARD(encoding), &hd, false, &c, &c) == 0 && c.pixel == PIXEL_MJPEG,
		"MJPEG before H.264");
	ok(v4l2_choose_cheaper(CARD(encoding), &hd, false, &c, &c) == -ENOENT ||
			c.pixel == PIXEL_MJPEG,
		"which it stays");
	c = (struct v4l2_choice){ V4L2_PIX_FMT_H264, PIXEL_H264, 1920, 1080, FPS(60) };
	ok(v4l2_choose_cheaper(CARD(encoding), &hd, false, &c, &c) == 0 && c.pixel == PIXEL_H264 &&
			c.interval.denominator == 30,
		"of H.264 less pictures");
	ok(v4l2_choose_cheaper(CARD(encoding), &hd, false, &c, &c) == -ENOENT &&
			v4l2_choose_cheaper(CARD(encoding), &hd, true, &c, &c) == 0 &&
			c.pixel == PIXEL_H264 && c.width == 1280,
		"then a smaller one, nothing that takes more of the bus");
}

static void test_colour(void)
{
	struct v4l2_pix_format f = { .colorspace = V4L2_COLORSPACE_REC709 };
	bool full, bt709;

	v4l2_colour(&f, PIXEL_YUYV, &full, &bt709);
	ok(!full && bt709, "Rec. 709, limited by default");
	f.colorspace = V4L2_COLORSPACE_SMPTE170M;
	v4l2_colour(&f, PIXEL_YUYV, &full, &bt709);
	ok(!full && !bt709, "SMPTE 170M");
	f.quantization = V4L2_QUANTIZATION_FULL_RANGE;
	v4l2_colour(&f, PIXEL_YUYV, &full, &bt709);
	ok(full && !bt709, "the driver says full range");
	f = (struct v4l2_pix_format){ .colorspace = V4L2_COLORSPACE_SRGB };
	v4l2_colour(&f, PIXEL_RGB24, &full, &bt709);
	ok(full, "RGB is full range");
	v4l2_colour(&f, PIXEL_MJPEG, &full, &bt709);
	ok(full && !bt709, "MJPEG is as JFIF has it");
	f.quantization = V4L2_QUANTIZATION_LIM_RANGE;
	f.ycbcr_enc = V4L2_YCBCR_ENC_709;
	v4l2_colour(&f, PIXEL_MJPEG, &full, &bt709);
	ok(!full && bt709, "unless the driver knows better");
}

static void test_jpeg(void)
{
	static uint8_t big[200000] = { 0xff, 0xd8, 0x01, 0xff, 0xd9 };
	const uint8_t good[] = { 0xff, 0xd8, 0x12, 0x34, 0xff, 0xd9 };
	const uint8_t padded[] = { 0xff, 0xd8, 0x12, 0xff, 0xd9, 0, 0, 0 };
	const uint8_t cut[] = { 0xff, 0xd8, 0x12, 0x34, 0x56, 0x78 };
	const uint8_t headless[] = { 0, 0xd8, 0x12, 0x34, 0xff, 0xd9 };
	const uint8_t empty[] = { 0xff, 0xd8, 0xff, 0xd9 };

	ok(v4l2_jpeg_size(good, sizeof(good)) == 6, "whole picture");
	ok(v4l2_jpeg_size(padded, sizeof(padded)) == 5, "padding is cut off");
	ok(v4l2_jpeg_size(cut, sizeof(cut)) == 0, "end missing");
	ok(v4l2_jpeg_size(headless, sizeof(headless)) == 0, "begin missing");
	ok(v4l2_jpeg_size(empty, sizeof(empty)) == 4 && v4l2_jpeg_size(empty, 3) == 0 &&
			v4l2_jpeg_size(empty, 0) == 0,
		"shortest");
	ok(v4l2_jpeg_size(big, sizeof(big)) == 0, "the search for the end has an end");
}

static void test_time(void)
{
	const uint32_t mono = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
	const struct timeval stamp = { 100, 500 };
	const uint64_t t = 100 * USEC_PER_SEC + 500;

	ok(v4l2_capture_time(mono, &stamp, t + 9000, 0) == t, "the kernel's stamp");
	ok(v4l2_capture_time(V4L2_BUF_FLAG_TIMESTAMP_UNKNOWN, &stamp, t + 9000, 0) == t + 9000,
		"another clock");
	ok(v4l2_capture_time(V4L2_BUF_FLAG_TIMESTAMP_COPY, &stamp, t + 9000, 0) == t + 9000,
		"a copied stamp");
	ok(v4l2_capture_time(mono, &stamp, t - 1, 0) == t - 1, "from the future");
	ok(v4l2_capture_time(mono, &stamp, t + 1000001, 0) == t + 1000001, "too old");
	ok(v4l2_capture_time(mono, &stamp, t + 9000, t) == t + 9000, "not after the last one");
}

static void test_lost(void)
{
	ok(v4l2_lost(11, 10, 33333, 30000) == 0, "in order");
	ok(v4l2_lost(13, 10, 100000, 30000) == 2, "two lost");
	ok(v4l2_lost(13, 10, 100000, 0) == 2, "two lost, rate not known");
	ok(v4l2_lost(12, 10, 33333, 30000) == 0, "a driver that counts by two");
	ok(v4l2_lost(0, 10, 33333, 30000) == 0, "counting starts again");
	ok(v4l2_lost(1, UINT32_MAX, 66666, 30000) == 1, "the counter wraps");
	ok(v4l2_lost(1000000, 10, UINT64_MAX / 2, 30000) == 108000 - 1, "a mad clock is bounded");
}

static void test_names(void)
{
	enum pixel pixel;
	char name[5];

	for (enum pixel p = 0; p < PIXEL_AV; p++)
		ok(v4l2_pixel_from_fourcc(v4l2_fourcc_from_pixel(p), &pixel) && pixel == p,
			"%s there and back", pixel_name(p));
	ok(v4l2_pixel_from_fourcc(V4L2_PIX_FMT_JPEG, &pixel) && pixel == PIXEL_MJPEG, "JPEG");
	ok(v4l2_pixel_from_fourcc(V4L2_PIX_FMT_NV16M, &pixel) && pixel == PIXEL_NV16 &&
			v4l2_fourcc_blocks(V4L2_PIX_FMT_NV16M) == 2 &&
			v4l2_fourcc_blocks(V4L2_PIX_FMT_YUV420M) == 3 &&
			v4l2_fourcc_blocks(V4L2_PIX_FMT_NV16) == 1 &&
			v4l2_fourcc_blocks(V4L2_PIX_FMT_H264) == 1,
		"with several blocks");
	ok(!v4l2_pixel_from_fourcc(V4L2_PIX_FMT_HEVC, &pixel), "HEVC is not ours");
	ok(strcmp(v4l2_fourcc_name(V4L2_PIX_FMT_YUYV, name), "YUYV") == 0, "fourcc");
	ok(strcmp(v4l2_fourcc_name(0x00414243, name), "CBA ") == 0, "fourcc with a hole");
}

int main(void)
{
	test_choose();
	test_choose_coded();
	test_choose_nothing();
	test_cheaper();
	test_snap();
	test_layout();
	test_split();
	test_colour();
	test_jpeg();
	test_time();
	test_lost();
	test_names();
	return tap_done();
}
