/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The settings in the syntax of their files: for people with origins and without secrets, for
 * conf_read_file() with all there is. Both go through one writer, so what is shown is what is
 * saved.
 */
#include <stdlib.h>
#include <string.h>

#include "common/conf-private.h"
#include "common/file.h"
#include "common/url.h"

#define COMMENT_COLUMN 48
#define BARE_DIGITS_MAX 9
#define SAVED_MODE 0600

struct writer {
	FILE *f;
	bool for_people;
	int depth;
};

static int indent(const struct writer *w)
{
	for (int i = 0; i < w->depth; i++)
		fputc('\t', w->f);
	return w->depth * 8;
}

static int write_quoted(const struct writer *w, const char *text)
{
	int n = 2;

	fputc('"', w->f);
	for (; *text; text++, n++) {
		if (*text == '"' || *text == '\\') {
			fputc('\\', w->f);
			n++;
		}
		fputc(*text, w->f);
	}
	fputc('"', w->f);
	return n;
}

/* Words and everything with a unit stand in quotes; libconfig 1.5 reads bare integers as 32 bits,
 * and those of 64 when an L says so. */
static int write_value(const struct writer *w, const struct conf_row *row, const char *text)
{
	const bool digits = text[strspn(text, "0123456789")] == '\0' && *text;

	switch (row->type) {
	case CONF_BOOL:
		return fprintf(w->f, "%s", text);
	case CONF_INT:
		return fprintf(w->f, "%s%s", text, strlen(text) > BARE_DIGITS_MAX ? "L" : "");
	case CONF_BITRATE:
	case CONF_DURATION:
	case CONF_BYTES:
	case CONF_RATE:
		if (digits && strlen(text) <= BARE_DIGITS_MAX)
			return fprintf(w->f, "%s", text);
		break;
	case CONF_STRING:
	case CONF_SIZE:
	case CONF_ENUM:
	case _CONF_TYPE_MAX:
		break;
	}
	return write_quoted(w, text);
}

static void write_origin(const struct writer *w, int column, const char *file, int line)
{
	if (w->for_people) {
		fprintf(w->f, "%*s # %s", MAX(0, COMMENT_COLUMN - column), "",
			file ? file : "default");
		if (line > 0)
			fprintf(w->f, ":%d", line);
	}
	fputc('\n', w->f);
}

static const char *last_component(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot ? dot + 1 : path;
}

static int write_row(const struct writer *w, const struct conf_row *row, const struct conf_value *v)
{
	_cleanup_(freep) char *masked = NULL;
	const char *text = v->text ? v->text : row->def;
	int column = indent(w);

	if (w->for_people && (row->flags & CONF_SECRET)) {
		masked = url_mask(text);
		if (!masked)
			return -ENOMEM;
		text = masked;
	}
	column += fprintf(w->f, "%s = ", last_component(row->path));
	column += write_value(w, row, text);
	column += fprintf(w->f, ";");
	write_origin(w, column, v->text ? v->file : NULL, v->text ? v->line : 0);
	return 0;
}

/* The length of the longest group that two paths share, its dot included. */
static size_t common_group(const char *a, const char *b)
{
	size_t n = 0;

	for (size_t i = 0; a[i] && a[i] == b[i]; i++)
		if (a[i] == '.')
			n = i + 1;
	return n;
}

static void leave_groups(struct writer *w, const char *path, size_t keep)
{
	for (const char *dot = strchr(path + keep, '.'); dot; dot = strchr(dot + 1, '.')) {
		w->depth--;
		indent(w);
		fputs("};\n", w->f);
	}
}

static void enter_groups(struct writer *w, const char *path, size_t from)
{
	const char *dot;

	for (path += from; (dot = strchr(path, '.')); path = dot + 1) {
		indent(w);
		fprintf(w->f, "%.*s: {\n", (int) (dot - path), path);
		w->depth++;
	}
}

static int write_rows(
	struct writer *w, const struct conf_row *rows, const struct conf_value *values)
{
	const char *before = "";
	int r = 0;

	for (size_t i = 0; rows[i].path && r == 0; i++) {
		size_t keep = common_group(before, rows[i].path);

		leave_groups(w, before, keep);
		enter_groups(w, rows[i].path, keep);
		r = write_row(w, &rows[i], &values[i]);
		before = rows[i].path;
	}
	leave_groups(w, before, 0);
	return r;
}

static int write_list(
	struct writer *w, const struct conf_list *list, const struct conf_elements *elements)
{
	int r = 0;

	fprintf(w->f, "%s = (%s\n", list->path, elements->n ? "" : " );");
	if (elements->n == 0)
		return 0;
	for (size_t i = 0; i < elements->n && r == 0; i++) {
		const struct conf_element *e = &elements->items[i];

		fputs("\t{", w->f);
		write_origin(w, 9, e->file, e->line);
		w->depth = 2;
		r = write_rows(w, list->rows, e->values);
		w->depth = 0;
		fprintf(w->f, "\t}%s\n", i + 1 < elements->n ? "," : "");
	}
	fputs(");\n", w->f);
	return r;
}

static int write_all(const struct conf *c, FILE *f, bool for_people)
{
	struct writer w = { .f = f, .for_people = for_people };
	int r = write_rows(&w, c->table->rows, c->values);

	for (size_t i = 0; i < c->n_lists && r == 0; i++)
		r = write_list(&w, &c->table->lists[i], &c->elements[i]);
	return r;
}

void conf_dump(const struct conf *c, FILE *f)
{
	if (write_all(c, f, true) < 0)
		fputs("# out of memory\n", f);
}

int conf_save(const struct conf *c, const char *path)
{
	_cleanup_(freep) char *buf = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&buf, &size);
	int r;

	if (!f)
		return -ENOMEM;
	r = write_all(c, f, false);
	if (fclose(f) != 0 && r == 0)
		r = -ENOMEM;
	if (r == 0)
		r = file_write(path, buf, size, SAVED_MODE, true);
	if (buf)
		explicit_bzero(buf, size);
	return r;
}
