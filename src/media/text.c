/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each dot of a glyph becomes a square of scale pixels; neighbours in a row are filled at one go.
 * One column of dots stays free between characters. A character of several UTF-8 bytes is one box.
 */
#include "media/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "common/cleanup.h"
#include "media/font.h"

#define ADVANCE (FONT_WIDTH + 1)

struct plane {
	uint8_t *data;
	int stride, width, height;
};

static void fill(const struct plane *p, int x, int y, int w, int h, uint8_t value)
{
	int right = MIN(x + w, p->width), bottom = MIN(y + h, p->height);

	x = MAX(x, 0);
	y = MAX(y, 0);
	if (x >= right)
		return;
	for (; y < bottom; y++)
		memset(p->data + (ptrdiff_t) y * p->stride + x, value, (size_t) (right - x));
}

static void draw_glyph(
	const struct plane *p, int x, int y, int scale, uint8_t value, const uint8_t *rows)
{
	for (int row = 0; row < FONT_HEIGHT; row++) {
		for (int dot = 0, run; dot < FONT_WIDTH; dot += run) {
			run = 1;
			if (!(rows[row] & (0x10 >> dot)))
				continue;
			while (dot + run < FONT_WIDTH && rows[row] & (0x10 >> (dot + run)))
				run++;
			fill(p, x + dot * scale, y + row * scale, run * scale, scale, value);
		}
	}
}

static bool continues(char c)
{
	return ((uint8_t) c & 0xc0) == 0x80;
}

void text_draw(uint8_t *luma, int stride, int width, int height, int x, int y, int scale,
	uint8_t value, const char *text)
{
	const struct plane p = { luma, stride, width, height };

	scale = MAX(scale, 1);
	for (; *text && x < width; text++) {
		int glyph = FONT_GLYPHS - 1;

		if (continues(*text))
			continue;
		if (*text >= FONT_FIRST && *text <= FONT_LAST)
			glyph = *text - FONT_FIRST;
		draw_glyph(&p, x, y, scale, value, font_glyphs[glyph]);
		x += ADVANCE * scale;
	}
}

int text_width(const char *text, int scale)
{
	int n = 0;

	for (; *text; text++)
		n += !continues(*text);
	return n > 0 ? (n * ADVANCE - 1) * MAX(scale, 1) : 0;
}
