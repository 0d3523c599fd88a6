/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A glyph is known by how its ink lies around the ink's centre, at the line's scale, and by its
 * size and place on the line. What is read must look like one character, clearly less like any
 * other, and have its size; the whole line must be of a size, contrast and spacing like those
 * learnt: a number that fades, or one digit of which is missing, does not.
 */
#include "recognize/digits.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "recognize/digits-segment.h"

#define PATCH 24       /* samples of a side; a multiple of 8, for the compiler's vectors */
#define LINE_HEIGHT 20 /* samples of the line's height */
#define UNIT 8192      /* length of a patch as a vector */
#define TEMPLATES 48   /* all characters' */
#define TEMPLATES_EACH 4
#define SAME 0.96f        /* likeness of two pictures of one glyph in one font */
#define SURE 0.87f        /* likeness of what is read, when every digit is known … */
#define SURE_PARTLY 0.93f /* … and when it might be one that is not */
#define MARGIN 0.45f      /* of the way from the second best character to the best … */
#define MARGIN_MIN 0.06f  /* … and at least this much likeness */
#define FADED 0.45        /* of the learnt contrast: less is a number that fades */
#define GLARING 2.2       /* … */
#define GAP_SLACK 0.22f   /* line heights: less than the narrowest digit takes */
#define GAP_SPREAD 0.5f   /* … between the narrowest and the widest gap in a number */
#define STEADY 0.05       /* change of contrast between two pictures of a number that stays */
#define PICTURES_EACH 32
#define ALL_DIGITS 0x3ffU

/* Lengths are in heights of the line. */
struct shape {
	int16_t unit[PATCH * PATCH]; /* mean 0, length UNIT */
	float width, height;
	float rise; /* from the line's top down to the ink's centre */
};

struct template
{
	char character;
	float count;
	float sum[PATCH * PATCH]; /* of the pictures that it was learnt from */
	struct shape shape;
};

struct digits {
	struct segmenter *segmenter;
	int n;
	struct template templates[TEMPLATES];
	/* of what was learnt; set when n > 0 */
	bool dark;
	float aspect;         /* of the rectangle */
	float lines;          /* how many */
	float contrast, size; /* mean */
	float gap_max;        /* between characters */
	float space_min;      /* between words; 0: none seen */
};

int digits_new(struct digits **ret)
{
	_cleanup_(digits_freep) struct digits *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return -ENOMEM;
	r = segmenter_new(&d->segmenter);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(d);
	return 0;
}

struct digits *digits_free(struct digits *d)
{
	if (d)
		segmenter_free(d->segmenter);
	free(d);
	return NULL;
}

static void set_unit(const float *patch, int16_t *unit)
{
	float mean = 0, square = 0, scale;

	for (int i = 0; i < PATCH * PATCH; i++) {
		mean += patch[i];
		square += patch[i] * patch[i];
	}
	mean /= PATCH * PATCH;
	square -= mean * mean * PATCH * PATCH;
	scale = square > 1e-6f ? UNIT / sqrtf(square) : 0;
	for (int i = 0; i < PATCH * PATCH; i++)
		unit[i] = (int16_t) ((patch[i] - mean) * scale);
}

static void set_shape(const struct digits *d, const struct segment_line *l, int i, float *patch,
	struct shape *ret)
{
	const struct segment_glyph *g = &l->glyphs[i];

	segmenter_patch(d->segmenter, l, i, LINE_HEIGHT, PATCH, patch);
	set_unit(patch, ret->unit);
	ret->width = (g->x1 - g->x0) / l->height;
	ret->height = (g->y1 - g->y0) / l->height;
	ret->rise = (g->cy - l->top) / l->height;
}

static float likeness(const struct shape *a, const struct shape *b)
{
	int32_t sum = 0;

	for (int i = 0; i < PATCH * PATCH; i++)
		sum += a->unit[i] * b->unit[i];
	return (float) sum / ((float) UNIT * UNIT);
}

static bool same_size(const struct shape *a, const struct shape *b)
{
	return fabsf(a->width - b->width) < 0.14f && fabsf(a->height - b->height) < 0.14f &&
	       fabsf(a->rise - b->rise) < 0.1f;
}

struct candidate {
	const struct template *template; /* NULL: nothing is learnt */
	float likeness;
	const struct template *second; /* best of the other characters, or NULL */
	float second_likeness;
};

static struct candidate find_character(const struct digits *d, const struct shape *shape)
{
	struct candidate best = { .likeness = -1, .second_likeness = -1 };

