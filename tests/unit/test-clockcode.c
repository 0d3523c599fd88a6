/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/clockcode.h"

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "tests/tap.h"

#define W 1280
#define H 720

struct picture {
	uint8_t luma[H][W];
	int width, height;
};

static uint32_t seed = 1;

static int noise(int amplitude)
{
	seed = seed * 1664525 + 1013904223;
	return (int) (seed >> 16) % (2 * amplitude + 1) - amplitude;
}

static void draw(struct picture *p, int width, int height, uint64_t usec, uint32_t number)
{
	struct clockcode c = { usec, number };

	p->width = width;
	p->height = height;
	memset(p->luma, 90, sizeof(p->luma));
	clockcode_draw(p->luma[0], W, width, height, &c);
}

static bool reads(const struct picture *p, uint64_t usec, uint32_t number)
{
	struct clockcode c = { 1, 1 };

	return clockcode_read(p->luma[0], W, p->width, p->height, &c) && c.usec == usec &&
	       c.number == number;
}

static bool refused(const struct picture *p)
{
	struct clockcode c = { 77, 78 };

	return !clockcode_read(p->luma[0], W, p->width, p->height, &c) && c.usec == 77 &&
	       c.number == 78;
}

/* Mean of n x n pixels. */
static void shrink(struct picture *p, int n)
{
	for (int y = 0; y < p->height / n; y++) {
		for (int x = 0; x < p->width / n; x++) {
			int sum = 0;

			for (int i = 0; i < n * n; i++)
				sum += p->luma[y * n + i / n][x * n + i % n];
			p->luma[y][x] = (uint8_t) (sum / (n * n));
		}
	}
	p->width /= n;
	p->height /= n;
}

static void gain(struct picture *p, int percent, int offset, int amplitude)
{
	for (int y = 0; y < p->height; y++)
		for (int x = 0; x < p->width; x++) {
			int v = p->luma[y][x] * percent / 100 + offset + noise(amplitude);

			p->luma[y][x] = (uint8_t) CLAMP(v, 0, 255);
		}
}

/* What coarse quantisation leaves of 8x8 blocks: mostly the mean, a little of the detail. */
static void block_blur(struct picture *p)
{
	for (int y = 0; y + 8 <= p->height; y += 8) {
		for (int x = 0; x + 8 <= p->width; x += 8) {
			int sum = 0;

			for (int i = 0; i < 64; i++)
				sum += p->luma[y + i / 8][x + i % 8];
			for (int i = 0; i < 64; i++) {
				uint8_t *v = &p->luma[y + i / 8][x + i % 8];

				*v = (uint8_t) ((*v + 2 * (sum / 64)) / 3);
			}
		}
	}
}

static void invert_cell(struct picture *p, int column, int row)
{
	for (int y = p->height * row / 24; y < p->height * (row + 1) / 24; y++)
		for (int x = p->width * column / 24; x < p->width * (column + 1) / 24; x++)
			p->luma[y][x] = (uint8_t) (251 - p->luma[y][x]);
}

static bool any_cell_refused(struct picture *p)
{
	for (int row = 0; row < 4; row++) {
		for (int column = 0; column < 24; column++) {
			draw(p, W, H, 123456789012, 4242);
			invert_cell(p, column, row);
			if (!refused(p))
				return false;
		}
	}
	return true;
}

static bool sizes_round_trip(struct picture *p)
{
	static const int size[][2] = { { 160, 90 }, { 176, 144 }, { 640, 480 }, { 854, 480 },
		{ 1000, 562 }, { 1280, 720 } };

	for (size_t i = 0; i < ARRAY_SIZE(size); i++) {
		draw(p, size[i][0], size[i][1], 0xfedcba987654, 0xabcdef);
		if (!reads(p, 0xfedcba987654, 0xabcdef))
			return false;
	}
	return true;
}

int main(void)
{
	_cleanup_(freep) struct picture *p = calloc(1, sizeof(*p));
	const uint64_t big = (UINT64_C(1) << 48) - 1;
	bool good = true;

	ok(sizes_round_trip(p), "round trip at several sizes");
	draw(p, W, H, 0, 0);
	ok(reads(p, 0, 0), "zero");
	draw(p, W, H, big, 0xffffff);
	ok(reads(p, big, 0xffffff), "the largest values");
	draw(p, W, H, big + 1 + 5, 0x1000007);
	ok(reads(p, 5, 7), "larger ones wrap");

	draw(p, W, H, 987654321, 31337);
	shrink(p, 4);
	ok(reads(p, 987654321, 31337), "scaled to a quarter");
	gain(p, 80, 0, 8);
	ok(reads(p, 987654321, 31337), "a quarter, 20 %% darker, with noise");
	draw(p, W, H, 987654321, 31337);
	gain(p, 120, -10, 25);
	ok(reads(p, 987654321, 31337), "20 %% brighter, clipped, with strong noise");
	draw(p, W, H, 987654321, 31337);
	shrink(p, 4);
	block_blur(p);
	ok(reads(p, 987654321, 31337), "a quarter, with the detail of blocks lost");

	ok(any_cell_refused(p), "one wrong cell spoils the guard or the checksum");
	memset(p->luma, 16, sizeof(p->luma));
	ok(refused(p), "a black picture has no time");
	draw(p, W, H, 5, 5);
	gain(p, 15, 100, 0);
	ok(refused(p), "nor has one without contrast");
	for (int i = 0; i < 200; i++) {
		p->width = 160;
		p->height = 90;
		gain(p, 0, 128, 127);
		good = good && refused(p);
	}
	ok(good, "nor has noise");
	p->width = 10;
	ok(refused(p), "nor has a picture smaller than the cells");
	return tap_done();
}
