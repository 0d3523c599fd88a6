/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file's text into merged ones: the border to libconfig. A value is a node first, whose kind must
 * be one that the row can take; from there on it is text, checked like that of --set. Trees stay
 * nodes.
 */
#include <libconfig.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/conf-private.h"

#define KEY_MAX 256
#define SHOWN_NAME_MAX 64

/* one file on its way */
struct reading {
	struct conf *c;
	const char *path, *folder;
	struct conf_report *report;
	bool failed;
	/* of the setting that was looked at last */
	char *included;
};

static void report_syntax(struct reading *rd, int line, const char *file, const char *text)
{
	conf_report_add(rd->report, CONF_ERROR, file, line, NULL, "%s", text);
	rd->failed = true;
}

/* libconfig names included files only, as they were written (1.5) or with their folder (1.7). */
static const char *file_of(struct reading *rd, const char *name)
{
	const size_t n = strlen(rd->folder);

	if (!name)
		return rd->path;
	if (*name == '/' || (strncmp(name, rd->folder, n) == 0 && name[n] == '/'))
		return name;
	free(rd->included);
	if (asprintf(&rd->included, "%s/%s", rd->folder, name) < 0)
		rd->included = NULL;
	return rd->included ? rd->included : name;
}

static const char *origin_file(struct reading *rd, const config_setting_t *s)
{
	return file_of(rd, config_setting_source_file(s));
}

static int origin_line(const config_setting_t *s)
{
	return (int) config_setting_source_line(s);
}

/* The value as a node that owns nothing: the string is the setting's. false: it has parts. */
static bool peek_value(const config_setting_t *s, struct conf_node *ret)
{
	*ret = (struct conf_node){ 0 };
	switch (config_setting_type(s)) {
	case CONFIG_TYPE_STRING:
		ret->kind = CONF_NODE_STRING;
		ret->string = (char *) config_setting_get_string(s);
		return true;
	case CONFIG_TYPE_BOOL:
		ret->kind = CONF_NODE_BOOL;
		ret->boolean = config_setting_get_bool(s);
		return true;
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		ret->kind = CONF_NODE_INT;
		ret->integer = config_setting_get_int64(s);
		return true;
	case CONFIG_TYPE_FLOAT:
		ret->kind = CONF_NODE_FLOAT;
		ret->real = config_setting_get_float(s);
		return true;
	default:
		ret->kind = config_setting_is_group(s) ? CONF_NODE_GROUP : CONF_NODE_LIST;
		return false;
	}
}

/* false: not all of them are words. */
static bool join_words(const config_setting_t *s, char *buf)
{
	*buf = '\0';
	for (int i = 0; i < config_setting_length(s); i++) {
		const char *word =
			config_setting_get_string(config_setting_get_elem(s, (unsigned) i));

		if (!word || !conf_value_add_word(buf, word))
			return false;
	}
	return true;
}

static void read_value(struct reading *rd, const config_setting_t *s, const struct conf_row *row,
	struct conf_value *value, const char *key)
{
	const char *file = origin_file(rd, s), *text;
	char buf[CONF_MADE_MAX];
	struct conf_node node;
	int line = origin_line(s);

	(void) peek_value(s, &node);
	if (row->type == CONF_WORDS && node.kind == CONF_NODE_LIST)
		text = join_words(s, buf) ? buf : NULL;
	else
		text = conf_node_text(&node, row, buf);
	if (text && conf_value_set(value, row, text, key, file, line, rd->report) == 0)
		return;
	if (!text)
		conf_value_refuse(row, NULL, key, file, line, rd->report);
	rd->failed = true;
}

static void refuse_shape(
	struct reading *rd, const config_setting_t *s, const char *key, const char *allowed)
{
	conf_report_add(rd->report, CONF_ERROR, origin_file(rd, s), origin_line(s), key,
		"must be %s", allowed);
	rd->failed = true;
}

/* rows: of the list the key stands in, whose suggestions make sense; else NULL. */
static void warn_unknown(struct reading *rd, const config_setting_t *s, const struct conf_row *rows,
	const char *key, const char *name)
{
	const char *nearest = NULL;

	if (conf_report_has_room(rd->report, CONF_WARNING))
		nearest = conf_nearest(rd->c->table, rows, rows ? name : key);
	conf_report_add(rd->report, CONF_WARNING, origin_file(rd, s), origin_line(s), key,
		"unknown setting, ignored%s%s%s", nearest ? "; did you mean " : "",
		nearest ? nearest : "", nearest ? "?" : "");
}

