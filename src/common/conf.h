/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Table-driven settings over libconfig, the only file that includes it. One row per setting: path,
 * type, place, limits, default. Files are merged one after the other, later ones win value by
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
};

/* Rows of one group stand together in a table. */
struct conf_row {
	const char *path; /* "encoder.bitrate" */
	enum conf_type type;
	size_t offset;
	int64_t min, max;
	const char *def;          /* as one would write it in a file, without quotes */
	const char *const *words; /* CONF_ENUM, CONF_STRING: NULL-terminated */
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
};

struct conf_table {
	const struct conf_row *rows;   /* ends with a NULL path */
	const struct conf_list *lists; /* ends with a NULL path; may be NULL */
	size_t size;                   /* of the struct that is filled */
	/* Keys and groups of programs or versions we do not know here, that are no reason to warn
	 * (a note is left); NULL-terminated, may be NULL. */
	const char *const *ignored;
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

/* Reads every *.conf of a folder by name; a missing folder is fine. */
int conf_read_dir(struct conf *c, const char *path, struct conf_report *report);

/* One "key=value" as of --set; origin is shown as where it came from. Here an unknown key is an
 * error: somebody has just typed it. Lists cannot be set so. 0 or -EINVAL with a finding. */
int conf_set(
	struct conf *c, const char *assignment, const char *origin, struct conf_report *report);

/* Empties a list, so that what files have put there is gone. */
void conf_clear(struct conf *c, const char *list);

/* Appends one element to a list, from "key=value" pairs; -ENOSPC over the list's maximum. */
int conf_append(struct conf *c, const char *list, const char *const *assignments,
	const char *origin, struct conf_report *report);

/* Where a value came from: file and line, or NULL and 0 for a default. For the values of a list's
 * element list and index say which, and one that was not set has its element's origin; else list is
 * NULL. The name lives until the value is set again. */
void conf_origin(const struct conf *c, const char *list, size_t index, const char *path,
	const char **ret_file, int *ret_line);

/* Fills a struct of the table's size with the merged values, defaults where nothing was set. */
int conf_apply(const struct conf *c, void *ret);

/* Frees the strings and lists in a struct that conf_apply() filled, and zeroes it. */
void conf_destroy(const struct conf_table *table, void *settings);

/* Writes every value with the file and line it came from ("default" when there is none), in the
 * files' own syntax, secrets masked. */
void conf_dump(const struct conf *c, FILE *f);

/* Writes all values without masking or comments, so that conf_read_file() gives the same again: the
 * last good configuration. Into a file of mode 0600, replaced atomically. */
int conf_save(const struct conf *c, const char *path);

/* Compares two filled structs; calls fn for every row or list that differs. */
void conf_diff(const struct conf_table *table, const void *a, const void *b,
	void (*fn)(const char *path, unsigned flags, void *userdata), void *userdata);