	for (int i = 0; i < d->n; i++) {
		const struct template *t = &d->templates[i];
		bool other = best.template && best.template->character != t->character;
		float l = likeness(shape, &t->shape);

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

/* Noise makes a shape less like every character; what lies between two characters is some of each,
 * as when one fades into the other. */
static bool is_clear(const struct candidate *c)
{
	float between;

	if (!c->second)
		return true;
	between = 1 - likeness(&c->template->shape, &c->second->shape);
	return c->likeness - c->second_likeness > MAX(MARGIN * between, MARGIN_MIN);
}

static float gap_before(const struct segment_line *l, int i)
{
	return (l->glyphs[i].x0 - l->glyphs[i - 1].x1) / l->height;
}

static bool size_fits(const struct digits *d, const struct segment_line *l)
{
	return l->height > 0.75f * d->size && l->height < 1.33f * d->size;
}

unsigned digits_known(const struct digits *d)
{
	unsigned known = 0;

	for (int i = 0; i < d->n; i++)
		if (d->templates[i].character >= '0' && d->templates[i].character <= '9')
			known |= 1U << (d->templates[i].character - '0');
	return known;
}

/* What one picture teaches. */
struct lesson {
	struct segment_line line;
	int n;
	char text[DIGITS_MAX];
	bool spaced[DIGITS_MAX]; /* a space stands before it */
	struct shape shapes[DIGITS_MAX];
	float patches[DIGITS_MAX][PATCH * PATCH];
};

static int read_text(struct lesson *lesson, const char *text)
{
	bool space = false;

	for (; *text; text++) {
		if (*text == ' ') {
			space = true;
			continue;
		}
		if (!strchr("0123456789,.", *text) || lesson->n == DIGITS_MAX)
			return -EINVAL;
		lesson->spaced[lesson->n] = space && lesson->n;
		lesson->text[lesson->n++] = *text;
		space = false;
	}
	return lesson->n ? 0 : -EINVAL;
}

static bool find_line(const struct digits *d, struct lesson *lesson, const struct grey *g,
	struct rect r, bool dark)
{
	segmenter_look(d->segmenter, g, r, d->aspect, dark, &lesson->line);
	return lesson->line.n == lesson->n;
}

/* Whether no digit is missing, and no space where the text has none. */
static bool is_spaced_so(const struct digits *d, const struct lesson *lesson)
{
	float least = INFINITY;

	for (int i = 1; i < lesson->n; i++)
		least = MIN(least, gap_before(&lesson->line, i));
	if (d->lines > 0)
		least = MIN(least, d->gap_max);
	for (int i = 1; i < lesson->n; i++)
		if (!lesson->spaced[i] && gap_before(&lesson->line, i) > least + GAP_SPREAD)
			return false;
	return true;
}

/* Whether it goes together with itself and with what is known. */
static bool makes_sense(const struct digits *d, const struct lesson *lesson)
{
	for (int i = 0; i < lesson->n; i++) {
		const struct shape *shape = &lesson->shapes[i];
		struct candidate c = find_character(d, shape);

		if (c.template && c.template->character != lesson->text[i] &&
			c.likeness > SURE_PARTLY && same_size(shape, &c.template->shape))
			return false;
		for (int k = 0; k < i; k++)
			if (lesson->text[k] != lesson->text[i] &&
				same_size(shape, &lesson->shapes[k]) &&
				likeness(shape, &lesson->shapes[k]) > SAME)
				return false;
	}
	return is_spaced_so(d, lesson) && (!d->n || size_fits(d, &lesson->line));
}

/* The template of this character that looks like the shape, or room for a new one; NULL: enough is
 * known of it. */
static struct template *find_place(struct digits *d, char character, const struct shape *shape)
{
	int count = 0;

	for (int i = 0; i < d->n; i++) {
		struct template *t = &d->templates[i];

		if (t->character != character)
			continue;
		if (likeness(shape, &t->shape) > SAME && same_size(shape, &t->shape))
			return t->count < PICTURES_EACH ? t : NULL;
		count++;
	}
	if (count == TEMPLATES_EACH)
		return NULL;
	d->templates[d->n] = (struct template){ .character = character };
	return &d->templates[d->n++];
}

static float mean_with(float mean, float count, float value)
{
	return (mean * count + value) / (count + 1);
}

static bool learn_glyph(struct digits *d, const struct lesson *lesson, int i)
{
	const struct shape *shape = &lesson->shapes[i];
	struct template *t = find_place(d, lesson->text[i], shape);

	if (!t)
		return false;
	for (int k = 0; k < PATCH * PATCH; k++)
		t->sum[k] += lesson->patches[i][k];
	set_unit(t->sum, t->shape.unit);
	t->shape.width = mean_with(t->shape.width, t->count, shape->width);
	t->shape.height = mean_with(t->shape.height, t->count, shape->height);
	t->shape.rise = mean_with(t->shape.rise, t->count, shape->rise);
	t->count++;
	return true;
}

static void learn_line(struct digits *d, const struct lesson *lesson)
{
	const struct segment_line *l = &lesson->line;

	d->contrast = mean_with(d->contrast, d->lines, l->contrast);
	d->size = mean_with(d->size, d->lines, l->height);
	d->lines++;
	for (int i = 1; i < l->n; i++) {
		float gap = gap_before(l, i);

		if (!lesson->spaced[i])
			d->gap_max = MAX(d->gap_max, gap);
		else if (d->space_min == 0 || gap < d->space_min)
			d->space_min = gap;
	}
}

int digits_learn(struct digits *d, const struct grey *g, struct rect r, const char *text)
{
	_cleanup_(freep) struct lesson *lesson = calloc(1, sizeof(*lesson));
	bool dark = d->dark, learnt = false;
	int e;

	if (!lesson)
		return -ENOMEM;
	e = read_text(lesson, text);
	if (e < 0)
		return e;
	if (!find_line(d, lesson, g, r, dark)) {
		dark = !dark;
		if (d->n || !find_line(d, lesson, g, r, dark))
			return -EBADMSG;
	}
	for (int i = 0; i < lesson->n; i++)
		set_shape(d, &lesson->line, i, lesson->patches[i], &lesson->shapes[i]);
	if (!makes_sense(d, lesson))
		return -EBADMSG;
	d->dark = dark;
	if (!d->n)
		d->aspect = (float) r.w / (float) r.h;
	for (int i = 0; i < lesson->n; i++)
		learnt |= learn_glyph(d, lesson, i);
	if (!learnt)
		return -ENOSPC;
	learn_line(d, lesson);
	return 0;
}

/* A space, nothing, or -1: further apart than characters stand, so one is missing. */
static int read_gap(const struct digits *d, const struct segment_line *l, int i)
{
	float gap = gap_before(l, i);

	if (d->space_min > 0 && gap > (d->gap_max + d->space_min) / 2)
		return gap < d->space_min + GAP_SLACK ? ' ' : -1;
	return gap < d->gap_max + GAP_SLACK ? 0 : -1;
}

/* Whether all of the line is sure. */
static bool read_line(
	const struct digits *d, const struct segment_line *l, struct digits_reading *reading)
{
	float sure = (digits_known(d) & ALL_DIGITS) == ALL_DIGITS ? SURE : SURE_PARTLY;
	float patch[PATCH * PATCH];
	struct shape shape;
	size_t n = 0;
	bool all = true;

	reading->confidence = 1;
	for (int i = 0; i < l->n; i++) {
		struct candidate c;
		int space = i ? read_gap(d, l, i) : 0;

		set_shape(d, l, i, patch, &shape);
		c = find_character(d, &shape);
		reading->confidence = MIN(reading->confidence, MAX((double) c.likeness, 0.0));
		all &= space >= 0 && c.template && c.likeness >= sure && is_clear(&c) &&
		       same_size(&shape, &c.template->shape) && n + (space > 0) < DIGITS_MAX;
		if (!all)
			continue;
		if (space)
			reading->text[n++] = (char) space;
		reading->text[n++] = c.template->character;
	}
	return all;
}

int digits_read(
	const struct digits *d, const struct grey *g, struct rect r, struct digits_reading *ret)
{
	struct digits_reading reading = { 0 };
	struct segment_line l;

	if (d->n) {
		segmenter_look(d->segmenter, g, r, d->aspect, d->dark, &l);
		reading.contrast = (double) (l.contrast / d->contrast);
		if (l.n)
			reading.sure = read_line(d, &l, &reading) && size_fits(d, &l) &&
				       reading.contrast > FADED && reading.contrast < GLARING;
		if (!reading.sure)
			memset(reading.text, 0, sizeof(reading.text));
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

bool digits_filter_push(struct digits_filter *f, const struct digits_reading *r)
{
	bool same = r->sure && f->count && strcmp(r->text, f->pending) == 0 &&
		    fabs(r->contrast - f->contrast) < STEADY * f->contrast;

	if (!same) {
		f->count = 0;
		memcpy(f->pending, r->text, sizeof(f->pending));
	}
	f->contrast = r->contrast;
	if (r->sure && f->count < MAX(f->need, 1))
		f->count++;
	if (f->count < MAX(f->need, 1) || strcmp(f->text, f->pending) == 0)
		return false;
	memcpy(f->text, f->pending, sizeof(f->text));
	return true;
}
