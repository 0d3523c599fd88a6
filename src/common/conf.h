/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Table-driven settings over libconfig, the only module that includes it. One row per setting:
 * path, type, place, limits, default. Files are merged one after the other, later ones win value by
 * value; where each value came from is remembered. Nothing here logs: findings are collected in a
 * report with file, line, key and what is allowed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/cleanup.h"

enum conf_type {
	CONF_STRING,   /* char *, owned by the struct; UTF-8 without control characters; min/max:
			* length   in bytes (max 0: 1023); one of the row's words when it has any */
	CONF_BOOL,     /* bool */
	CONF_INT,      /* int64_t; min … max */
	CONF_BITRATE,  /* int64_t, bit/s: 3000000, "3000k", "3M"; min … max */
	CONF_DURATION, /* uint64_t, µs: 2 (seconds), 0.5, "500ms", "2s", "3min", "forever"
			* (USEC_INFINITY, only where max is INT64_MAX); min … max in µs */
	CONF_BYTES,    /* int64_t: 4194304, "4M", "512K" (of 1024); min … max */
	CONF_SIZE, /* struct conf_size: "1280x720", both even, or "auto" (0x0); min … max for each
		    */
	CONF_RATE, /* struct conf_rate: 30, 29.97, "30000/1001", or "auto" (0/1); min … max per
		      second */
	CONF_ENUM, /* int: index in the row's words */
	CONF_REAL, /* double: 1, 0.25, 1e-3; min … max */
	CONF_WORDS, /* char *, owned by the struct: words without white space and commas, for
		     * words_next(). Written as a list of texts, or as one text with commas or
		     * spaces. Each one of the row's words when it has any; max as of a string */
	_CONF_TYPE_MAX
};

struct conf_size {
	int width, height;
};

struct conf_rate {
	int num, den;
};

enum conf_flags {
	CONF_RELOAD = 1, /* a change takes effect on SIGHUP; without it a restart is needed */
	CONF_SECRET =
		2, /* the value may hold secrets: masked as a URL in dumps, never in a report */
	CONF_PASSWORD = 4 | CONF_SECRET, /* it is one, as a whole */
};

/* Rows of one group stand together in a table. */
struct conf_row {
	const char *path; /* "encoder.bitrate" */
	enum conf_type type;
	size_t offset;
	int64_t min, max;
	const char *def;          /* as one would write it in a file, without quotes */
	const char *const *words; /* CONF_ENUM, CONF_STRING, CONF_WORDS: NULL-terminated */
	unsigned flags;
	const char *help; /* one line, for the shipped file and --help-settings */
};

/* A list of groups, such as outputs = ( { … }, { … } ); each with rows of its own. The elements
 * live in an array of size element_size at offset, their number in a size_t at count_offset. A
 * later file that has the list replaces it whole. */
struct conf_list {
	const char *path;
	const struct conf_row *rows; /* ends with a NULL path */
	size_t offset, count_offset, element_size, max;
	unsigned flags; /* CONF_RELOAD */
	const char *help;
	/* A value in the place of a group is that of its first row, and one in the place of the
	 * list is a list of one. */
	bool bare;
};

enum conf_kind {
	CONF_NODE_GROUP, /* { … }; children with names, each once */
	CONF_NODE_LIST,  /* ( … ) or [ … ]; children without */
	CONF_NODE_STRING,
	CONF_NODE_INT,
	CONF_NODE_FLOAT, /* finite */
	CONF_NODE_BOOL,
};

/* A setting of any shape, as somebody wrote it. Strings are UTF-8 without control characters. */
struct conf_node {
	char *name; /* NULL in a list */
	enum conf_kind kind;
	union {
		char *string;
		int64_t integer;
		double real;
		bool boolean;
	};
	char *file; /* where it came from; of a group, who had it last */
	int line;
	struct conf_node *children; /* in the order of the file that had them first */
	size_t n;
};

#define CONF_TREE_DEPTH_MAX 8     /* levels, the tree itself being one */
#define CONF_TREE_NODES_MAX 20000 /* all together */
#define CONF_TREE_TEXT_MAX 4095   /* bytes of a string */

/* A group or list whose inside has names or a depth that no table knows; who uses it looks through
 * its nodes. Of a group a later file adds and replaces key by key, down to the last group; a list
 * or value is replaced whole. In a table those of a group's inner groups stand before its own. */
struct conf_tree {
	const char *path;
	enum conf_kind kind; /* CONF_NODE_GROUP or CONF_NODE_LIST */
	size_t offset;       /* of a struct conf_node *: a copy, or NULL when no file has it */
	unsigned flags;      /* CONF_RELOAD */
	const char *help;
};

struct conf_table {
	const struct conf_row *rows;   /* ends with a NULL path */
	const struct conf_list *lists; /* ends with a NULL path; may be NULL */
	const struct conf_tree *trees; /* likewise */
	size_t size;                   /* of the struct that is filled */
	const char *only; /* group outside of which everything is left alone; NULL: none is */
};

enum conf_severity {
	CONF_NOTE,    /* nothing wrong */
	CONF_WARNING, /* an unknown or deprecated key: ignored */
	CONF_ERROR,   /* the file cannot be used */
};

struct conf_finding {
	enum conf_severity severity;
	char *file;
	int line; /* 0: not in a file (--set) or the whole file */
	char *key;
	char *text; /* what is wrong and what is allowed; no secrets */
};

/* Of errors, and of everything else together, the first 100 are kept; all are counted. */
struct conf_report {
	struct conf_finding *findings;
	size_t n;
	size_t errors, warnings;
};

