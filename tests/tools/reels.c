/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A strip holds a reel's symbols from top to bottom and the first ones again, so that a window of
 * it can be copied as one piece. A wheel's map holds the direction of each of its pixels; turning
 * it is adding to the direction before the colour is looked up.
 */
#include "tests/tools/reels.h"

#include <math.h>
#include <string.h>

#define STRIPS_MAX 4
#define WHEELS_MAX 2
#define DIRECTIONS 1024
#define OUTSIDE 0xffff

struct strip {
	const struct reels *key;
	struct canvas canvas;
	uint8_t *pixels;
	int cell; /* lines of a symbol; even */
};

struct wheel_map {
	const struct wheel *key;
	struct rect area; /* pixels; even */
	uint16_t *directions;
	uint8_t levels[3][DIRECTIONS];
};

struct sprites {
	struct strip strips[STRIPS_MAX];
	struct wheel_map wheels[WHEELS_MAX];
};

uint64_t mix64(uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t x = a * 0x9e3779b97f4a7c15 + b * 0xd1b54a32d192ed03 + c * 0x8cb92ba72f3d8dd7;

	x = (x ^ x >> 32) * 0xd6e8feb86659fd93;
	x = (x ^ x >> 29) * 0x94d049bb133111eb;
	return x ^ x >> 32;
}

struct sprites *sprites_new(void)
{
	return calloc(1, sizeof(struct sprites));
}

struct sprites *sprites_free(struct sprites *s)
{
	if (!s)
		return NULL;
	for (int i = 0; i < STRIPS_MAX; i++)
		free(s->strips[i].pixels);
	for (int i = 0; i < WHEELS_MAX; i++)
		free(s->wheels[i].directions);
	free(s);
	return NULL;
}

static void draw_cherry(struct canvas *c, int x, int y, int r)
{
	const float stalk[] = { (float) (x - r / 2), (float) (y + r / 4), (float) (x + r / 4),
		(float) (y - r), (float) (x + r / 2), (float) (y - r), (float) (x - r / 3),
		(float) (y + r / 4) };

	canvas_polygon(c, stalk, 4, 0x2f8f2f);
	canvas_disc(c, x - r / 2, y + r / 2, r / 2, 0xc01020);
	canvas_disc(c, x + r / 2, y + r / 3, r / 2, 0xd81830);
	canvas_disc(c, x - r * 5 / 8, y + r * 3 / 8, r / 8, 0xffc0c0);
}

static void draw_bell(struct canvas *c, int x, int y, int r)
{
	const float body[] = { (float) x - (float) r * 0.35F, (float) (y - r * 3 / 4),
		(float) x + (float) r * 0.35F, (float) (y - r * 3 / 4), (float) (x + r * 3 / 4),
		(float) (y + r / 2), (float) (x - r * 3 / 4), (float) (y + r / 2) };

	canvas_disc(c, x, y + r / 2, r / 4, 0x8a5a10);
	canvas_polygon(c, body, 4, 0xf0b820);
	canvas_fill(c, (struct rect){ x - r * 7 / 8, y + r / 3, r * 7 / 4, r / 5 }, 0xc88a10);
}

static void draw_gem(struct canvas *c, int x, int y, int r)
{
	const float outer[] = { (float) x, (float) (y - r), (float) (x + r * 3 / 4), (float) y,
		(float) x, (float) (y + r), (float) (x - r * 3 / 4), (float) y };
	const float inner[] = { (float) x, (float) (y - r), (float) (x + r / 4), (float) y,
		(float) x, (float) (y + r), (float) (x - r / 4), (float) y };

	canvas_polygon(c, outer, 4, 0x1890d0);
	canvas_polygon(c, inner, 4, 0x80e0ff);
}

static void draw_crown(struct canvas *c, int x, int y, int r)
{
	const float points[] = { (float) (x - r), (float) (y - r / 2), (float) (x - r / 2),
		(float) (y + r / 8), (float) x, (float) (y - r * 7 / 8), (float) (x + r / 2),
		(float) (y + r / 8), (float) (x + r), (float) (y - r / 2), (float) (x + r * 3 / 4),
		(float) (y + r * 3 / 4), (float) (x - r * 3 / 4), (float) (y + r * 3 / 4) };

	canvas_polygon(c, points, 7, 0xffd040);
	canvas_fill(c, (struct rect){ x - r * 3 / 4, y + r / 2, r * 3 / 2, r / 4 }, 0xb02050);
}

