/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the settings reader share and nobody else sees. A value is kept as the text
 * that somebody wrote, checked when it was read; conf_apply() parses it once more. So a dump shows
 * "3M" and not 3000000, and a saved file means the same whatever the types become.
 */
#pragma once

#include "common/conf.h"

#define CONF_FILE_MAX (1024 * 1024)
/* Digits of the largest double, and those behind the point. */
#define CONF_NUMBER_MAX 340
/* Of a value that was not one text in its file. */
#define CONF_MADE_MAX 1024

struct conf_value {
	char *text; /* NULL: not set */
	char *file;
	int line;
};

struct conf_element {
	char *file;
	int line;
	struct conf_value *values; /* one for each of the list's rows */
};

struct conf_elements {
	struct conf_element *items;
	size_t n;
};

struct conf {
	const struct conf_table *table;
	struct conf_value *values;      /* one for each row */
	struct conf_elements *elements; /* one for each list */
	struct conf_node **trees;       /* one for each tree; NULL: not set */
	size_t n_rows, n_lists, n_trees;
};

/* What a value's text means; the member goes by the row's type. */
union conf_parsed {
	const char *string; /* the text itself */
	bool boolean;
	int64_t number;
	uint64_t usec;
	struct conf_size size;
	struct conf_rate rate;
	int word;
	double real;
};

/* conf-value.c. 0; -EINVAL: not of the type; -ERANGE: beyond the limits. */
int conf_value_parse(const struct conf_row *row, const char *text, union conf_parsed *ret);

/* Puts one more word behind those in buf, of CONF_MADE_MAX bytes. false: it is none, or there is no
 * room. */
bool conf_value_add_word(char *buf, const char *word);

/* "a number from 1 to 600" and the like, into buf. Returns buf. */
const char *conf_value_allowed(const struct conf_row *row, char *buf, size_t size);

/* Adds the finding that a row cannot take this text (NULL: it was no such thing at all). */
void conf_value_refuse(const struct conf_row *row, const char *text, const char *key,
	const char *file, int line, struct conf_report *report);

/* Whether a text of a tree can be kept: not too long, well-formed, no control characters. */
bool conf_value_clean(const char *text);

/* conf-node.c. The value as text when the row can take this kind at all, else NULL. buf holds
 * CONF_MADE_MAX bytes. */
const char *conf_node_text(const struct conf_node *n, const struct conf_row *row, char *buf);

/* conf-tree.c. clear: what it holds; free: itself, too, NULL is fine. */
void conf_node_clear(struct conf_node *n);
struct conf_node *conf_node_free(struct conf_node *n);
DEFINE_CLEANUP(struct conf_node *, conf_node_free)
int conf_node_copy(const struct conf_node *n, struct conf_node **ret);
size_t conf_node_count(const struct conf_node *n);

/* The same values, wherever they came from. NULL is equal to NULL. */
bool conf_node_equal(const struct conf_node *a, const struct conf_node *b);

/* Takes what child holds. -ENOMEM: has not. */
int conf_node_append(struct conf_node *parent, struct conf_node *child);

/* Puts a later file's node on top of one: takes what from holds, which is still to be cleared. */
int conf_node_merge(struct conf_node *to, struct conf_node *from);

/* conf-apply.c. Puts the value into the struct; the errors of conf_value_parse(), or -ENOMEM. */
int conf_row_store(const struct conf_row *row, const char *text, void *base);

/* conf.c. Checks and keeps a text; an error finding and -EINVAL when it does not fit. key: as shown
 * in findings. */
int conf_value_set(struct conf_value *v, const struct conf_row *row, const char *text,
	const char *key, const char *file, int line, struct conf_report *report);
size_t conf_rows_count(const struct conf_row *rows);

/* The index of the row or list of this path; -ENOENT. path need not be terminated. */
int conf_rows_find(const struct conf_row *rows, const char *path);
int conf_lists_find(const struct conf_list *lists, const char *path);
int conf_trees_find(const struct conf_tree *trees, const char *path);

int conf_element_new(const struct conf_list *list, struct conf_elements *elements, const char *file,
	int line, struct conf_element **ret);
void conf_elements_clear(const struct conf_list *list, struct conf_elements *elements);

/* conf-report.c. Whether another finding of this severity would be kept. */
bool conf_report_has_room(const struct conf_report *r, enum conf_severity severity);

/* The known key that looks most like this one, or NULL. rows: of the list the key stands in, else
 * NULL. */
const char *conf_nearest(
	const struct conf_table *table, const struct conf_row *rows, const char *key);

/* The same among a group's rows and other names. */
const char *conf_nearest_name(
	const struct conf_row *rows, const char *const *others, const char *name);

/* conf-scan.c. Looks through a file's text and all that it includes before libconfig does; folder
 * is that of the file, or NULL when nothing may be included. 0, or -EINVAL with an error finding,
 * or -ENOMEM. */
int conf_scan(const char *text, const char *path, const char *folder, struct conf_report *report);
