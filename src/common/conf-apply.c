/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the merged texts to the struct of a program, and what is done with such structs. */
#include <stdlib.h>
#include <string.h>

#include "common/conf-private.h"

static void *place(void *base, const struct conf_row *row)
{
	return (char *) base + row->offset;
}

static const void *const_place(const void *base, const struct conf_row *row)
{
	return (const char *) base + row->offset;
}

static void **list_items(void *base, const struct conf_list *list)
{
	return (void **) ((char *) base + list->offset);
}

static size_t *list_count(void *base, const struct conf_list *list)
{
	return (size_t *) ((char *) base + list->count_offset);
}

static struct conf_node **tree_place(void *base, const struct conf_tree *tree)
{
	return (struct conf_node **) ((char *) base + tree->offset);
}

static int store(const struct conf_row *row, const union conf_parsed *parsed, void *base)
{
	void *to = place(base, row);

	switch (row->type) {
	case CONF_STRING:
	case CONF_WORDS:
		return asprintf(to, "%s", parsed->string) < 0 ? -ENOMEM : 0;
	case CONF_BOOL:
		*(bool *) to = parsed->boolean;
		return 0;
	case CONF_INT:
	case CONF_BITRATE:
	case CONF_BYTES:
		*(int64_t *) to = parsed->number;
		return 0;
	case CONF_DURATION:
		*(uint64_t *) to = parsed->usec;
		return 0;
	case CONF_SIZE:
		*(struct conf_size *) to = parsed->size;
		return 0;
	case CONF_RATE:
		*(struct conf_rate *) to = parsed->rate;
		return 0;
	case CONF_ENUM:
		*(int *) to = parsed->word;
		return 0;
	case CONF_REAL:
		*(double *) to = parsed->real;
		return 0;
	case _CONF_TYPE_MAX:
		break;
	}
	return -EINVAL;
}

int conf_row_store(const struct conf_row *row, const char *text, void *base)
{
	union conf_parsed parsed;
	int r = conf_value_parse(row, text, &parsed);

	return r < 0 ? r : store(row, &parsed, base);
}

static int apply_rows(const struct conf_row *rows, const struct conf_value *values, void *base)
{
	for (size_t i = 0; rows[i].path; i++) {
		const char *text = values[i].text ? values[i].text : rows[i].def;
		int r = conf_row_store(&rows[i], text, base);

		if (r < 0)
			return r;
	}
	return 0;
}

static int apply_list(
	const struct conf_list *list, const struct conf_elements *elements, void *base)
{
	char *items;
	int r = 0;

	if (elements->n == 0)
		return 0;
	items = calloc(elements->n, list->element_size);
	if (!items)
		return -ENOMEM;
	*list_items(base, list) = items;
	*list_count(base, list) = elements->n;
	for (size_t i = 0; i < elements->n && r == 0; i++)
		r = apply_rows(
			list->rows, elements->items[i].values, items + i * list->element_size);
	return r;
}

int conf_apply(const struct conf *c, void *ret)
{
	const struct conf_table *table = c->table;
	_cleanup_(freep) void *base = calloc(1, table->size);
	int r;

	if (!base)
		return -ENOMEM;
	r = apply_rows(table->rows, c->values, base);
	for (size_t i = 0; i < c->n_lists && r == 0; i++)
		r = apply_list(&table->lists[i], &c->elements[i], base);
	for (size_t i = 0; i < c->n_trees && r == 0; i++)
		if (c->trees[i])
			r = conf_node_copy(c->trees[i], tree_place(base, &table->trees[i]));
	if (r < 0)
		conf_destroy(table, base);
	else
		memcpy(ret, base, table->size);
	return r;
}

void conf_rows_destroy(const struct conf_row *rows, void *settings)
{
	for (; rows->path; rows++)
		if (rows->type == CONF_STRING || rows->type == CONF_WORDS)
			free(*(char **) place(settings, rows));
}

void conf_destroy(const struct conf_table *table, void *settings)
{
	conf_rows_destroy(table->rows, settings);
	for (const struct conf_list *l = table->lists; l && l->path; l++) {
		char *items = *list_items(settings, l);

		for (size_t i = 0; i < *list_count(settings, l); i++)
			conf_rows_destroy(l->rows, items + i * l->element_size);
		free(items);
	}
	for (const struct conf_tree *t = table->trees; t && t->path; t++)
		conf_node_free(*tree_place(settings, t));
	memset(settings, 0, table->size);
}

static bool strings_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool row_equal(const struct conf_row *row, const void *base_a, const void *base_b)
{
	const void *a = const_place(base_a, row), *b = const_place(base_b, row);
	const struct conf_size *size_a = a, *size_b = b;
	const struct conf_rate *rate_a = a, *rate_b = b;

	switch (row->type) {
	case CONF_STRING:
	case CONF_WORDS:
		return strings_equal(*(char *const *) a, *(char *const *) b);
	case CONF_BOOL:
		return *(const bool *) a == *(const bool *) b;
	case CONF_INT:
	case CONF_BITRATE:
	case CONF_BYTES:
		return *(const int64_t *) a == *(const int64_t *) b;
	case CONF_DURATION:
		return *(const uint64_t *) a == *(const uint64_t *) b;
	case CONF_SIZE:
		return size_a->width == size_b->width && size_a->height == size_b->height;
	case CONF_RATE:
		return rate_a->num == rate_b->num && rate_a->den == rate_b->den;
	case CONF_ENUM:
		return *(const int *) a == *(const int *) b;
	case CONF_REAL:
		return *(const double *) a == *(const double *) b;
	case _CONF_TYPE_MAX:
		break;
	}
	return false;
}

static bool tree_equal(const struct conf_tree *t, const void *a, const void *b)
{
	return conf_node_equal(*(struct conf_node *const *) ((const char *) a + t->offset),
		*(struct conf_node *const *) ((const char *) b + t->offset));
}

static bool list_equal(const struct conf_list *l, const void *a, const void *b)
{
	const char *items_a = *(char *const *) ((const char *) a + l->offset);
	const char *items_b = *(char *const *) ((const char *) b + l->offset);
	const size_t n_a = *(const size_t *) ((const char *) a + l->count_offset);
	const size_t n_b = *(const size_t *) ((const char *) b + l->count_offset);

	if (n_a != n_b)
		return false;
	for (size_t i = 0; i < n_a; i++)
		for (const struct conf_row *row = l->rows; row->path; row++)
			if (!row_equal(row, items_a + i * l->element_size,
				    items_b + i * l->element_size))
				return false;
	return true;
}

void conf_diff(const struct conf_table *table, const void *a, const void *b,
	void (*fn)(const char *path, unsigned flags, void *userdata), void *userdata)
{
	for (const struct conf_row *row = table->rows; row->path; row++)
		if (!row_equal(row, a, b))
			fn(row->path, row->flags, userdata);
	for (const struct conf_list *l = table->lists; l && l->path; l++)
		if (!list_equal(l, a, b))
			fn(l->path, l->flags, userdata);
	for (const struct conf_tree *t = table->trees; t && t->path; t++)
		if (!tree_equal(t, a, b))
			fn(t->path, t->flags, userdata);
}