static void draw_fish(struct canvas *c, int x, int y, int r)
{
	const float tail[] = { (float) (x + r / 3), (float) y, (float) (x + r), (float) (y - r / 2),
		(float) (x + r), (float) (y + r / 2) };

	canvas_polygon(c, tail, 3, 0xe07020);
	canvas_round(c, (struct rect){ x - r, y - r / 2, r * 3 / 2, r }, r / 2, 0xff9030);
	canvas_disc(c, x - r / 2, y - r / 8, r / 8, 0x101010);
}

static void draw_moon(struct canvas *c, int x, int y, int r, uint32_t back)
{
	canvas_disc(c, x, y, r, 0xf0f0b0);
	canvas_disc(c, x + r / 2, y - r / 5, r * 4 / 5, back);
}

static void draw_clover(struct canvas *c, int x, int y, int r)
{
	canvas_fill(c, (struct rect){ x - r / 8, y, r / 4, r }, 0x106018);
	for (int i = 0; i < 4; i++)
		canvas_disc(c, x + (i % 2 ? r : -r) * 2 / 5, y - r / 8 + (i / 2 ? r : -r) * 2 / 5,
			r * 2 / 5, 0x20a838);
}

static void draw_plate(struct canvas *c, int x, int y, int r)
{
	const struct type t = { TYPE_BOLD, MAX(r / 11, 1), MAX(r / 11, 1) };
	const struct rect plate = { x - r, y - r / 2, 2 * r, r };

	canvas_round(c, plate, r / 6, 0x202830);
	canvas_label(c, plate, &t, 0xffffff, "BAR");
}

static void draw_sign(struct canvas *c, int symbol, struct rect box, int r)
{
	static const char letters[] = "AKQJT98";
	const struct type t = { TYPE_BOLD, MAX(r / 4, 1), MAX(r / 4, 1) };
	const char text[2] = { symbol == SYMBOL_SEVEN ? '7' : letters[(symbol - SYMBOL_LETTER) % 7],
		'\0' };
	struct rect under = { box.x + 2, box.y + 2, box.w, box.h };

	canvas_label(c, under, &t, 0x201008, text);
	canvas_label(c, box, &t, symbol == SYMBOL_SEVEN ? 0xe01818 : 0x7a2aa0, text);
}

void symbol_draw(struct canvas *c, int symbol, struct rect box)
{
	int x = box.x + box.w / 2, y = box.y + box.h / 2, r = MIN(box.w, box.h) * 2 / 5;

	if (symbol == SYMBOL_CHERRY)
		draw_cherry(c, x, y, r);
	else if (symbol == SYMBOL_BAR)
		draw_plate(c, x, y, r);
	else if (symbol == SYMBOL_STAR)
		canvas_star(c, x, y, r, 5, 0, 0xffc818);
	else if (symbol == SYMBOL_BELL)
		draw_bell(c, x, y, r);
	else if (symbol == SYMBOL_GEM)
		draw_gem(c, x, y, r);
	else if (symbol == SYMBOL_CROWN)
		draw_crown(c, x, y, r);
	else if (symbol == SYMBOL_FISH)
		draw_fish(c, x, y, r);
	else if (symbol == SYMBOL_MOON)
		draw_moon(c, x, y, r, 0x30305a);
	else if (symbol == SYMBOL_CLOVER)
		draw_clover(c, x, y, r);
	else if (symbol == SYMBOL_COIN)
		canvas_disc(c, x, y, r, 0xb8861a), canvas_disc(c, x, y, r * 3 / 4, 0xf8d860),
			canvas_star(c, x, y, r / 2, 6, 0, 0xb8861a);
	else if (symbol == SYMBOL_SWEET)
		canvas_star(c, x, y, r, 10, 0.3F, 0xff60a8),
			canvas_disc(c, x, y, r * 3 / 5, 0xffd0e8),
			canvas_disc(c, x, y, r / 3, 0xe02878);
	else
		draw_sign(c, symbol, box, r);
}

