/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The administrator's rules for udev that name cards, one line each. Lines that are not of our
 * making are kept as they are. Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "egmctl/nodes.h"

#define LOCAL_RULES_FILE "/etc/udev/rules.d/69-egm-local.rules"
#define LOCAL_RULES_MAX (256 << 10) /* bytes of the file */
#define LOCAL_RULES_LINE_MAX 1024

enum local_rules_key {
	LOCAL_RULES_PORT,
	LOCAL_RULES_SERIAL,
};

/* The line for a node, without its end. name NULL: the node is to be ignored. -ENODATA: udev knows
 * no port, or no serial number; -EINVAL: it has characters that mean something in a rule. */
int local_rules_line(const struct node *n, enum local_rules_key key, const char *name,
	char ret[static LOCAL_RULES_LINE_MAX]);

/* The text of the file with the lines for this node, by either key, replaced by line; line NULL:
 * with none. n NULL: instead of the node's, those that give name. *ret_removed, which may be NULL:
 * how many lines have gone. The caller frees *ret. */
int local_rules_edit(const char *text, const struct node *n, const char *name, const char *line,
	char **ret, int *ret_removed);

/* Does a line of ours give this name to another node than n, which may be NULL? */
bool local_rules_has_name(const char *text, const char *name, const struct node *n);
