/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The settings in the syntax of their files: for people with origins and without secrets, for
 * conf_read_file() with all there is. Both go through one writer, so what is shown is what is
 * saved.
 */
#include <inttypes.h>
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
	const char *at; /* the row or tree written last; "": in no group */
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

/* libconfig 1.5 reads bare integers as 32 bits, and those of 64 when an L says so. */
static int write_int(const struct writer *w, const char *text)
{
	return fprintf(w->f, "%s%s", text, strlen(text) > BARE_DIGITS_MAX ? "L" : "");
}

/* Without a point or an exponent it would be an integer. */
static int write_real(const struct writer *w, const char *text)
{
	return fprintf(w->f, "%s%s", text, strpbrk(text, ".eE") ? "" : ".0");
}

/* Words and everything with a unit stand in quotes. */
static int write_value(const struct writer *w, const struct conf_row *row, const char *text)
{
	const bool digits = text[strspn(text, "0123456789")] == '\0' && *text;

	switch (row->type) {
	case CONF_BOOL:
		return fprintf(w->f, "%s", text);
	case CONF_REAL:
		return write_real(w, text);
	case CONF_INT:
		return write_int(w, text);
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
	case CONF_WORDS:
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
		masked = (row->flags & CONF_PASSWORD) == CONF_PASSWORD ? url_mask_password(text)
								       : url_mask(text);
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

/* From where the writer stands to the group of the path. */
static void go_to(struct writer *w, const char *path)
{
	size_t keep = common_group(w->at, path);

	leave_groups(w, w->at, keep);
	enter_groups(w, path, keep);
	w->at = path;
}

static int write_rows(
	struct writer *w, const struct conf_row *rows, const struct conf_value *values)
{
	int r = 0;

	for (size_t i = 0; rows[i].path && r == 0; i++) {
		go_to(w, rows[i].path);
		r = write_row(w, &rows[i], &values[i]);
	}
	go_to(w, "");
	return r;
}

static int write_scalar(const struct writer *w, const struct conf_node *n)
{
	_cleanup_(freep) char *masked = NULL;
	char buf[CONF_NUMBER_MAX];

	switch (n->kind) {
	case CONF_NODE_STRING:
		/* No tree is meant for URLs, but one may have landed there. */
		masked = w->for_people ? url_mask_text(n->string) : NULL;
		return write_quoted(w, masked ? masked : n->string);
	case CONF_NODE_INT:
		snprintf(buf, sizeof(buf), "%" PRId64, n->integer);
		return write_int(w, buf);
	case CONF_NODE_FLOAT:
		return write_real(w, conf_real_text(n->real, buf));
	case CONF_NODE_BOOL:
		return fprintf(w->f, "%s", n->boolean ? "true" : "false");
	case CONF_NODE_GROUP:
	case CONF_NODE_LIST:
		break;
	}
	return 0;
}

static bool is_scalar(const struct conf_node *n)
{
	return n->kind != CONF_NODE_GROUP && n->kind != CONF_NODE_LIST;
}

/* A list of values and nothing else fits on one line. */
static bool is_plain_list(const struct conf_node *n)
{
	for (size_t i = 0; i < n->n; i++)
		if (!is_scalar(&n->children[i]))
			return false;
	return n->kind == CONF_NODE_LIST;
}

static int write_plain_list(const struct writer *w, const struct conf_node *n)
{
	int column = fprintf(w->f, "( ");

	for (size_t i = 0; i < n->n; i++) {
		column += write_scalar(w, &n->children[i]);
		column += fprintf(w->f, "%s ", i + 1 < n->n ? "," : "");
	}
	return column + fprintf(w->f, ")");
}

/* name: NULL in a list; end: what follows it. */
static void write_node(
	struct writer *w, const char *name, const struct conf_node *n, const char *end)
{
	const bool group = n->kind == CONF_NODE_GROUP;
	int column = indent(w);

	if (name)
		column += fprintf(w->f, "%s%s ", name, group ? ":" : " =");
	if (is_scalar(n) || is_plain_list(n)) {
		column += is_scalar(n) ? write_scalar(w, n) : write_plain_list(w, n);
		column += fprintf(w->f, "%s", end);
		write_origin(w, column, n->file, n->line);
		return;
	}
	fputc(group ? '{' : '(', w->f);
	write_origin(w, column + 1, n->file, n->line);
	w->depth++;
	for (size_t i = 0; i < n->n; i++)
		write_node(w, n->children[i].name, &n->children[i],
			group          ? ";"
			: i + 1 < n->n ? ","
				       : "");
	w->depth--;
	indent(w);
	fprintf(w->f, "%c%s\n", group ? '}' : ')', end);
}

static void write_tree(struct writer *w, const struct conf_tree *tree, const struct conf_node *n)
{
	const struct conf_node none = { .kind = tree->kind };

	if (!n && !w->for_people)
		return;
	go_to(w, tree->path);
	write_node(w, last_component(tree->path), n ? n : &none, ";");
}

/* The last row of the group that the tree stands in, or NULL. */
static const struct conf_row *row_before(
	const struct conf_table *table, const struct conf_tree *tree)
{
	const char *dot = strrchr(tree->path, '.');
	const struct conf_row *last = NULL;

	for (const struct conf_row *row = table->rows; dot && row->path; row++)
		if (strncmp(row->path, tree->path, (size_t) (dot + 1 - tree->path)) == 0)
			last = row;
	return last;
}

static void write_trees(struct writer *w, const struct conf *c, const struct conf_row *after)
{
	for (size_t i = 0; i < c->n_trees; i++)
		if (row_before(c->table, &c->table->trees[i]) == after)
			write_tree(w, &c->table->trees[i], c->trees[i]);
}

/* libconfig wants each group once, so a tree stands with the rows of its group. */
static int write_table(struct writer *w, const struct conf *c)
{
	int r = 0;

	for (const struct conf_row *row = c->table->rows; row->path && r == 0; row++) {
		go_to(w, row->path);
		r = write_row(w, row, &c->values[row - c->table->rows]);
		write_trees(w, c, row);
	}
	write_trees(w, c, NULL);
	go_to(w, "");
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
	struct writer w = { .f = f, .for_people = for_people, .at = "" };
	int r = write_table(&w, c);

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