static int even(int v)
{
	return v & ~1;
}

static int column_width(const struct reels *r)
{
	return (r->area.w - (r->columns - 1) * r->gap) / r->columns;
}

/* One picture of its own, of the scale of c. */
static int canvas_alloc(struct canvas *ret, const struct canvas *like, int w, int h, uint8_t **mem)
{
	size_t luma = (size_t) w * (size_t) h;
	uint8_t *p = malloc(luma + luma / 2);

	if (!p)
		return -ENOMEM;
	*ret = (struct canvas){
		.plane = { p, p + luma, p + luma + luma / 4 },
		.stride = { w, w / 2, w / 2 },
		.width = w,
		.height = h,
		.full_w = like->full_w,
		.full_h = like->full_h,
		.clip = { 0, 0, w, h },
		.tone = like->tone,
	};
	*mem = p;
	return 0;
}

static void draw_strip(struct canvas *c, const struct reels *r, int cell)
{
	int w = column_width(r), h = cell * CANVAS_HEIGHT / c->full_h;

	canvas_clear(c, r->back);
	for (int i = 0; i < r->n_symbols + r->rows; i++) {
		struct rect box = { 0, 0, w, h };

		/* Each cell begins on its own line of pixels, whatever the scale. */
		c->shift_y = i * cell;
		if (r->cells) {
			canvas_round(c, (struct rect){ 2, 2, w - 4, h - 4 }, 8, r->edge);
			canvas_round(c, (struct rect){ 4, 4, w - 8, h - 8 }, 6,
				rgb_mix(r->edge, 0xffffff, 60));
		}
		symbol_draw(c, r->symbols[i % r->n_symbols], box);
	}
	c->shift_y = 0;
	canvas_soften(c);
}

static const struct strip *get_strip(struct canvas *c, const struct reels *r)
{
	struct strip *s = c->sprites->strips, *end = s + STRIPS_MAX;
	int w;

	while (s < end && s->key && s->key != r)
		s++;
	if (s == end)
		return NULL;
	if (s->key)
		return s;
	w = MAX(even(column_width(r) * c->full_w / CANVAS_WIDTH), 2);
	s->cell = MAX(even(r->area.h * c->full_h / CANVAS_HEIGHT / r->rows), 2);
	if (canvas_alloc(&s->canvas, c, w, s->cell * (r->n_symbols + r->rows), &s->pixels) < 0)
		return NULL;
	s->key = r;
	draw_strip(&s->canvas, r, s->cell);
	return s;
}

/* Copies a window of src, whose top line is given, to x, y; all even. */
static void copy_window(
	struct canvas *c, const struct canvas *src, int x, int y, int top, int height)
{
	int left = MAX(0, -x), right = MIN(src->width, c->width - x);
	int first = MAX(0, -y), last = MIN(height, c->height - y);

	if (left >= right)
		return;
	for (int i = 0; i < 3; i++) {
		int s = i > 0, n = (right - left) >> s;

		for (int row = first >> s; row < last >> s; row++)
			memcpy(c->plane[i] + (ptrdiff_t) ((y >> s) + row) * c->stride[i] +
					((x + left) >> s),
				src->plane[i] + (ptrdiff_t) ((top >> s) + row) * src->stride[i] +
					(left >> s),
				(size_t) n);
	}
}

/* Symbols that have gone by until a moment, in 256ths. */
static int spin_position(
	const struct reels *r, uint64_t seed, int column, int frame, enum spin spin)
{
	int n = r->n_symbols, period = 60 + 8 * r->columns, turning = 24 + 8 * column;
	int cycle = frame / period, phase = frame % period, from, to;
	double part;

	if (spin == SPIN_ALWAYS)
		return (int) (mix64(seed, 1, (uint64_t) column) % (uint64_t) n * 256 +
			      (uint64_t) frame * (70 + 9 * (uint64_t) column));
	from = (int) (mix64(seed, (uint64_t) cycle + 2, (uint64_t) column) % (uint64_t) n);
	to = (int) (mix64(seed, (uint64_t) cycle + 3, (uint64_t) column) % (uint64_t) n);
	if (spin == SPIN_NEVER || phase == 0)
		return from * 256;
	if (phase >= turning)
		return to * 256;
	part = (double) phase / turning;
	part = part * (2 - part);
	return (int) (256 * (from + part * ((to - from + n) % n + n)));
}

