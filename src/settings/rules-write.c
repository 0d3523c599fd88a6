/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules as a file that gives the same ones again. What is at its default is left out where a person
 * would leave it out; the screen and the mode are always told, since regions mean nothing without.
 */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "settings/rules-file.h"
#include "settings/rules-private.h"

struct writer {
	FILE *f;
	int depth;
	bool impossible; /* something that no file can say */
};

PRINTF_LIKE(2, 3) static void line(struct writer *w, const char *format, ...)
{
	va_list ap;

	for (int i = 0; i < w->depth; i++)
		fputc('\t', w->f);
	va_start(ap, format);
	vfprintf(w->f, format, ap);
	va_end(ap);
	fputc('\n', w->f);
}

/* A key begins with a letter in libconfig. */
static void open_group(struct writer *w, const char *name)
{
	bool letter = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z');

	w->impossible |= !letter || !rules_name_valid(name);
	line(w, "%s: {", name);
	w->depth++;
}

static void close_group(struct writer *w, const char *end)
{
	w->depth--;
	line(w, "}%s", end);
}

static void write_text(struct writer *w, const char *name, const char *text)
{
	for (int i = 0; i < w->depth; i++)
		fputc('\t', w->f);
	fprintf(w->f, "%s = \"", name);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', w->f);
		fputc(*text, w->f);
	}
	fputs("\";\n", w->f);
}

/* 0 stands for the default and is left out. */
static void write_real(struct writer *w, const char *name, double value)
{
	char buf[CONF_REAL_TEXT_MAX];

	w->impossible |= !isfinite(value) || value < 0;
	if (value > 0 && isfinite(value))
		line(w, "%s = %s;", name, conf_real_text(value, buf));
}

static void write_ms(struct writer *w, const char *name, int ms)
{
	if (ms > 0)
		line(w, "%s = \"%dms\";", name, ms);
}

static void write_rect(struct writer *w, const struct rect *r)
{
	line(w, "x = %d; y = %d; w = %d; h = %d;", r->x, r->y, r->w, r->h);
}

static void write_masks(struct writer *w, const struct roi *roi)
{
	if (roi->n_masks == 0)
		return;
	line(w, "masks = (");
	w->depth++;
	for (int i = 0; i < roi->n_masks; i++) {
		const struct rect *m = &roi->masks[i];

		line(w, "{ x = %d; y = %d; w = %d; h = %d; }%s", m->x, m->y, m->w, m->h,
			i + 1 < roi->n_masks ? "," : "");
	}
	w->depth--;
	line(w, ");");
}

static void write_roi(struct writer *w, const struct rules *r, int state, int index)
{
	const struct roi *roi = &r->states[state].rois[index];

	line(w, "{");
	w->depth++;
	write_text(w, "name", roi->name);
	write_rect(w, &roi->rect);
	if (roi->required)
		line(w, "required = true;");
	if (roi->negative)
		line(w, "negative = true;");
	if (roi->ref_state != state)
		write_text(w, "ref_state", rules_state_name(r, roi->ref_state));
	if (roi->feature != FEATURE_PATTERN)
		write_text(w, "feature", feature_names[roi->feature]);
	write_real(w, "threshold", roi->threshold);
	write_real(w, "least", roi->least);
	write_real(w, "most", roi->most);
	write_masks(w, roi);
	close_group(w, index + 1 < r->states[state].n_rois ? "," : "");
}

static void write_after(struct writer *w, const struct rules *r, const struct state *s)
{
	const char *separator = "";

	if (!s->restricted)
		return;
	for (int i = 0; i < w->depth; i++)
		fputc('\t', w->f);
	fputs("after = [ ", w->f);
	for (int i = 0; i < r->n_states; i++)
		if (s->may_follow & (UINT32_C(1) << i)) {
			fprintf(w->f, "%s\"%s\"", separator, r->states[i].name);
			separator = ", ";
		}
	if (s->may_follow & RULES_OTHER_BIT)
		fprintf(w->f, "%s\"OTHER\"", separator);
	fputs(" ];\n", w->f);
	w->impossible |= s->may_follow == 0;
}

static int write_match(struct writer *w, const struct state *s)
{
	_cleanup_(freep) char *text = NULL;

	if (s->n_ops == 0)
		return 0;
	text = rules_format_match(s);
	if (!text)
		return -ENOMEM;
	write_text(w, "match", text);
	return 0;
}

static int write_state(struct writer *w, const struct rules *r, int state)
{
	const struct state *s = &r->states[state];
	int error;

	open_group(w, s->name);
	line(w, "rois = (");
	w->depth++;
	for (int i = 0; i < s->n_rois; i++)
		write_roi(w, r, state, i);
	w->depth--;
	line(w, ");");
	line(w, "min_match = %d;", s->min_match);
	/* A threshold of 0 bits is one. */
	write_real(w, "threshold", s->threshold);
	if (s->threshold == 0)
		line(w, "threshold = 0;");
	write_real(w, "score", s->score);
	write_real(w, "margin", s->margin);
	error = write_match(w, s);
	write_ms(w, "enter", s->enter_ms);
	write_ms(w, "leave", s->leave_ms);
	write_ms(w, "settle", s->settle_ms);
	write_ms(w, "longest", s->longest_ms);
	write_after(w, r, s);
	close_group(w, ";");
	return error;
}

static int write_states(struct writer *w, const struct rules *r)
{
	int error = 0;

	open_group(w, "states");
	for (int i = 0; i < r->n_states && error == 0; i++)
		error = write_state(w, r, i);
	close_group(w, ";");
	return error;
}

static void write_numbers(struct writer *w, const struct rules *r)
{
	open_group(w, "numbers");
	for (int i = 0; i < r->n_numbers; i++) {
		open_group(w, r->numbers[i].name);
		write_rect(w, &r->numbers[i].rect);
		if (r->numbers[i].format)
			write_text(w, "format", r->numbers[i].format);
		close_group(w, ";");
	}
	close_group(w, ";");
}

static void write_priority(struct writer *w, const struct rules *r)
{
	line(w, "priority = (");
	w->depth++;
	for (int i = 0; i < r->n_states; i++)
		line(w, "\"%s\"%s", r->states[i].name, i + 1 < r->n_states ? "," : "");
	w->depth--;
	line(w, ");");
}

int rules_file_write(const struct rules *r, FILE *f)
{
	/* The settings know even sizes only. */
	struct writer w = { .f = f, .impossible = r->width % 2 || r->height % 2 };
	int error;

	open_group(&w, "detector");
	line(&w, "mode = \"%s\";", r->mode == MODE_COMPATIBLE ? "compatible" : "better");
	line(&w, "screen = \"%dx%d\";", r->width, r->height);
	line(&w, "algo = \"%s\";", hash_algo_name(r->algo));
	line(&w, "hash_size = %d;", r->hash_size);
	line(&w, "confirm_frames = %d;", r->confirm_frames);
	line(&w, "drop_frames = %d;", r->drop_frames);
	write_ms(&w, "frozen", r->frozen_ms);
	error = write_states(&w, r);
	write_numbers(&w, r);
	write_priority(&w, r);
	close_group(&w, ";");
	if (error == 0 && (fflush(f) == EOF || ferror(f)))
		error = -EIO;
	return error == 0 && w.impossible ? -EINVAL : error;
}
