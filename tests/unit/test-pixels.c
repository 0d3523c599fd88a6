/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pictures as grabbers send them without a signal, and ones that only look a little like it. */
#include "recognize/pixels.h"

#include <stdlib.h>
#include <string.h>

#include "common/usec.h"
#include "media/picture.h"
#include "tests/tap.h"
#include "tests/unit/koi.h"

#define W 640
#define H 360
#define EVERY (500 * USEC_PER_MSEC)
#define AFTER (3 * USEC_PER_SEC)
#define FROZEN_MS 20000

static uint8_t rgb[W * H * 3];
static struct frame frame = { .pixel = PIXEL_RGB24,
	.width = W,
	.height = H,
	.full_range = true,
	.data = { rgb },
	.stride = { W * 3 } };
static struct pixels *pixels;
static unsigned noise_state = 1;

static unsigned random_of(unsigned n)
{
	noise_state = noise_state * 1664525 + 1013904223;
	return (noise_state >> 16) % n;
}

/* ---- what is drawn ---- */

static void fill(int x, int y, int w, int h, unsigned colour)
{
	for (int j = y; j < y + h; j++)
		for (int i = x; i < x + w; i++) {
			uint8_t *p = rgb + (ptrdiff_t) (j * W + i) * 3;

			p[0] = (uint8_t) (colour >> 16);
			p[1] = (uint8_t) (colour >> 8);
			p[2] = (uint8_t) colour;
		}
}

static void clear(unsigned colour)
{
	fill(0, 0, W, H, colour);
}

/* n bars side by side, down to a height. */
static void draw_bars(const unsigned *colours, int n, int height)
{
	for (int i = 0; i < n; i++)
		fill(W * i / n, 0, W * (i + 1) / n - W * i / n, height, colours[i]);
}

/* Of a real card, up to the amplitude. */
static void add_noise(int amplitude)
{
	for (size_t i = 0; i < sizeof(rgb); i++) {
		int v = (int) random_of(2 * (unsigned) amplitude + 1) - amplitude + rgb[i];

		rgb[i] = (uint8_t) CLAMP(v, 0, 255);
	}
}

/* Boxes of any colour at any place, as many games are. */
static void draw_scene(void)
{
	clear(0x203040);
	for (int i = 0; i < 60; i++)
		fill((int) random_of(W - 80), (int) random_of(H - 60), 80, 60, random_of(0xffffff));
}

/* ---- time ---- */

static void begin(void)
{
	pixels_deinit(pixels);
	if (pixels_init(pixels, AFTER, FROZEN_MS) < 0)
		abort();
	frame.capture_usec = 100 * USEC_PER_SEC;
}

static enum pixels_fact push(void)
{
	frame.capture_usec += EVERY;
	return pixels_push(pixels, &frame);
}

/* The picture as it is, but never twice the same: with its last sample changed. */
static enum pixels_fact push_alive(int n)
{
	enum pixels_fact fact = pixels->fact;

	for (int i = 0; i < n; i++) {
		for (int y = 0; y < H; y++)
			rgb[(y * W + W - 1) * 3 - 1] ^= 1;
		fact = push();
	}
	return fact;
}

/* What comes of it when it stays for five seconds. */
static enum pixels_fact shown(void)
{
	begin();
	return push_alive(10);
}

#define SHOWS(fact, ...)                                         \
	do {                                                     \
		enum pixels_fact is = shown();                   \
                                                                 \
		ok(is == (fact), __VA_ARGS__);                   \
		if (is != (fact))                                \
			printf("# it is %s\n", pixels_name(is)); \
	} while (0)

/* ---- tests ---- */

static void test_flat(void)
{
	clear(0);
	SHOWS(PIXELS_BLACK, "black");
	clear(0x0c0c0c);
	add_noise(10);
	SHOWS(PIXELS_BLACK, "black of a noisy card");
	clear(0x000000);
	fill(W / 2 - 150, H / 2 - 30, 300, 60, 0xffffff);
	SHOWS(PIXELS_NORMAL, "words on black are not");
	clear(0x101418);
	for (int i = 0; i < 40; i++)
		fill((int) random_of(W - 20), (int) random_of(H - 20), 20, 20, 0x303840);
	SHOWS(PIXELS_NORMAL, "a dark scene is not");
	clear(0x1a1ae0);
	SHOWS(PIXELS_SINGLE_COLOUR, "blue");
	clear(0x008700);
	add_noise(6);
	SHOWS(PIXELS_SINGLE_COLOUR, "green of a decoder that has nothing");
	clear(0xffffff);
	SHOWS(PIXELS_SINGLE_COLOUR, "white");
	for (int x = 0; x < W; x++)
		fill(x, 0, 1, H, (unsigned) (x * 255 / W) * 0x010101);
	SHOWS(PIXELS_NORMAL, "a ramp is normal");
	clear(0x1a1ae0);
	fill(0, 0, W, H / 10, 0x202020);
	SHOWS(PIXELS_NORMAL, "so is blue with a line across");
}

