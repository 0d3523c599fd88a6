/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Learning takes a line apart into as many glyphs as its text has, in the way in which the font was
 * taken apart before; the first line decides on that way. What does not go together with itself or
 * with what is known teaches nothing.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "recognize/digits-private.h"

#define TEMPLATES_EACH 4
#define PICTURES_EACH 32
#define ALIKE 0.9f    /* likeness of two pictures of one glyph in one font … */
#define EQUAL 0.17f   /* … and their shape_difference(); of others it is twice that and more */
#define OTHER 0.3f    /* … where somebody who errs calls both by one name, though they are not */
#define WIDER 1.6f    /* one digit than another … */
#define WIDE_ONE 1.2f /* … and the 1 than the widest */
#define GAP_SPREAD 0.5f /* line heights between the narrowest and the widest gap in a number */

/* Ways to take text apart that are tried in turn: letters whose strokes touch, nearly touch, and
 * consist of dots. */
static const struct {
	int bridge, smear;
} ways[] = { { 0, 0 }, { 2, 0 }, { 0, 5 }, { 0, 7 }, { 0, 9 }, { 0, 12 } };

/* What one picture teaches. */
struct lesson {
	bool guess; /* the text is somebody's who may err */
	struct digits_line *look;
	int n;
	char text[DIGITS_MAX];
	bool spaced[DIGITS_MAX]; /* a space stands before it */
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

/* Whether no digit is missing, and no space where the text has none. */
static bool is_spaced_so(const struct font *f, const struct lesson *lesson)
{
	float least = INFINITY;

	for (int i = 1; i < lesson->n; i++)
		least = MIN(least, digits_gap(&lesson->look->line, i));
	if (f->lines > 0)
		least = MIN(least, f->gap_max);
	for (int i = 1; i < lesson->n; i++)
		if (!lesson->spaced[i] && digits_gap(&lesson->look->line, i) > least + GAP_SPREAD)
			return false;
	return true;
}

/* Digits of one font are about equally wide, but for the 1: a wider one is two. */
static bool is_as_wide(const struct font *f, const struct lesson *lesson)
{
	float least = INFINITY, most = 0, one = 0;

	for (int i = 0; i < lesson->n; i++) {
		float width = lesson->look->shapes[i].width;

		if (lesson->text[i] == '1')
			one = MAX(one, width);
		else if (lesson->text[i] >= '0' && lesson->text[i] <= '9')
			least = MIN(least, width), most = MAX(most, width);
	}
	for (int i = 0; i < f->n; i++) {
		const struct template *t = &f->templates[i];

		if (t->character >= '0' && t->character <= '9' && t->character != '1')
			least = MIN(least, t->shape.width), most = MAX(most, t->shape.width);
	}
	return most <= WIDER * least && (most <= 0 || one <= WIDE_ONE * most);
}

/* Whether both show one character. */
static bool is_same(const struct shape *a, const struct shape *b)
{
	return shape_same_size(a, b) && shape_likeness(a, b) > ALIKE &&
	       shape_difference(a, b) < EQUAL;
}

/* Whether two glyphs of the lesson go together. */
static bool is_pair_so(const struct lesson *lesson, int i, int k)
{
	const struct shape *a = &lesson->look->shapes[i], *b = &lesson->look->shapes[k];

	if (lesson->text[i] == lesson->text[k])
		return !lesson->guess || shape_difference(a, b) < OTHER;
	return !is_same(a, b);
}

/* Whether a glyph goes together with what is known. */
static bool is_known_so(const struct font *f, const struct lesson *lesson, int i)
{
	const struct shape *shape = &lesson->look->shapes[i];
	const struct template *t = lesson->look->found[i].template;
	float own = INFINITY;
	bool known = false;

	if (t && t->character != lesson->text[i] && is_same(shape, &t->shape))
		return false;
	for (int k = 0; lesson->guess && k < f->n; k++)
		if (f->templates[k].character == lesson->text[i]) {
			own = MIN(own, shape_difference(shape, &f->templates[k].shape));
			known = true;
		}
	return !known || own < OTHER;
}

static bool makes_sense(const struct font *f, const struct lesson *lesson)
{
	for (int i = 0; i < lesson->n; i++) {
		if (!is_known_so(f, lesson, i))
			return false;
		for (int k = 0; k < i; k++)
			if (!is_pair_so(lesson, i, k))
				return false;
	}
	return is_as_wide(f, lesson) && is_spaced_so(f, lesson) &&
	       (!f->n || digits_size_fits(f, &lesson->look->line));
}

/* The template of this character that looks like the shape, or room for a new one; NULL: enough is
 * known of it. */
static struct template *find_place(struct font *f, char character, const struct shape *shape)
{
	int count = 0;