static void read_element(struct reading *rd, const config_setting_t *s,
	const struct conf_list *list, struct conf_element *e, size_t index)
{
	if (config_setting_type(s) != CONFIG_TYPE_GROUP) {
		char key[KEY_MAX];

		snprintf(key, sizeof(key), "%s[%zu]", list->path, index);
		read_value(rd, s, &list->rows[0], &e->values[0], key);
		return;
	}
	for (int i = 0; i < config_setting_length(s); i++) {
		const config_setting_t *child = config_setting_get_elem(s, (unsigned) i);
		const char *name = config_setting_name(child);
		int row = conf_rows_find(list->rows, name);
		char key[KEY_MAX];

		snprintf(key, sizeof(key), "%s[%zu].%.*s", list->path, index, SHOWN_NAME_MAX, name);
		if (row >= 0)
			read_value(rd, child, &list->rows[row], &e->values[row], key);
		else
			warn_unknown(rd, child, list->rows, key, name);
	}
}

/* [ … ] is for values only. */
static bool is_list_of(const config_setting_t *s, const struct conf_list *list)
{
	return config_setting_type(s) == CONFIG_TYPE_LIST ||
	       (list->bare && config_setting_type(s) == CONFIG_TYPE_ARRAY);
}

static void read_list(struct reading *rd, const config_setting_t *s, const struct conf_list *list,
	struct conf_elements *elements)
{
	/* One value alone is a list of one. */
	const bool alone = list->bare && config_setting_is_scalar(s);
	const int n = alone ? 1 : config_setting_length(s);
	struct conf_elements fresh = { 0 };
	char allowed[KEY_MAX];

	snprintf(allowed, sizeof(allowed), "a list of at most %zu %s: %s = ( %s, { … } );",
		list->max, list->bare ? "values or groups" : "groups", list->path,
		list->bare ? "\"…\"" : "{ … }");
	if (!alone && (!is_list_of(s, list) || (size_t) n > list->max)) {
		refuse_shape(rd, s, list->path, allowed);
		return;
	}
	for (int i = 0; i < n; i++) {
		const config_setting_t *child =
			alone ? s : config_setting_get_elem(s, (unsigned) i);
		struct conf_element *e;

		if (!list->bare && config_setting_type(child) != CONFIG_TYPE_GROUP)
			refuse_shape(rd, child, list->path, allowed);
		else if (conf_element_new(
				 list, &fresh, origin_file(rd, child), origin_line(child), &e) == 0)
			read_element(rd, child, list, e, (size_t) i);
		else
			rd->failed = true;
	}
	conf_elements_clear(list, elements);
	*elements = fresh;
}

static int own_value(
	struct reading *rd, const config_setting_t *s, const char *key, struct conf_node *n)
{
	if (n->kind == CONF_NODE_STRING) {
		if (!conf_value_clean(n->string)) {
			n->string = NULL;
			refuse_shape(rd, s, key,
				"a text of at most 4095 bytes, UTF-8 without control characters");
			return -EINVAL;
		}
		n->string = strdup(n->string);
		return n->string ? 0 : -ENOMEM;
	}
	if (n->kind != CONF_NODE_FLOAT || isfinite(n->real))
		return 0;
	refuse_shape(rd, s, key, "a number that can be held");
	return -EINVAL;
}

/* "states" and "PLAYING" are "states.PLAYING"; what has no name is "rois[0]". */
static void child_key(
	const char *key, const config_setting_t *child, int index, char *buf, size_t size)
{
	const char *name = config_setting_name(child);

	if (name)
		snprintf(buf, size, "%s.%.*s", key, SHOWN_NAME_MAX, name);
	else
		snprintf(buf, size, "%s[%d]", key, index);
}

/* Makes a node of a setting and all that it holds; n is to be cleared in any case. */
static int read_node(struct reading *rd, const config_setting_t *s, const char *key, int depth,
	struct conf_node *n)
{
	const char *name = config_setting_name(s);
	bool whole = peek_value(s, n);
	int r = whole ? own_value(rd, s, key, n) : 0;

	n->line = origin_line(s);
	n->file = strdup(origin_file(rd, s));
	n->name = name ? strdup(name) : NULL;
	if (!n->file || (name && !n->name))
		return -ENOMEM;
	if (whole || r < 0)
		return r;
	if (depth == CONF_TREE_DEPTH_MAX) {
		refuse_shape(rd, s, key, "a value: groups and lists are nested too deep here");
		return -EINVAL;
	}
	for (int i = 0; i < config_setting_length(s) && r == 0; i++) {
		const config_setting_t *setting = config_setting_get_elem(s, (unsigned) i);
		struct conf_node child;
		char child_name[KEY_MAX];

		child_key(key, setting, i, child_name, sizeof(child_name));
		r = read_node(rd, setting, child_name, depth + 1, &child);
		if (r == 0)
			r = conf_node_append(n, &child);
		conf_node_clear(&child);
	}
	return r;
}