static const unsigned ebu100[] = { 0xffffff, 0xffff00, 0x00ffff, 0x00ff00, 0xff00ff, 0xff0000,
	0x0000ff, 0x000000 };
static const unsigned smpte75[] = { 0xbfbfbf, 0xbfbf00, 0x00bfbf, 0x00bf00, 0xbf00bf, 0xbf0000,
	0x0000bf };
static const unsigned turned[] = { 0x000000, 0x0000ff, 0xff0000, 0xff00ff, 0x00ff00, 0x00ffff,
	0xffff00, 0xffffff };

static void test_bars(void)
{
	draw_bars(ebu100, 8, H);
	SHOWS(PIXELS_BARS, "EBU's bars");
	add_noise(12);
	SHOWS(PIXELS_BARS, "with noise");
	draw_bars(ebu100, 8, H);
	fill(W / 4, H / 5, W / 2, H / 12, 0xffffff);
	SHOWS(PIXELS_BARS, "with a line of words");
	draw_bars(turned, 8, H);
	SHOWS(PIXELS_BARS, "in another order");
	clear(0x101010);
	draw_bars(smpte75, 7, H * 2 / 3);
	SHOWS(PIXELS_BARS, "SMPTE's");
	clear(0x666666);
	for (int i = 0; i < 7; i++)
		fill(W / 8 + i * W * 3 / 28, 0, W * 3 / 28, H * 7 / 12, smpte75[i]);
	SHOWS(PIXELS_BARS, "SMPTE's with grey at the sides");
	draw_bars(ebu100, 6, H);
	SHOWS(PIXELS_NORMAL, "five colours are not all of them");
	draw_bars(smpte75, 7, H / 3);
	fill(0, H / 3, W, H - H / 3, 0x335577);
	SHOWS(PIXELS_NORMAL, "a row of coloured boxes is no test picture");
	for (int i = 0; i < 7; i++)
		fill(i * i * W / 49, 0, (2 * i + 1) * W / 49 + 1, H, smpte75[i]);
	SHOWS(PIXELS_NORMAL, "nor are stripes as wide as they like");
}

static void test_scenes(void)
{
	bool normal = true;

	for (int i = 0; i < 50; i++) {
		draw_scene();
		normal = normal && shown() == PIXELS_NORMAL;
	}
	ok(normal, "fifty scenes are normal");
}

static void test_references(void)
{
	static const char *const states[] = { "NORMAL", "PLAYING", "SELECT" };

	for (int i = 0; i < 9; i++) {
		_cleanup_(frame_unrefp) struct frame *f = NULL;
		enum pixels_fact fact = PIXELS_UNKNOWN;
		char name[64], why[160] = "";

		snprintf(name, sizeof(name), "refs/koi-short/%s/ref_%d.jpg", states[i / 3], i % 3);
		begin();
		if (picture_load(&f, koi_path(name), why, sizeof(why)) == 0)
			for (int n = 0; n < 12; n++) {
				f->capture_usec = USEC_PER_SEC + (uint64_t) n * EVERY;
				fact = pixels_push(pixels, f);
			}
		ok(fact == PIXELS_NORMAL, "%s is %s %s", name, pixels_name(fact), why);
	}
}

static void test_frozen(void)
{
	int n = 0;

	draw_scene();
	begin();
	ok(push_alive(100) == PIXELS_NORMAL, "what changes by a bit somewhere is alive");
	while (push() != PIXELS_FROZEN && n < 200)
		n++;
	ok(n >= 38 && n <= 60, "what does not is frozen, after %d looks", n);
	ok(push() == PIXELS_FROZEN, "and stays so");
	ok(push_alive(1) == PIXELS_FROZEN, "one that differs is not the end yet");
	ok(push_alive(2) == PIXELS_NORMAL, "a second of them is");
	pixels_deinit(pixels);
	if (pixels_init(pixels, AFTER, 0) < 0)
		abort();
	for (n = 0; n < 400 && push() == PIXELS_NORMAL; n++)
		;
	ok(n == 400, "unless nobody wants to know");
	begin();
	clear(0);
	for (n = 0; n < 400; n++)
		(void) push();
	ok(pixels->fact == PIXELS_BLACK, "what is black for long is black");
}

