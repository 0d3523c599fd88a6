/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a region looks as it did. */
#include "recognize/glance.h"

#include <string.h>

#include "tests/tap.h"

#define WIDTH 160
#define HEIGHT 60

static const struct rect where = { 13, 7, 125, 43 };

static uint8_t samples[HEIGHT][WIDTH];
static uint32_t rng = 7;

static void fill(int level, int noise)
{
	for (int j = 0; j < HEIGHT; j++)
		for (int i = 0; i < WIDTH; i++) {
			rng = rng * 1664525 + 1013904223;
			samples[j][i] =
				(uint8_t) (level + (int) (rng >> 16) % (2 * noise + 1) - noise);
		}
}

static void box(int x, int y, int w, int h, int level)
{
	for (int j = y; j < y + h; j++)
		memset(&samples[j][x], level, (size_t) w);
}

static const struct grey *picture(int width)
{
	static struct grey g;

	g = (struct grey){ width, HEIGHT, &samples[0][0], WIDTH, 1, false };
	return &g;
}

static bool differs(struct glance *g)
{
	return glance_differs(g, picture(WIDTH), where);
}

static void test_looks(void)
{
	struct glance g = { 0 };

	fill(60, 4);
	ok(differs(&g), "the first picture is another one");
	ok(!differs(&g), "the same one is not");
	fill(60, 4);
	ok(!differs(&g), "nor is one with other noise");
	box(where.x + where.w - 6, where.y + where.h - 8, 4, 6, 200);
	ok(differs(&g), "a stroke in its last corner is");
	ok(!differs(&g), "it stays");
	fill(60, 4);
	ok(differs(&g), "it goes");
	box(where.x - 6, where.y - 6, 4, 4, 200);
	box(where.x + where.w + 1, where.y, 8, 20, 200);
	ok(!differs(&g), "what is beside the region does not count");
	glance_forget(&g);
	ok(differs(&g), "forgotten");
	glance_deinit(&g);
}

static void test_drift(void)
{
	struct glance g = { 0 };
	int changes = 0;

	for (int i = 0; i < 60; i++) {
		fill(60 + i, 0);
		changes += differs(&g);
	}
	ok(changes >= 4 && changes <= 12, "slow changes are noticed in the end (%d)", changes);
	glance_deinit(&g);
}

static void test_edges(void)
{
	struct glance g = { 0 };
	struct grey packed = { WIDTH / 2, HEIGHT, &samples[0][0], WIDTH, 2, false };
	const struct rect half = { 5, 7, 61, 43 };

	fill(60, 0);
	(void) differs(&g);
	ok(glance_differs(&g, picture(WIDTH - 1), where), "another size is another picture");
	ok(glance_differs(&g, picture(WIDTH), (struct rect){ 100, 7, 125, 43 }) &&
			glance_differs(&g, picture(WIDTH), (struct rect){ 100, 7, 125, 43 }),
		"outside nothing can be told");
	ok(glance_differs(&g, picture(WIDTH), (struct rect){ 10, 7, 7, 43 }) &&
			glance_differs(&g, picture(WIDTH), (struct rect){ 10, 7, 7, 43 }),
		"nor in a sliver");
	ok(glance_differs(&g, &packed, half) && !glance_differs(&g, &packed, half),
		"luma between chroma");
	for (int j = 0; j < HEIGHT; j++)
		for (int i = 1; i < WIDTH; i += 2)
			samples[j][i] = 255;
	ok(!glance_differs(&g, &packed, half), "which does not count");
	glance_deinit(&g);
}

int main(void)
{
	test_looks();
	test_drift();
	test_edges();
	return tap_done();
}
