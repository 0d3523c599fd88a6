/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files into merged texts: the border to libconfig. A value's libconfig type must be one that the
 * row can take; from there on it is text, checked like that of --set.
 */
#include <dirent.h>
#include <libconfig.h>
#include <stdlib.h>
#include <string.h>

#include "common/conf-private.h"
#include "common/file.h"

#define KEY_MAX 256
#define SHOWN_NAME_MAX 64
/* Digits of the largest double, and those behind the point. */
#define NUMBER_MAX 340

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

/* The value as text when the row can take this type at all, else NULL. buf holds NUMBER_MAX bytes.
 */
static const char *text_of(const config_setting_t *s, const struct conf_row *row, char *buf)
{
	const bool words =
		row->type == CONF_STRING || row->type == CONF_ENUM || row->type == CONF_SIZE;

	switch (config_setting_type(s)) {
	case CONFIG_TYPE_STRING:
		return row->type != CONF_BOOL && row->type != CONF_INT
			       ? config_setting_get_string(s)
			       : NULL;
	case CONFIG_TYPE_BOOL:
		if (row->type != CONF_BOOL)
			return NULL;
		return config_setting_get_bool(s) ? "true" : "false";
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		if (words || row->type == CONF_BOOL)
			return NULL;
		snprintf(buf, NUMBER_MAX, "%lld", config_setting_get_int64(s));
		return buf;
	case CONFIG_TYPE_FLOAT:
		if (row->type != CONF_DURATION && row->type != CONF_RATE)
			return NULL;
		snprintf(buf, NUMBER_MAX, "%.6f", config_setting_get_float(s));
		return buf;
	default:
		return NULL;
	}
}

static void read_value(struct reading *rd, const config_setting_t *s, const struct conf_row *row,
	struct conf_value *value, const char *key)
{
	const char *file = origin_file(rd, s), *text;
	char buf[NUMBER_MAX];
	int line = origin_line(s);

