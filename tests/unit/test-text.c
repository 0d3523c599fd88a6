/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/text.h"

#include <stdbool.h>
#include <string.h>

#include "tests/tap.h"

#define W 40
#define H 20
#define PAD 7 /* columns beyond the picture that must stay as they are */

static uint8_t luma[H + 2][W + PAD];

static int count(void)
{
	int n = 0;

	for (int y = 0; y < H; y++)
		for (int x = 0; x < W; x++)
			n += luma[y + 1][x] == 200;
	return n;
}

static bool outside_clean(void)
{
	for (int y = 0; y < H + 2; y++)
		for (int x = 0; x < W + PAD; x++)
			if ((y == 0 || y == H + 1 || x >= W) && luma[y][x] != 0)
				return false;
	return true;
}

static int draw(int x, int y, int scale, const char *text)
{
	memset(luma, 0, sizeof(luma));
	text_draw(luma[1], W + PAD, W, H, x, y, scale, 200, text);
	return count();
}

int main(void)
{
	ok(text_width("", 3) == 0, "no text has no width");
	ok(text_width("A", 1) == 5 && text_width("AB", 2) == 22, "width counts dots and gaps");
	ok(text_width("\xc3\xa4", 1) == 5, "a character of two bytes counts once");
	ok(draw(0, 0, 1, "-") == 5, "a dash has five dots");
	ok(luma[1 + 3][0] == 200 && luma[1 + 3][4] == 200, "in the fourth row");
	ok(draw(3, 2, 2, "-") == 20 && luma[1 + 8][3] == 200,
		"twice the scale, four times the dots");
	ok(draw(0, 0, 1, " ") == 0, "a space has none");
	ok(draw(0, 0, 1, "\x01") == 20 && draw(0, 0, 1, "\xc3\xa4") == 20, "others are a box");
	ok(draw(-7, -3, 1, "888888") > 0 && outside_clean(), "clips at the top left corner");
	ok(draw(W - 9, H - 9, 3, "88888888888") > 0 && outside_clean(),
		"clips at the bottom right corner");
	ok(draw(-1000, 5, 2, "8") == 0 && draw(5, 1000, 2, "8") == 0 && outside_clean(),
		"far away draws nothing");
	return tap_done();
}
