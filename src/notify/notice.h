/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is told to the world when the state of a screen changes: one object, written once, from
 * which every receiver takes what it needs. Counted references; constant once made. Any thread.
 */
#pragma once

#include <jansson.h>
#include <stdatomic.h>
#include <stdint.h>

#include "common/cleanup.h"

#define NOTICE_TEXT_MAX 255         /* bytes of a string; what is longer is cut */
#define NOTICE_JSON_MAX (16 * 1024) /* more than notice_json() ever says */

struct notice {
	char id[40];            /* unique over restarts: a receiver may drop what it has seen */
	uint64_t realtime_usec; /* of the first picture of the new state, since 1970 */
	char *card;             /* may be NULL */
	char *machine, *role;
	char *state, *previous; /* names, "OTHER", "UNKNOWN"; NULL: a number changed */
	char *reason;           /* why it is UNKNOWN, or NULL */
	char *number, *value;   /* name and text of a number that changed, or NULL */
	double margin;          /* of a state; NAN: none; told to 1e-6 */
	atomic_int refs;
};

/* Copies every string, bytes that are no UTF-8 as '?'; id and refs are made here. NULL: no memory.
 */
struct notice *notice_new(const struct notice *from);
struct notice *notice_ref(struct notice *n);
struct notice *notice_unref(struct notice *n);
DEFINE_CLEANUP(struct notice *, notice_unref)

/* { "id", "event": "state" or "number", "time" (ISO 8601, UTC, ms), "timestamp" (s since 1970),
 *   "card", "machine", "role", "state", "previous", "reason", "number", "value", "margin" }; keys
 * without a value are left out. As text without a line's end; the caller frees. NULL: no memory. */
char *notice_json(const struct notice *n);

/* The same way back, for what lay on disk. 0; -EBADMSG; -ENOMEM. */
int notice_parse(const char *text, size_t size, struct notice **ret);