static int merge_tree(struct conf_node **tree, struct conf_node *fresh)
{
	if (!*tree)
		*tree = calloc(1, sizeof(**tree));
	return *tree ? conf_node_merge(*tree, fresh) : -ENOMEM;
}

static void read_tree(struct reading *rd, const config_setting_t *s, const struct conf_tree *tree,
	struct conf_node **into)
{
	struct conf_node fresh = { 0 };
	int r = read_node(rd, s, tree->path, 1, &fresh);

	if (r == 0 && fresh.kind != tree->kind) {
		refuse_shape(rd, s, tree->path,
			tree->kind == CONF_NODE_GROUP ? "a group of settings: { … };"
						      : "a list: [ … ];");
		r = -EINVAL;
	}
	if (r == 0)
		r = merge_tree(into, &fresh);
	if (r == 0 && conf_node_count(*into) > CONF_TREE_NODES_MAX) {
		*into = conf_node_free(*into);
		refuse_shape(rd, s, tree->path, "smaller: there are too many settings in it");
		r = -EINVAL;
	}
	conf_node_clear(&fresh);
	rd->failed |= r < 0;
}

static bool is_below(const char *group, const char *path)
{
	const size_t n = strlen(group);

	return strncmp(path, group, n) == 0 && path[n] == '.';
}

/* Whether rows or trees stand below this path. */
static bool is_group(const struct conf_table *table, const char *path)
{
	for (const struct conf_row *row = table->rows; row->path; row++)
		if (is_below(path, row->path))
			return true;
	for (const struct conf_tree *tree = table->trees; tree && tree->path; tree++)
		if (is_below(path, tree->path))
			return true;
	return false;
}

static void read_group(struct reading *rd, const config_setting_t *group, const char *prefix)
{
	struct conf *c = rd->c;

	for (int i = 0; i < config_setting_length(group); i++) {
		const config_setting_t *s = config_setting_get_elem(group, (unsigned) i);
		const char *name = config_setting_name(s);
		char key[KEY_MAX];
		int row, list, tree;

		if (c->table->only && !*prefix && strcmp(name, c->table->only) != 0)
			continue;
		/* Cut names are unknown ones: none of ours is that long. */
		snprintf(key, sizeof(key), "%s%s%.*s", prefix, *prefix ? "." : "", SHOWN_NAME_MAX,
			name);
		row = conf_rows_find(c->table->rows, key);
		list = conf_lists_find(c->table->lists, key);
		tree = conf_trees_find(c->table->trees, key);
		if (row >= 0)
			read_value(rd, s, &c->table->rows[row], &c->values[row], key);
		else if (list >= 0)
			read_list(rd, s, &c->table->lists[list], &c->elements[list]);
		else if (tree >= 0)
			read_tree(rd, s, &c->table->trees[tree], &c->trees[tree]);
		else if (!is_group(c->table, key))
			warn_unknown(rd, s, NULL, key, name);
		else if (config_setting_type(s) != CONFIG_TYPE_GROUP)
			refuse_shape(rd, s, key, "a group of settings: { … };");
		else
			read_group(rd, s, key);
	}
}

static int parse(struct reading *rd, const char *text)
{
	_cleanup_(freep) char *ended = NULL;
	config_t config;

	/* libconfig 1.5 takes a comment for one only when a line break ends it. */
	if (asprintf(&ended, "%s\n", text) < 0) {
		ended = NULL;
		return -ENOMEM;
	}
	config_init(&config);
	config_set_include_dir(&config, rd->folder);
	if (config_read_string(&config, ended) == CONFIG_TRUE)
		read_group(rd, config_root_setting(&config), "");
	else
		report_syntax(rd, config_error_line(&config),
			file_of(rd, config_error_file(&config)), config_error_text(&config));
	config_destroy(&config);
	explicit_bzero(ended, strlen(ended));
	return rd->failed ? -EINVAL : 0;
}

int conf_read_text(struct conf *c, const char *text, const char *path, const char *folder,
	struct conf_report *report)
{
	struct reading rd = {
		.c = c, .path = path, .folder = folder ? folder : ".", .report = report
	};
	int r = conf_scan(text, path, folder, report);

	if (r == 0)
		r = parse(&rd, text);
	free(rd.included);
	return r;
}
