/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/tools/canvas.h"

#include <math.h>
#include <string.h>

#include "common/cleanup.h"
#include "media/font.h"

#define CORNERS_MAX 24

struct colour {
	uint8_t level[3];
};

/* Planes in turn: pixels of the picture by 1, 2, 2. */
static int plane_shift(int plane)
{
	return plane > 0;
}

static struct colour convert(const struct canvas *c, uint32_t rgb)
{
	int r = rgb >> 16 & 255, g = rgb >> 8 & 255, b = rgb & 255;
	int y = 16 + ((66 * r + 129 * g + 25 * b + 128) >> 8);
	int u = 128 + ((-38 * r - 74 * g + 112 * b + 128) >> 8);
	int v = 128 + ((112 * r - 94 * g - 18 * b + 128) >> 8);

	return (struct colour){ { c->tone->luma[y], c->tone->chroma[CLAMP(u, 0, 255)],
		c->tone->chroma[CLAMP(v, 0, 255)] } };
}

uint32_t rgb_mix(uint32_t a, uint32_t b, int part)
{
	uint32_t mixed = 0;

	for (int shift = 0; shift < 24; shift += 8) {
		int from = (int) (a >> shift & 255), to = (int) (b >> shift & 255);

		mixed |= (uint32_t) (from + (to - from) * part / 256) << shift;
	}
	return mixed;
}

uint32_t rgb_dim(uint32_t rgb, int percent)
{
	return rgb_mix(0, rgb, percent * 256 / 100);
}

static int floor_div(int a, int b)
{
	return a >= 0 ? a / b : -((-a + b - 1) / b);
}

int canvas_pixel_x(const struct canvas *c, int x)
{
	return floor_div(x * c->full_w, CANVAS_WIDTH) + c->shift_x;
}

int canvas_pixel_y(const struct canvas *c, int y)
{
	return floor_div(y * c->full_h, CANVAS_HEIGHT) + c->shift_y;
}

/* In pixels of the picture; an edge between two samples of a plane takes the sample along. */
static void fill_pixels(
	struct canvas *c, int left, int top, int right, int bottom, const struct colour *colour)
{
	left = MAX(left, c->clip.x);
	top = MAX(top, c->clip.y);
	right = MIN(right, c->clip.x + c->clip.w);
	bottom = MIN(bottom, c->clip.y + c->clip.h);
	if (left >= right)
		return;
	for (int i = 0; i < 3; i++) {
		int s = plane_shift(i), x = left >> s, w = ((right + s) >> s) - x;

		for (int y = top >> s; y < (bottom + s) >> s; y++)
			memset(c->plane[i] + (ptrdiff_t) y * c->stride[i] + x, colour->level[i],
				(size_t) w);
	}
}

void canvas_clear(struct canvas *c, uint32_t rgb)
{
	struct colour colour = convert(c, rgb);

	fill_pixels(c, 0, 0, c->width, c->height, &colour);
}

void canvas_fill(struct canvas *c, struct rect r, uint32_t rgb)
{
	struct colour colour = convert(c, rgb);

	fill_pixels(c, canvas_pixel_x(c, r.x), canvas_pixel_y(c, r.y), canvas_pixel_x(c, r.x + r.w),
		canvas_pixel_y(c, r.y + r.h), &colour);
}

void canvas_gradient(struct canvas *c, struct rect r, uint32_t top, uint32_t bottom)
{
	int from = canvas_pixel_y(c, r.y), to = canvas_pixel_y(c, r.y + r.h);

	for (int y = from; y < to; y++) {
		uint32_t rgb = rgb_mix(top, bottom, (y - from) * 256 / (to - from));
		struct colour colour = convert(c, rgb);

		fill_pixels(
			c, canvas_pixel_x(c, r.x), y, canvas_pixel_x(c, r.x + r.w), y + 1, &colour);
	}
}

void canvas_frame(struct canvas *c, struct rect r, int thickness, uint32_t rgb)
{
	int t = thickness;

	canvas_fill(c, (struct rect){ r.x, r.y, r.w, t }, rgb);
	canvas_fill(c, (struct rect){ r.x, r.y + r.h - t, r.w, t }, rgb);
	canvas_fill(c, (struct rect){ r.x, r.y + t, t, r.h - 2 * t }, rgb);
	canvas_fill(c, (struct rect){ r.x + r.w - t, r.y + t, t, r.h - 2 * t }, rgb);
}