static void test_time(void)
{
	int n = 0;

	begin();
	draw_scene();
	ok(push_alive(1) == PIXELS_NORMAL, "the first picture is normal");
	clear(0);
	while (push_alive(1) != PIXELS_BLACK && n < 100)
		n++;
	ok(n == 6, "black is told after three seconds: %d", n);
	draw_scene();
	(void) push_alive(1);
	clear(0);
	ok(push_alive(4) == PIXELS_BLACK, "a flash does not end it");
	clear(0x1e1e1e);
	ok(push_alive(20) == PIXELS_BLACK, "nor what is nearly as black");
	draw_scene();
	ok(push_alive(2) == PIXELS_BLACK && push_alive(1) == PIXELS_NORMAL,
		"a second of something else does");
	clear(0x1e1e1e);
	ok(push_alive(20) != PIXELS_BLACK, "nearly as black is not enough to begin");
	for (n = 0; n < 20; n++) {
		draw_scene();
		(void) push_alive(1);
		clear(0);
		if (push_alive(4) != PIXELS_NORMAL)
			break;
	}
	ok(n == 20, "what comes and goes is never told");
	(void) push_alive(10);
	clear(0x0000ff);
	ok(push_alive(4) == PIXELS_NORMAL && push_alive(4) == PIXELS_SINGLE_COLOUR,
		"from one to another");
	pixels_lost(pixels);
	ok(pixels->fact == PIXELS_UNKNOWN, "without pictures nothing is known");
	ok(push_alive(1) == PIXELS_NORMAL, "then all begins anew");
}

/* The same bars in another layout, of BT.601 or BT.709 and limited range. */
static void test_layouts(void)
{
	static const uint8_t bars[8][3] = { { 235, 128, 128 }, { 210, 16, 146 }, { 170, 166, 16 },
		{ 145, 54, 34 }, { 106, 202, 222 }, { 81, 90, 240 }, { 41, 240, 110 },
		{ 16, 128, 128 } };
	static uint8_t packed[W * H * 2];
	struct frame f = { .pixel = PIXEL_YUYV,
		.width = W,
		.height = H,
		.data = { packed },
		.stride = { W * 2 } };
	enum pixels_fact fact = PIXELS_UNKNOWN;

	for (int i = 0; i < W * H; i++) {
		const uint8_t *c = bars[i % W * 8 / W];

		packed[2 * i] = c[0];
		packed[2 * i + 1] = c[1 + i % 2];
	}
	for (int bt709 = 0; bt709 < 2; bt709++) {
		begin();
		f.bt709 = bt709;
		for (int n = 0; n < 10; n++) {
			f.capture_usec = USEC_PER_SEC + (uint64_t) n * EVERY;
			fact = pixels_push(pixels, &f);
		}
		ok(fact == PIXELS_BARS, "YUYV, taken for %s: %s", bt709 ? "BT.709" : "BT.601",
			pixels_name(fact));
	}
	memset(packed, 0x10, sizeof(packed));
	for (size_t i = 1; i < sizeof(packed); i += 2)
		packed[i] = 0x80;
	begin();
	for (int n = 0; n < 10; n++) {
		f.capture_usec = USEC_PER_SEC + (uint64_t) n * EVERY;
		fact = pixels_push(pixels, &f);
	}
	ok(fact == PIXELS_BLACK, "16 of limited range is black");
	f.width = 32;
	ok(pixels_push(pixels, &f) == PIXELS_UNKNOWN, "too small to be looked at");
	f = (struct frame){ .pixel = PIXEL_MJPEG, .width = W, .height = H, .data = { packed } };
	ok(pixels_push(pixels, &f) == PIXELS_UNKNOWN, "a JPEG is not looked into");
}

int main(void)
{
	pixels = calloc(1, sizeof(*pixels));
	if (!pixels)
		return 1;
	test_flat();
	test_bars();
	test_scenes();
	test_references();
	test_frozen();
	test_time();
	test_layouts();
	pixels_deinit(pixels);
	free(pixels);
	return tap_done();
}