void conf_report_deinit(struct conf_report *r);

/* Adds a finding of the caller's own. */
void conf_report_add(struct conf_report *r, enum conf_severity severity, const char *file, int line,
	const char *key, const char *fmt, ...) PRINTF_LIKE(6, 7);

/* "file:line: key: text" of one finding, without the parts it lacks, into buf. Returns buf. */
const char *conf_finding_format(const struct conf_finding *f, char *buf, size_t size);

/* All of them, a line each: "error: file:line: key: text". The exit status of a check: 1 when there
 * are errors, else 0. */
int conf_report_show(const struct conf_report *r, FILE *f);

/* The merged settings on their way: values and where each came from. */
struct conf;

/* The table is kept by reference. -EINVAL: a default of the table is not within its own limits. */
int conf_new(struct conf **ret, const struct conf_table *table);
struct conf *conf_free(struct conf *c);
DEFINE_CLEANUP(struct conf *, conf_free)

/* Reads one file on top of what is there. A missing file is -ENOENT and no finding; one that cannot
 * be read or parsed is an error finding and -EINVAL, and so is a value out of its limits. Files
 * over 1 MiB are refused, with all that they @include; included files stand in the file's own
 * folder or below. */
int conf_read_file(struct conf *c, const char *path, struct conf_report *report);

/* The same with a text that is there already; path is told as where it came from, and @include
 * looks into the folder (NULL: includes are refused). */
int conf_read_text(struct conf *c, const char *text, const char *path, const char *folder,
	struct conf_report *report);

/* Reads every *.conf of a folder by name; a missing folder is fine. */
int conf_read_dir(struct conf *c, const char *path, struct conf_report *report);

/* One "key=value" as of --set; origin is shown as where it came from. Here an unknown key is an
 * error: somebody has just typed it. Lists and trees cannot be set so. 0 or -EINVAL with a finding.
 */
int conf_set(
	struct conf *c, const char *assignment, const char *origin, struct conf_report *report);

/* Empties a list, so that what files have put there is gone. */
void conf_clear(struct conf *c, const char *list);

/* Appends one element to a list, from "key=value" pairs; -ENOSPC over the list's maximum. */
int conf_append(struct conf *c, const char *list, const char *const *assignments,
	const char *origin, struct conf_report *report);

/* What the files make of a tree, or NULL when none has it. Lives until another file is read. */
const struct conf_node *conf_tree(const struct conf *c, const char *path);

/* Exchanges the values of a row, or the trees, of this path in two configurations whose tables both
 * have it. */
void conf_swap(struct conf *a, struct conf *b, const char *path);

/* Where a value came from: file and line, or NULL and 0 for a default. For the values of a list's
 * element list and index say which, and one that was not set has its element's origin; else list is
 * NULL. The name lives until the value is set again. */
void conf_origin(const struct conf *c, const char *list, size_t index, const char *path,
	const char **ret_file, int *ret_line);

/* Adds a finding of the caller's own about a setting, with the place where it was set. list and
 * index: of a setting in a list, as for conf_origin(). */
void conf_report_setting(struct conf_report *r, const struct conf *c, enum conf_severity severity,
	const char *list, size_t index, const char *path, const char *text);

/* Fills a struct of the table's size with the merged values, defaults where nothing was set. */
int conf_apply(const struct conf *c, void *ret);

/* Frees the strings, lists and trees in a struct that conf_apply() filled, and zeroes it. */
void conf_destroy(const struct conf_table *table, void *settings);

/* Writes every value with the file and line it came from ("default" when there is none), in the
 * files' own syntax, secrets masked. */
void conf_dump(const struct conf *c, FILE *f);

/* Writes all values without masking or comments, so that conf_read_file() gives the same again: the
 * last good configuration. Into a file of mode 0600, replaced atomically. */
int conf_save(const struct conf *c, const char *path);

/* Compares two filled structs; calls fn for every row, list or tree that differs. */
void conf_diff(const struct conf_table *table, const void *a, const void *b,
	void (*fn)(const char *path, unsigned flags, void *userdata), void *userdata);

/* The row of this path, or, when list is not NULL, that of the list's elements. NULL: none. */
const struct conf_row *conf_find_row(
	const struct conf_table *table, const char *list, const char *path);

/* Would it take this text, as of a file? 0; -EINVAL: not of its type; -ERANGE: beyond its limits.
 */
int conf_row_check(const struct conf_row *row, const char *text);

/* How many bytes a text of it may have. */
int conf_row_length_max(const struct conf_row *row);

/* The child of that name, or NULL; of what is no group, too. */
const struct conf_node *conf_node_child(const struct conf_node *group, const char *name);

/* Fills a struct with the values of a group's children, defaults where there is none, as a table
 * does it. key is that of the group in findings. What is no row's is left alone when others
 * (NULL-terminated, may be NULL) has its name, else warned about. Each value that does not fit is
 * an error finding, and a group that is none as well. ret is to be all zero; 0, -EINVAL, -ENOMEM,
 * and in each case its strings are given back with conf_rows_destroy(). */
int conf_node_read(const struct conf_node *group, const char *key, const struct conf_row *rows,
	const char *const *others, void *ret, struct conf_report *report);
void conf_rows_destroy(const struct conf_row *rows, void *settings);

/* A number as short as it can be without becoming another one. Returns buf. */
#define CONF_REAL_TEXT_MAX 32
const char *conf_real_text(double real, char buf[CONF_REAL_TEXT_MAX]);
