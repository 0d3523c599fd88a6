/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What people read: words that cannot play tricks on a terminal, tables whose columns stand below
 * each other, colour only where it is wanted. Main thread.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/cleanup.h"

#define SHOW_TEXT_MAX 1024 /* bytes of one text, with the end */
#define SHOW_CELL_MAX 64   /* characters of a cell */
#define SHOW_COLUMNS_MAX 12
#define SHOW_ROWS_MAX 4096

enum show_tone {
	SHOW_PLAIN,
	SHOW_GOOD,
	SHOW_ODD,
	SHOW_BAD,
	SHOW_FAINT,
};

/* A copy in buf fit for a terminal: control characters, those that turn the direction of writing,
 * and bytes that are no UTF-8 become '?'; at most width characters, the last one "…" when something
 * was cut. Returns buf. NULL is "". */
const char *show_clean(const char *text, size_t width, char buf[static SHOW_TEXT_MAX]);

/* How many characters a text has that show_clean() has made. */
size_t show_width(const char *text);

/* Is this stream for a person with a terminal who has not set NO_COLOR? */
bool show_in_colour(FILE *f);

/* "2.98 Mb/s"; "-" for 0. */
const char *show_bitrate(uint64_t bits, char buf[static 32]);

/* "3.1 MiB" */
const char *show_bytes(uint64_t bytes, char buf[static 32]);

/* Time of day for what happened today, else the date as well; "-" for 0. */
const char *show_time(uint64_t realtime_usec, char buf[static 32]);

struct show_table;

/* headers: NULL-terminated, kept by reference. NULL: no memory. */
struct show_table *show_table_new(const char *const *headers);
struct show_table *show_table_free(struct show_table *t);
DEFINE_CLEANUP(struct show_table *, show_table_free)

/* The next cell, from left to right and from top to bottom. What it says is cleaned and cut; "" is
 * shown as "-". Cells over SHOW_ROWS_MAX and those there is no memory for are left out. */
void show_cell(struct show_table *t, enum show_tone tone, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Nothing but the headers when there are no rows. width: of the terminal; 0: lines may have any
 * length. colour: of show_in_colour(). */
void show_table_print(const struct show_table *t, FILE *f, size_t width, bool colour);

/* "key: value" of details, keys aligned; a line that goes on has "". Both are cleaned, the value is
 * not cut. */
void show_field(const char *key, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* JSON for machines, indented and with a line end. Takes the reference. Returns 0, or -EIO when
 * standard output did not take it, or -ENOMEM (also for a NULL). */
int show_json(json_t *json);

/* The same in one line, at once. */
int show_json_line(json_t *json);

/* Members of an object, which may be NULL, of another kind, or missing: then "", 0, false. */
const char *show_string(const json_t *o, const char *key);
uint64_t show_number(const json_t *o, const char *key);
double show_real(const json_t *o, const char *key);
bool show_true(const json_t *o, const char *key);