void canvas_round(struct canvas *c, struct rect r, int corner, uint32_t rgb)
{
	struct colour colour = convert(c, rgb);

	for (int y = 0; y < r.h; y++) {
		int edge = corner - MIN(corner, MIN(y, r.h - 1 - y));
		int in = corner - (int) sqrt((double) (corner * corner - edge * edge));

		fill_pixels(c, canvas_pixel_x(c, r.x + in), canvas_pixel_y(c, r.y + y),
			canvas_pixel_x(c, r.x + r.w - in), canvas_pixel_y(c, r.y + y + 1), &colour);
	}
}

void canvas_disc(struct canvas *c, int x, int y, int radius, uint32_t rgb)
{
	canvas_round(
		c, (struct rect){ x - radius, y - radius, 2 * radius, 2 * radius }, radius, rgb);
}

/* Fills what lies inside between crossings of one line, in order. */
static void fill_spans(struct canvas *c, int y, float *crossing, int n, const struct colour *colour)
{
	for (int i = 1; i < n; i++)
		for (int j = i; j > 0 && crossing[j] < crossing[j - 1]; j--) {
			float swap = crossing[j];

			crossing[j] = crossing[j - 1];
			crossing[j - 1] = swap;
		}
	for (int i = 0; i + 1 < n; i += 2)
		fill_pixels(c, (int) lroundf(crossing[i]), y, (int) lroundf(crossing[i + 1]), y + 1,
			colour);
}

void canvas_polygon(struct canvas *c, const float *corners, int n, uint32_t rgb)
{
	float px[CORNERS_MAX], py[CORNERS_MAX], top = 1e9F, bottom = -1e9F;
	struct colour colour = convert(c, rgb);

	n = MIN(n, CORNERS_MAX);
	for (int i = 0; i < n; i++) {
		px[i] = corners[2 * i] * (float) c->full_w / CANVAS_WIDTH + (float) c->shift_x;
		py[i] = corners[2 * i + 1] * (float) c->full_h / CANVAS_HEIGHT + (float) c->shift_y;
		top = fminf(top, py[i]);
		bottom = fmaxf(bottom, py[i]);
	}
	for (int y = MAX((int) top, 0); y <= MIN((int) bottom, c->height - 1); y++) {
		float middle = (float) y + 0.5F, crossing[CORNERS_MAX];
		int found = 0;

		for (int i = 0, j = n - 1; i < n; j = i++)
			if ((py[i] > middle) != (py[j] > middle))
				crossing[found++] = px[i] + (middle - py[i]) * (px[j] - px[i]) /
								    (py[j] - py[i]);
		fill_spans(c, y, crossing, found, &colour);
	}
}

void canvas_star(struct canvas *c, int x, int y, int radius, int rays, float turn, uint32_t rgb)
{
	float corners[2 * CORNERS_MAX];
	int n = MIN(2 * rays, CORNERS_MAX);

	for (int i = 0; i < n; i++) {
		float angle = turn + (float) i * 6.2831853F / (float) n - 1.5707963F;
		float length = (float) radius * (i % 2 ? 0.45F : 1.0F);

		corners[2 * i] = (float) x + length * cosf(angle);
		corners[2 * i + 1] = (float) y + length * sinf(angle);
	}
	canvas_polygon(c, corners, n, rgb);
}

/* The seven strokes clockwise from the top, the middle one last. */
static void draw_segments(
	struct canvas *c, int x, int y, const struct type *t, uint32_t rgb, char digit)
{
	static const uint8_t lit[10] = { 0x3f, 0x06, 0x5b, 0x4f, 0x66, 0x6d, 0x7d, 0x07, 0x7f,
		0x6f };
	int w = FONT_WIDTH * t->dot_w, h = FONT_HEIGHT * t->dot_h, s = t->dot_w, half = h / 2;
	const struct rect strokes[7] = { { x + s, y, w - 2 * s, s },
		{ x + w - s, y + s / 2, s, half - s }, { x + w - s, y + half + s / 2, s, half - s },
		{ x + s, y + h - s, w - 2 * s, s }, { x, y + half + s / 2, s, half - s },
		{ x, y + s / 2, s, half - s }, { x + s, y + half - s / 2, w - 2 * s, s } };

	if (digit < '0' || digit > '9')
		return;
	for (int i = 0; i < 7; i++)
		if (lit[digit - '0'] >> i & 1)
			canvas_fill(c, strokes[i], rgb);
}

