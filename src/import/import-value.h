/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Single values of the original's YAML. Each getter looks a key up, marks it as known, and tells
 * one that does not fit with its line and what is allowed; what is missing or null leaves the
 * default that is in ret. Pure; any thread.
 */
#pragma once

#include <stdint.h>

#include "import/import-yaml.h"

struct import_reading {
	const char *file;
	struct conf_report *report;
	bool failed;
};

/* path: of the map in findings, such as "streams.game". */
void import_get_bool(struct import_reading *rd, struct import_node *map, const char *path,
	const char *key, bool *ret);
void import_get_int(struct import_reading *rd, struct import_node *map, const char *path,
	const char *key, int64_t min, int64_t max, int64_t *ret);
void import_get_real(struct import_reading *rd, struct import_node *map, const char *path,
	const char *key, double min, double max, double *ret);
void import_get_text(struct import_reading *rd, struct import_node *map, const char *path,
	const char *key, const char **ret);
/* One of the words (NULL-terminated). */
void import_get_word(struct import_reading *rd, struct import_node *map, const char *path,
	const char *key, const char *const *words, const char **ret);

/* A map or list of that name; NULL: missing, null, or of another kind, which is told. */
struct import_node *import_get_node(struct import_reading *rd, struct import_node *map,
	const char *path, const char *key, enum import_kind kind);

/* A finding at the node. An error fails the reading. */
void import_find(struct import_reading *rd, enum conf_severity severity,
	const struct import_node *n, const char *path, const char *key, const char *fmt, ...)
	PRINTF_LIKE(6, 7);

/* Tells why a key that is there is not taken over. */
void import_leave(struct import_reading *rd, struct import_node *map, const char *path,
	const char *key, const char *why);

/* Warns of all that nobody has asked for. */
void import_tell_unknown(struct import_reading *rd, const struct import_node *root);

/* Words of YAML 1.1, as the original's reader took them. */
bool import_parse_bool(const struct import_node *n, bool *ret);
bool import_parse_int(const struct import_node *n, int64_t *ret);
bool import_parse_real(const struct import_node *n, double *ret);
