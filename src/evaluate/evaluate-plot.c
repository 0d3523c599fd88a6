/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drawn in indexes of a palette, so that a state is a colour. A column of pixels stands for a span
 * of time: of decisions that share one the last is seen, of scores the lowest to the highest.
 */
#include "evaluate/evaluate-plot.h"

#include <math.h>
#include <string.h>

#include "common/file.h"
#include "common/usec.h"
#include "media/png.h"
#include "media/text.h"
#include "recognize/evidence.h"

#define WIDTH 1600
#define LEFT 130 /* where time begins */
#define RIGHT 20
#define SPAN (WIDTH - LEFT - RIGHT)
#define TOP 40
#define STRIP 24 /* height of a strip */
#define STRIP_STEP 32
#define STRIPS 3
#define PANEL 80 /* height of a state's scores */
#define PANEL_STEP 96
#define BOTTOM 40
#define TICKS_MAX 16
#define DISTANCE_MAX 32.0 /* of the compatible mode that is still drawn */

enum colour {
	COLOUR_PAPER,
	COLOUR_INK,
	COLOUR_GRID,
	COLOUR_WRONG,
	COLOUR_SUGGESTED,
	COLOUR_OTHER,
	COLOUR_STATES, /* and those that follow */
};

#define STATE_COLOURS 8

static const uint32_t palette[PNG_COLOURS] = {
	[COLOUR_PAPER] = 0xffffff,
	[COLOUR_INK] = 0x202020,
	[COLOUR_GRID] = 0xd8d8d8,
	[COLOUR_WRONG] = 0xe00000,
	[COLOUR_SUGGESTED] = 0x00b000,
	[COLOUR_OTHER] = 0x909090,
	[COLOUR_STATES] = 0x3878c8,
	0xe89820,
	0x38a048,
	0x9058b8,
	0x20a8a8,
	0xb87840,
	0xd060a0,
	0x708020,
};

struct plot {
	const struct evaluate_result *r;
	uint8_t *pixels;
	int height;
	uint64_t end_usec;
};

static void fill(struct plot *p, int x, int y, int w, int h, uint8_t colour)
{
	for (int row = y; row < y + h; row++)
		memset(p->pixels + (ptrdiff_t) row * WIDTH + x, colour, (size_t) w);
}

static void words(struct plot *p, int x, int y, int scale, const char *text)
{
	text_draw(p->pixels, WIDTH, WIDTH, p->height, x, y, scale, COLOUR_INK, text);
}

static uint8_t colour_of(const struct plot *p, int state)
{
	if (state < 0 || state >= p->r->rules.n_states)
		return COLOUR_OTHER;
	return (uint8_t) (COLOUR_STATES + state % STATE_COLOURS);
}

/* Column of a time; the time may lie beyond the end. */
static int column(const struct plot *p, uint64_t usec)
{
	return LEFT + (int) ((double) MIN(usec, p->end_usec) / (double) p->end_usec * SPAN);
}

static uint64_t until(const struct plot *p, size_t i)
{
	return i + 1 < p->r->n_decisions ? p->r->decisions[i + 1].usec : p->end_usec;
}

static void draw_time(struct plot *p)
{
	static const int steps[] = { 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600 };
	int seconds = (int) (p->end_usec / USEC_PER_SEC), step = 2 * 3600;
	int low = p->height - BOTTOM;
	char text[32];

	for (size_t i = ARRAY_SIZE(steps); i-- > 0;)
		step = seconds / steps[i] <= TICKS_MAX ? steps[i] : step;
	for (int s = 0; s <= seconds; s += step) {
		int x = column(p, (uint64_t) s * USEC_PER_SEC);

		fill(p, x, TOP, 1, low - TOP, COLOUR_GRID);
		snprintf(text, sizeof(text), "%d s", s);
		words(p, MIN(x, WIDTH - 8 - text_width(text, 2)), low + 10, 2, text);
	}
}

static void draw_shown(struct plot *p, int y)
{
	const struct truth *t = &p->r->truth;

	words(p, 8, y + 5, 2, "shown");
	for (size_t i = 0; i < t->n_segments; i++) {
		const struct truth_segment *s = &t->segments[i];
		int x = column(p, s->start_usec);

		fill(p, x, y, column(p, s->end_usec) - x, STRIP, colour_of(p, s->state));
	}
}

static void draw_decided(struct plot *p, int y, bool raw)
{
	words(p, 8, y + 5, 2, raw ? "raw" : "decided");
	for (size_t i = 0; i < p->r->n_decisions; i++) {
		const struct evaluate_decision *d = &p->r->decisions[i];
		int x = column(p, d->usec);

		fill(p, x, y, MAX(column(p, until(p, i)) - x, 1), STRIP,
			colour_of(p, raw ? d->raw : d->state));
	}
}