	for (int i = 0; i < f->n; i++) {
		struct template *t = &f->templates[i];

		if (t->character != character)
			continue;
		if (is_same(shape, &t->shape))
			return t->count < PICTURES_EACH ? t : NULL;
		count++;
	}
	if (count == TEMPLATES_EACH)
		return NULL;
	f->templates[f->n] = (struct template){ .character = character };
	return &f->templates[f->n++];
}

static float mean_with(float mean, float count, float value)
{
	return (mean * count + value) / (count + 1);
}

static bool learn_glyph(struct font *f, const struct lesson *lesson, int i)
{
	const struct shape *shape = &lesson->look->shapes[i];
	struct template *t = find_place(f, lesson->text[i], shape);

	if (!t)
		return false;
	for (int k = 0; k < SHAPE_SAMPLES; k++)
		t->shape.ink[k] = mean_with(t->shape.ink[k], t->count, shape->ink[k]);
	shape_set_unit(&t->shape);
	t->shape.width = mean_with(t->shape.width, t->count, shape->width);
	t->shape.height = mean_with(t->shape.height, t->count, shape->height);
	t->shape.rise = mean_with(t->shape.rise, t->count, shape->rise);
	t->count++;
	return true;
}

static void learn_line(struct font *f, const struct lesson *lesson)
{
	const struct segment_line *l = &lesson->look->line;

	f->contrast = mean_with(f->contrast, f->lines, l->contrast);
	f->size = mean_with(f->size, f->lines, l->height);
	f->lines++;
	for (int i = 1; i < l->n; i++) {
		float gap = digits_gap(l, i);

		if (!lesson->spaced[i]) {
			f->gap_max = MAX(f->gap_max, gap);
			f->gap_min = f->gap_min > 0 ? MIN(f->gap_min, gap) : gap;
		} else if (f->space_min == 0 || gap < f->space_min)
			f->space_min = gap;
	}
}

/* 0; -ENOMSG: there are more or fewer glyphs than the text has; -EBADMSG: it contradicts what is
 * known, or itself; -ENOSPC; -EINVAL. */
static int learn(struct digits *d, struct font *f, const struct example *e)
{
	struct lesson lesson = { .guess = e->guess, .look = d->line };
	bool learnt = false;
	int r = read_text(&lesson, e->text);

	if (r < 0)
		return r;
	segmenter_look(d->segmenter, &e->crop.picture, e->crop.rect, &f->how, &d->line->line);
	if (d->line->line.n != lesson.n)
		return -ENOMSG;
	digits_look(f, d->segmenter, lesson.text, d->line);
	if (!makes_sense(f, &lesson))
		return f->n ? -EBADMSG : -ENOMSG;
	for (int i = 0; i < lesson.n; i++)
		learnt |= learn_glyph(f, &lesson, i);
	if (!learnt)
		return -ENOSPC;
	learn_line(f, &lesson);
	return 0;
}

/* Learns all examples anew in another way, and the new one. */
static int learn_anew(struct digits *d, const struct example *e, struct segment_how how)
{
	_cleanup_(freep) struct font *f = calloc(1, sizeof(*f));
	int r = 0;

	if (!f)
		return -ENOMEM;
	f->how = how;
	for (int i = 0; i < d->n_examples && (r == 0 || r == -ENOSPC); i++)
		r = learn(d, f, &d->examples[i]);
	if (r == 0 || r == -ENOSPC)
		r = learn(d, f, e);
	if (r < 0)
		return r;
	free(d->font);
	d->font = TAKE_PTR(f);
	return 0;
}

static bool is_other_way(int r)
{
	return r == -ENOMSG || r == -EBADMSG;
}

/* In the way known; else in the first one that yields what all texts say. */
static int learn_somehow(struct digits *d, const struct example *e)
{
	struct segment_how how = d->font->how;
	int r = d->font->n ? learn(d, d->font, e) : -ENOMSG;

	if (r != -ENOMSG)
		return r;
	if (!d->font->n)
		how.aspect = (float) e->crop.rect.w / (float) e->crop.rect.h;
	for (size_t i = 0; i < ARRAY_SIZE(ways) && is_other_way(r); i++) {
		how.bridge = ways[i].bridge;
		how.smear = ways[i].smear;
		for (int dark = 0; dark < 2 && is_other_way(r); dark++) {
			how.dark = dark;
			r = learn_anew(d, e, how);
		}
	}
	return r;
}

static int learn_picture(
	struct digits *d, const struct grey *g, struct rect r, const char *text, bool guess)
{
	struct example e = { .guess = guess };
	int err;

	if (strlen(text) >= sizeof(e.text))
		return -EINVAL;
	memcpy(e.text, text, strlen(text));
	err = crop_take(&e.crop, g, r);
	if (err >= 0)
		err = learn_somehow(d, &e);
	if (err == 0 && d->n_examples < DIGITS_EXAMPLES)
		d->examples[d->n_examples++] = e;
	else
		crop_deinit(&e.crop);
	return err == -EFBIG || err == -ENOMSG ? -EBADMSG : err;
}

int digits_learn(struct digits *d, const struct grey *g, struct rect r, const char *text)
{
	return learn_picture(d, g, r, text, false);
}

int digits_learn_guess(struct digits *d, const struct grey *g, struct rect r, const char *text)
{
	return learn_picture(d, g, r, text, true);
}
