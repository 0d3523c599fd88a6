/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is read must look like one character, clearly less like any other, differ from it nowhere by
 * as much as a stroke, and have its size; the whole line must be of a size, contrast and spacing
 * like those learnt: a number that fades, or one digit of which is missing, does not.
 */
#include "recognize/digits.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "recognize/digits-private.h"

#define SURE 0.8f              /* likeness of what is read, when every digit is known … */
#define SURE_PARTLY 0.88f      /* … and when it might be one that is not */
#define DIFFERENT 0.28f        /* shape_difference() of another digit … */
#define DIFFERENT_PARTLY 0.18f /* … that may not be known */
#define MARGIN 0.45f           /* of the way from the second best character to the best */
#define UNLIKE 0.3f            /* between characters for which that is enough; else … */
#define CLEARLY 2.6f           /* … the second's difference above the best one's */
#define FITS 0.6f              /* likeness that is enough to take a glyph's height from */
#define MEND 0.35f             /* of what parts two characters */
#define MEND_MAX 3             /* samples */
#define SAME_SCALE 0.01f
#define TALL 0.6f       /* heights: less high is no digit */
#define FADED 0.45      /* of the learnt contrast: less is a number that fades */
#define GLARING 2.2     /* … */
#define GAP_SLACK 0.22f /* line heights: less than the narrowest digit takes */

int digits_new(struct digits **ret)
{
	_cleanup_(digits_freep) struct digits *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return -ENOMEM;
	d->font = calloc(1, sizeof(*d->font));
	d->line = calloc(1, sizeof(*d->line));
	if (!d->font || !d->line)
		return -ENOMEM;
	r = segmenter_new(&d->segmenter);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(d);
	return 0;
}

struct digits *digits_free(struct digits *d)
{
	if (!d)
		return NULL;
	for (int i = 0; i < d->n_examples; i++)
		crop_deinit(&d->examples[i].crop);
	segmenter_free(d->segmenter);
	free(d->font);
	free(d->line);
	free(d);
	return NULL;
}

static struct digits_candidate find(const struct font *f, const struct shape *shape)
{
	struct digits_candidate best = { .likeness = -1, .second_likeness = -1 };

	for (int i = 0; i < f->n; i++) {
		const struct template *t = &f->templates[i];
		bool other = best.template && best.template->character != t->character;
		float l = shape_likeness(shape, &t->shape);

		if (l > best.likeness) {
			if (other) {
				best.second = best.template;
				best.second_likeness = best.likeness;
			}
			best.template = t;
			best.likeness = l;
		} else if (other && l > best.second_likeness) {
			best.second = t;
			best.second_likeness = l;
		}
	}
	return best;
}

static int compare_floats(const void *a, const void *b)
{
	float x = *(const float *) a, y = *(const float *) b;

	return (x > y) - (x < y);
}

static float middle_of(float *values, int n)
{
	qsort(values, (size_t) n, sizeof(*values), compare_floats);
	return values[n / 2];
}

static void take_shapes(const struct font *f, const struct segmenter *s, struct digits_line *l)
{
	for (int i = 0; i < l->line.n; i++) {
		shape_take(s, &l->line, i, &l->shapes[i]);
		l->found[i] = find(f, &l->shapes[i]);
	}
}

/* What its height can be taken from; NULL: nothing. */
static const struct template *measure_of(const struct digits_line *l, int i, const char *text)
{
	const struct digits_candidate *c = &l->found[i];

	if (c->likeness < FITS || c->template->shape.height < TALL ||
		(text && text[i] != c->template->character))
		return NULL;
	return c->template;
}

void digits_look(
	const struct font *f, const struct segmenter *s, const char *text, struct digits_line *l)
{
	float heights[SEGMENT_GLYPHS_MAX], tops[SEGMENT_GLYPHS_MAX], scale;
	int n = 0;

	take_shapes(f, s, l);
	for (int i = 0; i < l->line.n; i++) {
		const struct template *t = measure_of(l, i, text);

		if (t)
			heights[n++] = l->shapes[i].height / t->shape.height;
	}
	if (!n)
		return;
	scale = CLAMP(middle_of(heights, n), 0.8f, 1.25f);
	l->line.height *= scale;
	n = 0;
	for (int i = 0; i < l->line.n; i++) {
		const struct template *t = measure_of(l, i, text);

		if (t)
			tops[n++] = l->line.glyphs[i].cy - t->shape.rise * l->line.height;
	}
	l->line.top = middle_of(tops, n);
	if (fabsf(scale - 1) > SAME_SCALE)
		take_shapes(f, s, l);
	else
		for (int i = 0; i < l->line.n; i++)
			shape_place(&l->line, i, &l->shapes[i]);
}