/* Below the decisions: where they are wrong and it counts. */
static void draw_wrong(struct plot *p, int y)
{
	const struct truth *t = &p->r->truth;
	size_t k = 0;

	for (size_t i = 0; i < p->r->n_decisions; i++) {
		const struct evaluate_decision *d = &p->r->decisions[i];
		const struct truth_segment *s;
		int x = column(p, d->usec);

		while (k < t->n_segments && t->segments[k].end_usec <= d->usec)
			k++;
		s = k < t->n_segments ? &t->segments[k] : NULL;
		if (!s || s->end_usec - s->start_usec < EVALUATE_LONG_USEC ||
			d->usec < s->start_usec + EVALUATE_SETTLE_USEC ||
			evaluate_index(&p->r->figures, d->state) ==
				evaluate_index(&p->r->figures, s->state))
			continue;
		fill(p, x, y + STRIP + 1, MAX(column(p, until(p, i)) - x, 2), 4, COLOUR_WRONG);
	}
}

/* 0 … 1: how high the score stands in its panel. */
static double height_of(const struct plot *p, double score)
{
	if (p->r->rules.mode == MODE_COMPATIBLE)
		score = score < 0 ? 0 : 1 - score / DISTANCE_MAX;
	return CLAMP(score, 0, 1);
}

static int row_of(int y, double height)
{
	return y + (int) lround((1 - height) * (PANEL - 1));
}

/* What a state's score must reach, now and as suggested; NAN: there is no such. */
static double threshold_of(const struct plot *p, int state)
{
	if (p->r->rules.mode == MODE_COMPATIBLE)
		return p->r->rules.states[state].threshold;
	return (double) EVIDENCE_PURE;
}

static double suggested_of(const struct plot *p, int state)
{
	const struct evaluate_result *r = p->r;
	double margin, suggested;

	if (r->rules.mode == MODE_COMPATIBLE)
		return r->suggested < 0 ? NAN : r->points[r->suggested].value;
	suggested = separation_suggest(&r->separations[state], &margin);
	return isnan(suggested)
		       ? NAN
		       : (double) evidence_purity((float) suggested, r->rules.states[state].score);
}

static void draw_threshold(struct plot *p, int y, double threshold, uint8_t colour)
{
	if (!isnan(threshold))
		fill(p, LEFT, row_of(y, height_of(p, threshold)), SPAN, 1, colour);
}

static void draw_scores(struct plot *p, int y, int state)
{
	const struct rules *rules = &p->r->rules;
	int last = -1;

	words(p, 8, y + PANEL / 2 - 7, 2, rules->states[state].name);
	fill(p, LEFT, y, SPAN, 1, COLOUR_GRID);
	fill(p, LEFT, y + PANEL, SPAN, 1, COLOUR_GRID);
	draw_threshold(p, y, threshold_of(p, state), COLOUR_WRONG);
	draw_threshold(p, y, suggested_of(p, state), COLOUR_SUGGESTED);
	for (size_t i = 0; i < p->r->n_decisions; i++) {
		float score = p->r->scores[i * (size_t) rules->n_states + (size_t) state];
		int row = row_of(y, height_of(p, score)), x = column(p, p->r->decisions[i].usec);
		uint8_t colour = colour_of(p, state);

		if (last < 0)
			last = row;
		fill(p, x, MIN(last, row), 2, abs(row - last) + 2, colour);
		fill(p, x, row, MAX(column(p, until(p, i)) - x, 2), 2, colour);
		last = row;
	}
}

static void draw(struct plot *p, const struct evaluate_options *o)
{
	const struct evaluation *e = &p->r->figures;
	const char *slash = strrchr(o->clip, '/');
	char title[256];
	int y = TOP;

	snprintf(title, sizeof(title), "%s: %.2f %% right, %d of %d changes missed, %d false",
		slash ? slash + 1 : o->clip, e->right_share * 100, e->missed_changes, e->changes,
		e->false_changes);
	words(p, 8, 12, 2, title);
	draw_time(p);
	draw_shown(p, y);
	draw_decided(p, y + STRIP_STEP, false);
	draw_wrong(p, y + STRIP_STEP);
	draw_decided(p, y + 2 * STRIP_STEP, true);
	y += STRIPS * STRIP_STEP;
	for (int s = 0; s < p->r->rules.n_states; s++)
		draw_scores(p, y + s * PANEL_STEP, s);
}

int evaluate_plot(
	const char *path, const struct evaluate_options *o, const struct evaluate_result *result)
{
	_cleanup_(freep) uint8_t *pixels = NULL, *png = NULL;
	const struct truth *t = &result->truth;
	struct plot p = { .r = result };
	size_t size;
	int r;

	p.height = TOP + STRIPS * STRIP_STEP + result->rules.n_states * PANEL_STEP + BOTTOM;
	p.end_usec = result->decisions[result->n_decisions - 1].usec + 1;
	if (t->n_segments)
		p.end_usec = MAX(p.end_usec, t->segments[t->n_segments - 1].end_usec);
	pixels = calloc((size_t) p.height, WIDTH);
	if (!pixels)
		return -ENOMEM;
	p.pixels = pixels;
	draw(&p, o);
	r = png_encode(pixels, WIDTH, p.height, palette, &png, &size);
	return r < 0 ? r : file_write(path, png, size, 0644, 0);
}
