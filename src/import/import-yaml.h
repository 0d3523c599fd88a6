/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file of YAML as a tree, the part of YAML that the original's settings need: maps, lists and
 * texts of one line. Aliases, merge keys, tags, second documents and keys that stand twice are
 * refused with their line, since what they come to is easily misread. Blocking; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/conf.h"

#define IMPORT_YAML_BYTES_MAX (256 << 10)
#define IMPORT_YAML_DEPTH_MAX 12
#define IMPORT_YAML_NODES_MAX 10000
#define IMPORT_YAML_TEXT_MAX 4095 /* bytes of a text or key */

enum import_kind {
	IMPORT_MAP,
	IMPORT_LIST,
	IMPORT_TEXT,
};

struct import_node {
	enum import_kind kind;
	char *key;   /* of a map's children, else NULL */
	char *text;  /* UTF-8 without control characters; NULL: a map or list */
	bool quoted; /* it is a text then, whatever it looks like */
	bool known;  /* somebody has asked for it */
	int line;
	struct import_node *children;
	size_t n;
};

/* Reads a file. 0 and a tree that import_node_free() gives back; else -EINVAL with an error finding
 * in the report, or -ENOMEM. */
int import_yaml_read(const char *path, struct import_node **ret, struct conf_report *report);

/* The same of a text; name stands for the file in findings. */
int import_yaml_parse(const char *text, size_t size, const char *name, struct import_node **ret,
	struct conf_report *report);

/* Texts are wiped: there are tokens among them. NULL is fine. Returns NULL. */
struct import_node *import_node_free(struct import_node *n);
DEFINE_CLEANUP(struct import_node *, import_node_free)

/* The child of that name, which is known from then on, or NULL; of what is no map, too. */
struct import_node *import_node_take(struct import_node *map, const char *key);

/* Nothing was written there, or null. */
bool import_node_is_null(const struct import_node *n);