	text = text_of(s, row, buf);
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

static bool is_ignored(const struct conf_table *table, const char *key)
{
	for (const char *const *p = table->ignored; p && *p; p++)
		if (strcmp(*p, key) == 0)
			return true;
	return false;
}

/* rows: of the list the key stands in, whose suggestions make sense; else NULL. */
static void warn_unknown(struct reading *rd, const config_setting_t *s, const struct conf_row *rows,
	const char *key, const char *name)
{
	const struct conf_table *table = rd->c->table;
	const char *nearest = NULL;

	if (!rows && is_ignored(table, key)) {
		conf_report_add(rd->report, CONF_NOTE, origin_file(rd, s), origin_line(s), key,
			"not known to this version, ignored");
		return;
	}
	if (conf_report_has_room(rd->report, CONF_WARNING))
		nearest = conf_nearest(table, rows, rows ? name : key);
	conf_report_add(rd->report, CONF_WARNING, origin_file(rd, s), origin_line(s), key,
		"unknown setting, ignored%s%s%s", nearest ? "; did you mean " : "",
		nearest ? nearest : "", nearest ? "?" : "");
}

static void read_element(struct reading *rd, const config_setting_t *s,
	const struct conf_list *list, struct conf_element *e, size_t index)
{
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

static void read_list(struct reading *rd, const config_setting_t *s, const struct conf_list *list,
	struct conf_elements *elements)
{
	struct conf_elements fresh = { 0 };
	char allowed[KEY_MAX];

	snprintf(allowed, sizeof(allowed), "a list of at most %zu groups: %s = ( { … }, { … } );",
		list->max, list->path);
	if (config_setting_type(s) != CONFIG_TYPE_LIST ||
		(size_t) config_setting_length(s) > list->max) {
		refuse_shape(rd, s, list->path, allowed);
		return;
	}
	for (int i = 0; i < config_setting_length(s); i++) {
		const config_setting_t *child = config_setting_get_elem(s, (unsigned) i);
		struct conf_element *e;

		if (config_setting_type(child) != CONFIG_TYPE_GROUP)
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

/* Whether rows stand below this path. */
static bool is_group(const struct conf_table *table, const char *path)
{
	const size_t n = strlen(path);

	for (const struct conf_row *row = table->rows; row->path; row++)
		if (strncmp(row->path, path, n) == 0 && row->path[n] == '.')
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
		int row, list;

		/* Cut names are unknown ones: none of ours is that long. */
		snprintf(key, sizeof(key), "%s%s%.*s", prefix, *prefix ? "." : "", SHOWN_NAME_MAX,
			name);
		row = conf_rows_find(c->table->rows, key);
		list = conf_lists_find(c->table->lists, key);
		if (row >= 0)
			read_value(rd, s, &c->table->rows[row], &c->values[row], key);
		else if (list >= 0)
			read_list(rd, s, &c->table->lists[list], &c->elements[list]);
		else if (!is_group(c->table, key))
			warn_unknown(rd, s, NULL, key, name);
		else if (config_setting_type(s) != CONFIG_TYPE_GROUP)
			refuse_shape(rd, s, key, "a group of settings: { … };");
		else
			read_group(rd, s, key);
	}
}

static void read_text(struct reading *rd, const char *text)
{
	_cleanup_(freep) char *ended = NULL;
	config_t config;

	/* libconfig 1.5 takes a comment for one only when a line break ends it. */
	if (asprintf(&ended, "%s\n", text) < 0) {
		ended = NULL;
		rd->failed = true;
		return;
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
}

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? strndup(path, slash == path ? 1 : (size_t) (slash - path)) : strdup(".");
}

int conf_read_file(struct conf *c, const char *path, struct conf_report *report)
{
	struct reading rd = { .c = c, .path = path, .report = report };
	_cleanup_(freep) char *text = NULL, *folder = NULL;
	size_t size = 0;
	int r;

	r = file_read(path, CONF_FILE_MAX, &text, &size);
	if (r == -ENOENT)
		return r;
	if (r < 0) {
		report_syntax(&rd, 0, path, r == -EFBIG ? "larger than 1 MiB" : strerror(-r));
		return -EINVAL;
	}
	if (memchr(text, '\0', size)) {
		report_syntax(&rd, 0, path, "holds a NUL byte, so it is no text");
		return -EINVAL;
	}
	rd.folder = folder = folder_of(path);
	if (!folder)
		return -ENOMEM;
	r = conf_scan(text, path, folder, report);
	if (r == 0)
		read_text(&rd, text);
	explicit_bzero(text, size);
	free(rd.included);
	return r == 0 && rd.failed ? -EINVAL : r;
}

static int is_conf(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return entry->d_name[0] != '.' && n > 5 && strcmp(entry->d_name + n - 5, ".conf") == 0;
}

/* By bytes: the order must not depend on the locale. */
static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int read_entry(
	struct conf *c, const char *folder, const char *name, struct conf_report *report)
{
	_cleanup_(freep) char *path = NULL;
	int r;

	if (asprintf(&path, "%s/%s", folder, name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	r = conf_read_file(c, path, report);
	if (r == -ENOENT) {
		conf_report_add(report, CONF_ERROR, path, 0, NULL, "a link to nowhere");
		r = -EINVAL;
	}
	return r;
}

int conf_read_dir(struct conf *c, const char *path, struct conf_report *report)
{
	struct dirent **entries;
	int n = scandir(path, &entries, is_conf, compare_names), r = 0;

	if (n < 0 && errno == ENOENT)
		return 0;
	if (n < 0) {
		conf_report_add(report, CONF_ERROR, path, 0, NULL, "%s", strerror(errno));
		return -EINVAL;
	}
	/* All of them, so that one run of a check shows all there is to mend. */
	for (int i = 0; i < n; i++) {
		int one = read_entry(c, path, entries[i]->d_name, report);

		r = r < 0 ? r : one;
		free(entries[i]);
	}
	free(entries);
	return r;
}