static void draw_glyph(
	struct canvas *c, int x, int y, const struct type *t, uint32_t rgb, const uint8_t *rows)
{
	struct colour colour = convert(c, rgb);
	int wider = t->style == TYPE_BOLD ? t->dot_w / 2 + 1 : 0;
	int gap = t->style == TYPE_DOTS ? 1 : 0;

	for (int row = 0; row < FONT_HEIGHT; row++) {
		int lean = t->style == TYPE_SLANT ? (FONT_HEIGHT - 1 - row) * t->dot_w / 3 : 0;
		int top = canvas_pixel_y(c, y + row * t->dot_h);
		int bottom = canvas_pixel_y(c, y + (row + 1) * t->dot_h - gap);

		for (int dot = 0; dot < FONT_WIDTH; dot++) {
			int left = x + lean + dot * t->dot_w;

			if (rows[row] & (0x10 >> dot))
				fill_pixels(c, canvas_pixel_x(c, left), top,
					canvas_pixel_x(c, left + t->dot_w + wider - gap), bottom,
					&colour);
		}
	}
}

static int advance(const struct type *t)
{
	int extra = t->style == TYPE_BOLD ? t->dot_w / 2 + 1 : 0;

	return (FONT_WIDTH + 1) * t->dot_w + extra + (t->style == TYPE_SEGMENT ? t->dot_w / 2 : 0);
}

int canvas_text_width(const struct type *t, const char *text)
{
	return (int) strlen(text) * advance(t) - t->dot_w;
}

void canvas_text(
	struct canvas *c, int x, int y, const struct type *t, uint32_t rgb, const char *text)
{
	for (; *text && x < CANVAS_WIDTH + 8; text++, x += advance(t)) {
		int glyph = FONT_GLYPHS - 1;

		if (*text == ' ')
			continue;
		if (*text >= FONT_FIRST && *text <= FONT_LAST)
			glyph = *text - FONT_FIRST;
		if (t->style == TYPE_SEGMENT)
			draw_segments(c, x, y, t, rgb, *text);
		else
			draw_glyph(c, x, y, t, rgb, font_glyphs[glyph]);
	}
}

void canvas_label(
	struct canvas *c, struct rect r, const struct type *t, uint32_t rgb, const char *text)
{
	canvas_text(c, r.x + (r.w - canvas_text_width(t, text)) / 2,
		r.y + (r.h - FONT_HEIGHT * t->dot_h) / 2, t, rgb, text);
}

void canvas_clip(struct canvas *c, struct rect r)
{
	int left = CLAMP(canvas_pixel_x(c, r.x), 0, c->width);
	int top = CLAMP(canvas_pixel_y(c, r.y), 0, c->height);
	int right = CLAMP(canvas_pixel_x(c, r.x + r.w), left, c->width);
	int bottom = CLAMP(canvas_pixel_y(c, r.y + r.h), top, c->height);

	c->clip = (struct rect){ left, top, right - left, bottom - top };
}

void canvas_unclip(struct canvas *c)
{
	c->clip = (struct rect){ 0, 0, c->width, c->height };
}

/* 1 2 1 across and down, in place; before[] holds the line above as it was. */
static void soften_plane(uint8_t *data, int stride, int w, int h)
{
	uint8_t before[FRAME_SIDE_MAX];

	for (int y = 0; y < h; y++) {
		uint8_t *row = data + (ptrdiff_t) y * stride;
		int left = row[0];

		for (int x = 0; x < w; x++) {
			int right = row[MIN(x + 1, w - 1)], here = row[x];

			row[x] = (uint8_t) ((left + 2 * here + right + 2) / 4);
			left = here;
		}
	}
	memcpy(before, data, (size_t) w);
	for (int y = 0; y < h; y++) {
		uint8_t *row = data + (ptrdiff_t) y * stride;
		const uint8_t *below = y + 1 < h ? row + stride : row;

		for (int x = 0; x < w; x++) {
			int here = row[x];

			row[x] = (uint8_t) ((before[x] + 2 * here + below[x] + 2) / 4);
			before[x] = (uint8_t) here;
		}
	}
}

void canvas_soften(struct canvas *c)
{
	for (int i = 0; i < 3; i++) {
		int s = plane_shift(i);

		soften_plane(c->plane[i], c->stride[i], (c->width + s) >> s, (c->height + s) >> s);
	}
}
