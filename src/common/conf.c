/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/conf.h"

#include <stdlib.h>
#include <string.h>

#include "common/conf-private.h"
#include "common/secret.h"

size_t conf_rows_count(const struct conf_row *rows)
{
	size_t n = 0;

	while (rows[n].path)
		n++;
	return n;
}

int conf_rows_find(const struct conf_row *rows, const char *path)
{
	for (int i = 0; rows[i].path; i++)
		if (strcmp(rows[i].path, path) == 0)
			return i;
	return -ENOENT;
}

int conf_lists_find(const struct conf_list *lists, const char *path)
{
	for (int i = 0; lists && lists[i].path; i++)
		if (strcmp(lists[i].path, path) == 0)
			return i;
	return -ENOENT;
}

int conf_trees_find(const struct conf_tree *trees, const char *path)
{
	for (int i = 0; trees && trees[i].path; i++)
		if (strcmp(trees[i].path, path) == 0)
			return i;
	return -ENOENT;
}

const struct conf_row *conf_find_row(
	const struct conf_table *table, const char *list, const char *path)
{
	const struct conf_row *rows = table->rows;
	int i = 0;

	if (list) {
		i = conf_lists_find(table->lists, list);
		rows = i < 0 ? NULL : table->lists[i].rows;
	}
	i = rows ? conf_rows_find(rows, path) : -ENOENT;
	return i < 0 ? NULL : &rows[i];
}

int conf_row_check(const struct conf_row *row, const char *text)
{
	union conf_parsed parsed;

	return conf_value_parse(row, text, &parsed);
}

static bool defaults_valid(const struct conf_row *rows)
{
	for (; rows->path; rows++)
		if (conf_row_check(rows, rows->def) < 0)
			return false;
	return true;
}

int conf_new(struct conf **ret, const struct conf_table *table)
{
	_cleanup_(conf_freep) struct conf *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->table = table;
	c->n_rows = conf_rows_count(table->rows);
	while (table->lists && table->lists[c->n_lists].path)
		c->n_lists++;
	while (table->trees && table->trees[c->n_trees].path)
		c->n_trees++;
	c->values = calloc(c->n_rows + 1, sizeof(*c->values));
	c->elements = calloc(c->n_lists + 1, sizeof(*c->elements));
	c->trees = calloc(c->n_trees + 1, sizeof(struct conf_node *));
	if (!c->values || !c->elements || !c->trees)
		return -ENOMEM;
	if (!defaults_valid(table->rows))
		return -EINVAL;
	for (size_t i = 0; i < c->n_lists; i++)
		if (!defaults_valid(table->lists[i].rows))
			return -EINVAL;
	*ret = TAKE_PTR(c);
	return 0;
}

static void value_clear(struct conf_value *v)
{
	/* Some are passwords. */
	secret_free(v->text);
	free(v->file);
	*v = (struct conf_value){ 0 };
}

static void element_clear(const struct conf_list *list, struct conf_element *e)
{
	for (size_t i = 0; e->values && list->rows[i].path; i++)
		value_clear(&e->values[i]);
	free(e->values);
	free(e->file);
	*e = (struct conf_element){ 0 };
}

void conf_elements_clear(const struct conf_list *list, struct conf_elements *elements)
{
	for (size_t i = 0; i < elements->n; i++)
		element_clear(list, &elements->items[i]);
	free(elements->items);
	*elements = (struct conf_elements){ 0 };
}

struct conf *conf_free(struct conf *c)
{
	if (!c)
		return NULL;
	for (size_t i = 0; c->elements && i < c->n_lists; i++)
		conf_elements_clear(&c->table->lists[i], &c->elements[i]);
	for (size_t i = 0; c->values && i < c->n_rows; i++)
		value_clear(&c->values[i]);
	for (size_t i = 0; c->trees && i < c->n_trees; i++)
		conf_node_free(c->trees[i]);
	free(c->trees);
	free(c->elements);
	free(c->values);
	free(c);
	return NULL;
}

int conf_value_set(struct conf_value *v, const struct conf_row *row, const char *text,
	const char *key, const char *file, int line, struct conf_report *report)
{
	struct conf_value fresh = { .line = line };
	union conf_parsed parsed;

	if (conf_value_parse(row, text, &parsed) < 0) {
		conf_value_refuse(row, text, key, file, line, report);
		return -EINVAL;
	}
	fresh.text = strdup(text);
	fresh.file = strdup(file);
	if (!fresh.text || !fresh.file) {
		value_clear(&fresh);
		return -ENOMEM;
	}
	value_clear(v);
	*v = fresh;
	return 0;
}

int conf_element_new(const struct conf_list *list, struct conf_elements *elements, const char *file,
	int line, struct conf_element **ret)
{
	struct conf_elements grown = *elements;
	struct conf_element e = { .line = line };

	if (grown.n >= list->max)
		return -ENOSPC;
	e.file = strdup(file);
	e.values = calloc(conf_rows_count(list->rows) + 1, sizeof(*e.values));
	grown.items = reallocarray(elements->items, grown.n + 1, sizeof(*grown.items));
	if (grown.items)
		elements->items = grown.items;
	if (!e.file || !e.values || !grown.items) {
		element_clear(list, &e);
		return -ENOMEM;
	}
	grown.items[grown.n] = e;
	*ret = &grown.items[grown.n++];
	*elements = grown;
	return 0;
}