float digits_gap(const struct segment_line *l, int i)
{
	return (l->glyphs[i].x0 - l->glyphs[i - 1].x1) / l->height;
}

bool digits_size_fits(const struct font *f, const struct segment_line *l)
{
	return l->height > 0.75f * f->size && l->height < 1.33f * f->size;
}

unsigned digits_known(const struct digits *d)
{
	const struct font *f = d->font;
	unsigned known = 0;

	for (int i = 0; i < f->n; i++)
		if (f->templates[i].character >= '0' && f->templates[i].character <= '9')
			known |= 1U << (f->templates[i].character - '0');
	return known;
}

/* A space, nothing, or -1: further apart than characters stand, so one is missing. */
static int read_gap(const struct font *f, const struct segment_line *l, int i)
{
	float gap = digits_gap(l, i);

	if (f->space_min > 0 && gap > (f->gap_max + f->space_min) / 2)
		return gap < f->space_min + GAP_SLACK ? ' ' : -1;
	return gap < f->gap_max + GAP_SLACK ? 0 : -1;
}

/* The character, when it is sure. Noise makes a shape less like every character; what lies between
 * two characters is some of each, as when one fades into the other. Where two are much alike, only
 * the place in which they are not tells which one it is. */
static const struct template *decide(
	const struct shape *shape, const struct digits_candidate *c, bool all_known)
{
	const struct template *t = c->template;
	float difference, second, between;

	if (!t || c->likeness < (all_known ? SURE : SURE_PARTLY))
		return NULL;
	difference = shape_difference(shape, &t->shape);
	between = c->second ? 1 - shape_likeness(&t->shape, &c->second->shape) : 2;
	if (between < UNLIKE) {
		second = shape_difference(shape, &c->second->shape);
		if (second < difference) {
			float swap = second;

			second = difference;
			difference = swap;
			t = c->second;
		}
		if (second < CLEARLY * difference)
			return NULL;
	} else if (c->second && c->likeness - c->second_likeness < MARGIN * between) {
		return NULL;
	}
	if (difference > (all_known ? DIFFERENT : DIFFERENT_PARTLY) ||
		!shape_same_size(shape, &t->shape))
		return NULL;
	return t;
}

/* What is seen in the line, and whether all of it is sure. */
static bool read_line(const struct digits *d, char seen[DIGITS_MAX + 1])
{
	bool all_known = (digits_known(d) & DIGITS_ALL) == DIGITS_ALL, sure = true;
	const struct digits_line *l = d->line;
	size_t n = 0;

	for (int i = 0; i < l->line.n; i++) {
		int space = i ? read_gap(d->font, &l->line, i) : 0;
		const struct template *t;

		if (space < 0 || n + (space > 0) >= DIGITS_MAX) {
			memset(seen, 0, DIGITS_MAX + 1);
			return false;
		}
		if (space)
			seen[n++] = (char) space;
		t = decide(&l->shapes[i], &l->found[i], all_known);
		seen[n++] = t ? t->character : DIGITS_UNSURE;
		sure = sure && t;
	}
	return sure && n > 0;
}

/* As it was learnt; but noise breaks thin strokes, and what breaks may be mended as far as no two
 * characters are made one. */
static struct segment_how reading_way(const struct font *f)
{
	struct segment_how how = f->how;
	float between = MAX(f->gap_min, 0) * f->size;

	how.bridge = CLAMP((int) (MEND * between), how.bridge, MEND_MAX);
	return how;
}

int digits_read(
	const struct digits *d, const struct grey *g, struct rect r, struct digits_reading *ret)
{
	struct digits_reading reading = { 0 };
	struct digits_line *l = d->line;

	if (d->font->n) {
		struct segment_how how = reading_way(d->font);

		segmenter_look(d->segmenter, g, r, &how, &l->line);
		digits_look(d->font, d->segmenter, NULL, l);
		reading.contrast = (double) (l->line.contrast / d->font->contrast);
		reading.confidence = l->line.n > 0;
		for (int i = 0; i < l->line.n; i++)
			reading.confidence =
				MIN(reading.confidence, MAX((double) l->found[i].likeness, 0.0));
		reading.sure = digits_size_fits(d->font, &l->line) && reading.contrast > FADED &&
			       reading.contrast < GLARING && read_line(d, reading.seen);
		if (reading.sure)
			memcpy(reading.text, reading.seen, sizeof(reading.text));
	}
	*ret = reading;
	return 0;
}

bool digits_has_format(const char *text, const char *format)
{
	if (!format)
		return true;
	for (; *text && *format; text++, format++)
		if (*format == '9' ? *text < '0' || *text > '9' : *text != *format)
			return false;
	return !*text && !*format;
}