void reels_draw(struct canvas *c, const struct reels *r, uint64_t seed, int frame, enum spin spin)
{
	const struct strip *s = get_strip(c, r);
	int y = even(canvas_pixel_y(c, r->area.y));

	for (int i = 0; s && i < r->columns; i++) {
		int x = even(canvas_pixel_x(c, r->area.x + i * (column_width(r) + r->gap)));
		int height = s->cell * r->n_symbols;
		int gone = spin_position(r, seed, i, frame, spin) * s->cell / 256 % height;

		/* They run downwards. */
		copy_window(c, &s->canvas, x, y, even((height - gone) % height), s->cell * r->rows);
	}
}

static void wheel_levels(
	const struct canvas *c, const struct wheel *w, uint8_t levels[3][DIRECTIONS])
{
	for (int i = 0; i < DIRECTIONS; i++) {
		int at = i * w->sectors, within = at % DIRECTIONS;
		uint32_t rgb = within < 8 * w->sectors ? 0xe0c060 : w->colours[at / DIRECTIONS];
		uint8_t one[3][4];
		struct canvas dot = { .plane = { one[0], one[1], one[2] },
			.stride = { 2, 1, 1 },
			.width = 2,
			.height = 2,
			.full_w = CANVAS_WIDTH,
			.full_h = CANVAS_HEIGHT,
			.clip = { 0, 0, 2, 2 },
			.tone = c->tone };

		canvas_clear(&dot, rgb);
		for (int p = 0; p < 3; p++)
			levels[p][i] = one[p][0];
	}
}

static const struct wheel_map *get_wheel(struct canvas *c, const struct wheel *w)
{
	struct wheel_map *m = c->sprites->wheels, *end = m + WHEELS_MAX;
	double to_x = (double) CANVAS_WIDTH / c->full_w, to_y = (double) CANVAS_HEIGHT / c->full_h;

	while (m < end && m->key && m->key != w)
		m++;
	if (m == end)
		return NULL;
	if (m->key)
		return m;
	m->area.w = even(2 * w->outer * c->full_w / CANVAS_WIDTH);
	m->area.h = even(2 * w->outer * c->full_h / CANVAS_HEIGHT);
	m->area.x = even(canvas_pixel_x(c, w->x - w->outer));
	m->area.y = even(canvas_pixel_y(c, w->y - w->outer));
	m->directions = malloc((size_t) m->area.w * (size_t) m->area.h * sizeof(*m->directions));
	if (!m->directions)
		return NULL;
	m->key = w;
	wheel_levels(c, w, m->levels);
	for (int y = 0; y < m->area.h; y++)
		for (int x = 0; x < m->area.w; x++) {
			double dx = (x + 0.5) * to_x - w->outer, dy = (y + 0.5) * to_y - w->outer;
			double away = sqrt(dx * dx + dy * dy);
			int direction = (int) ((atan2(dy, dx) / 6.28318531 + 1) * DIRECTIONS);

			m->directions[y * m->area.w + x] =
				away < w->inner || away > w->outer
					? OUTSIDE
					: (uint16_t) (direction % DIRECTIONS);
		}
	return m;
}

void wheel_draw(struct canvas *c, const struct wheel *w, int turn)
{
	const struct wheel_map *m = get_wheel(c, w);

	if (!m || m->area.x < 0 || m->area.y < 0 || m->area.x + m->area.w > c->width ||
		m->area.y + m->area.h > c->height)
		return;
	for (int p = 0; p < 3; p++) {
		int s = p > 0;

		for (int y = 0; y < m->area.h; y += 1 + s) {
			const uint16_t *from = m->directions + (ptrdiff_t) y * m->area.w;
			uint8_t *to = c->plane[p] +
				      (ptrdiff_t) ((m->area.y + y) >> s) * c->stride[p] +
				      (m->area.x >> s);

			for (int x = 0; x < m->area.w; x += 1 + s, to++)
				if (from[x] != OUTSIDE)
					*to = m->levels[p]
						       [(from[x] + DIRECTIONS - turn) % DIRECTIONS];
		}
	}
}
