/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A node as the text of a row: the one place that knows which kinds of values a type takes. Rows of
 * a table and the groups inside a tree are read the same way.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/conf-private.h"

#define KEY_MAX 256
#define SHOWN_NAME_MAX 64

static bool takes_numbers(const struct conf_row *row)
{
	switch (row->type) {
	case CONF_INT:
	case CONF_BITRATE:
	case CONF_DURATION:
	case CONF_BYTES:
	case CONF_RATE:
	case CONF_REAL:
		return true;
	case CONF_STRING:
	case CONF_BOOL:
	case CONF_SIZE:
	case CONF_ENUM:
	case CONF_WORDS:
	case _CONF_TYPE_MAX:
		break;
	}
	return false;
}

static bool takes_texts(const struct conf_row *row)
{
	return row->type != CONF_BOOL && row->type != CONF_INT && row->type != CONF_REAL;
}

const char *conf_real_text(double real, char buf[CONF_REAL_TEXT_MAX])
{
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(buf, CONF_REAL_TEXT_MAX, "%.*g", digits, real);
		if (strtod(buf, NULL) == real)
			break;
	}
	return buf;
}

/* NULL: not all of them are words. */
static const char *join_words(const struct conf_node *list, char *buf)
{
	*buf = '\0';
	for (size_t i = 0; i < list->n; i++) {
		const struct conf_node *n = &list->children[i];

		if (n->kind != CONF_NODE_STRING || !conf_value_add_word(buf, n->string))
			return NULL;
	}
	return buf;
}

const char *conf_node_text(const struct conf_node *n, const struct conf_row *row, char *buf)
{
	switch (n->kind) {
	case CONF_NODE_STRING:
		return takes_texts(row) ? n->string : NULL;
	case CONF_NODE_BOOL:
		if (row->type != CONF_BOOL)
			return NULL;
		return n->boolean ? "true" : "false";
	case CONF_NODE_INT:
		if (!takes_numbers(row))
			return NULL;
		snprintf(buf, CONF_NUMBER_MAX, "%" PRId64, n->integer);
		return buf;
	case CONF_NODE_FLOAT:
		if (row->type == CONF_REAL)
			return conf_real_text(n->real, buf);
		if (row->type != CONF_DURATION && row->type != CONF_RATE)
			return NULL;
		snprintf(buf, CONF_NUMBER_MAX, "%.6f", n->real);
		return buf;
	case CONF_NODE_LIST:
		return row->type == CONF_WORDS ? join_words(n, buf) : NULL;
	case CONF_NODE_GROUP:
		break;
	}
	return NULL;
}

/* n: NULL for the default. */
static int read_row(const struct conf_node *n, const struct conf_row *row, const char *group,
	void *ret, struct conf_report *report)
{
	char buf[CONF_MADE_MAX], key[KEY_MAX];
	const char *text = n ? conf_node_text(n, row, buf) : row->def;
	int r = text ? conf_row_store(row, text, ret) : -EINVAL;

	if (r != -EINVAL && r != -ERANGE)
		return r;
	snprintf(key, sizeof(key), "%s.%s", group, row->path);
	conf_value_refuse(row, text, key, n ? n->file : NULL, n ? n->line : 0, report);
	/* So that the rest can be checked as well. */
	r = conf_row_store(row, row->def, ret);
	return r < 0 ? r : -EINVAL;
}

static bool is_one_of(const char *const *names, const char *name)
{
	for (; names && *names; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

static void warn_unknown(const struct conf_node *n, const char *group, const struct conf_row *rows,
	const char *const *others, struct conf_report *report)
{
	const char *nearest = NULL;
	char key[KEY_MAX];

	if (conf_report_has_room(report, CONF_WARNING))
		nearest = conf_nearest_name(rows, others, n->name);
	snprintf(key, sizeof(key), "%s.%.*s", group, SHOWN_NAME_MAX, n->name);
	conf_report_add(report, CONF_WARNING, n->file, n->line, key,
		"unknown setting, ignored%s%s%s", nearest ? "; did you mean " : "",
		nearest ? nearest : "", nearest ? "?" : "");
}

int conf_node_read(const struct conf_node *group, const char *key, const struct conf_row *rows,
	const char *const *others, void *ret, struct conf_report *report)
{
	int r = 0;

	if (group->kind != CONF_NODE_GROUP) {
		conf_report_add(report, CONF_ERROR, group->file, group->line, key,
			"must be a group of settings: { … }");
		return -EINVAL;
	}
	for (const struct conf_row *row = rows; row->path && r != -ENOMEM; row++) {
		int one = read_row(conf_node_child(group, row->path), row, key, ret, report);

		r = one < 0 ? one : r;
	}
	for (size_t i = 0; i < group->n; i++) {
		const struct conf_node *n = &group->children[i];

		if (conf_rows_find(rows, n->name) < 0 && !is_one_of(others, n->name))
			warn_unknown(n, key, rows, others, report);
	}
	return r;
}