/* "key=value" apart; the key is the caller's to free. */
static int split_assignment(const char *assignment, const char *origin, struct conf_report *report,
	char **ret_key, const char **ret_value)
{
	const char *equals = strchr(assignment, '=');

	if (!equals || equals == assignment) {
		conf_report_add(report, CONF_ERROR, origin, 0, NULL, "KEY=VALUE is needed");
		return -EINVAL;
	}
	*ret_key = strndup(assignment, (size_t) (equals - assignment));
	if (!*ret_key)
		return -ENOMEM;
	*ret_value = equals + 1;
	return 0;
}

/* A tree or something in one. */
static bool in_tree(const struct conf_table *table, const char *key)
{
	for (const struct conf_tree *t = table->trees; t && t->path; t++) {
		size_t n = strlen(t->path);

		if (strncmp(t->path, key, n) == 0 && (key[n] == '\0' || key[n] == '.'))
			return true;
	}
	return false;
}

static int refuse_unknown(const struct conf *c, const struct conf_row *rows, const char *key,
	const char *origin, struct conf_report *report)
{
	const char *nearest = conf_nearest(c->table, rows, key);

	if (!rows && conf_lists_find(c->table->lists, key) >= 0)
		conf_report_add(report, CONF_ERROR, origin, 0, key, "a list is set in a file only");
	else if (!rows && in_tree(c->table, key))
		conf_report_add(report, CONF_ERROR, origin, 0, key,
			"is of a group that is set in a file only");
	else
		conf_report_add(report, CONF_ERROR, origin, 0, key, "unknown setting%s%s%s",
			nearest ? "; did you mean " : "", nearest ? nearest : "",
			nearest ? "?" : "");
	return -EINVAL;
}

int conf_set(struct conf *c, const char *assignment, const char *origin, struct conf_report *report)
{
	_cleanup_(freep) char *key = NULL;
	const char *value;
	int i, r;

	r = split_assignment(assignment, origin, report, &key, &value);
	if (r < 0)
		return r;
	i = conf_rows_find(c->table->rows, key);
	if (i < 0)
		return refuse_unknown(c, NULL, key, origin, report);
	return conf_value_set(&c->values[i], &c->table->rows[i], value, key, origin, 0, report);
}

void conf_clear(struct conf *c, const char *list)
{
	int i = conf_lists_find(c->table->lists, list);

	if (i >= 0)
		conf_elements_clear(&c->table->lists[i], &c->elements[i]);
}

static int set_in_element(const struct conf *c, const struct conf_list *list,
	struct conf_element *e, const char *assignment, const char *origin,
	struct conf_report *report)
{
	_cleanup_(freep) char *key = NULL;
	const char *value;
	int i, r;

	r = split_assignment(assignment, origin, report, &key, &value);
	if (r < 0)
		return r;
	i = conf_rows_find(list->rows, key);
	if (i < 0)
		return refuse_unknown(c, list->rows, key, origin, report);
	return conf_value_set(&e->values[i], &list->rows[i], value, key, origin, 0, report);
}

int conf_append(struct conf *c, const char *list, const char *const *assignments,
	const char *origin, struct conf_report *report)
{
	int i = conf_lists_find(c->table->lists, list), r;
	const struct conf_list *l;
	struct conf_element *e;

	if (i < 0)
		return -ENOENT;
	l = &c->table->lists[i];
	r = conf_element_new(l, &c->elements[i], origin, 0, &e);
	if (r == -ENOSPC)
		conf_report_add(report, CONF_ERROR, origin, 0, list, "more than %zu", l->max);
	for (; r == 0 && *assignments; assignments++)
		r = set_in_element(c, l, e, *assignments, origin, report);
	return r;
}

const struct conf_node *conf_tree(const struct conf *c, const char *path)
{
	int i = conf_trees_find(c->table->trees, path);

	return i < 0 ? NULL : c->trees[i];
}

void conf_swap(struct conf *a, struct conf *b, const char *path)
{
	int i = conf_rows_find(a->table->rows, path), j = conf_rows_find(b->table->rows, path);

	if (i >= 0 && j >= 0) {
		struct conf_value value = a->values[i];

		a->values[i] = b->values[j];
		b->values[j] = value;
	}
	i = conf_trees_find(a->table->trees, path);
	j = conf_trees_find(b->table->trees, path);
	if (i >= 0 && j >= 0) {
		struct conf_node *tree = a->trees[i];

		a->trees[i] = b->trees[j];
		b->trees[j] = tree;
	}
}

void conf_origin(const struct conf *c, const char *list, size_t index, const char *path,
	const char **ret_file, int *ret_line)
{
	const struct conf_element *e = NULL;
	const struct conf_value *v = NULL;
	int i = list ? conf_lists_find(c->table->lists, list) : -1, row;

	*ret_file = NULL;
	*ret_line = 0;
	if (list && (i < 0 || index >= c->elements[i].n))
		return;
	if (list)
		e = &c->elements[i].items[index];
	row = conf_rows_find(list ? c->table->lists[i].rows : c->table->rows, path);
	if (row >= 0)
		v = e ? &e->values[row] : &c->values[row];
	if (v && v->text) {
		*ret_file = v->file;
		*ret_line = v->line;
	} else if (e) {
		*ret_file = e->file;
		*ret_line = e->line;
	}
}
