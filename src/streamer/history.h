/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What has happened lately, for people who look at a card: the last HISTORY_EVENTS_MAX events, each
 * with a number that rises from 1. It is in memory only; the journal has it all. Who comes back and
 * asks for what is newer than a number sees by the epoch whether it is still the same process.
 *
 * Any thread; nothing blocks.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"

#define HISTORY_EVENTS_MAX 1000
#define HISTORY_TEXT_MAX 512  /* bytes of an event's text; more is cut off */
#define HISTORY_VALUE_MAX 256 /* of a field's */
#define HISTORY_FIELDS_MAX 6

enum history_type {
	HISTORY_STATE,
	HISTORY_NUMBER,
	HISTORY_SIGNAL,
	HISTORY_FACT, /* about the input */
	HISTORY_SOUND,
	HISTORY_OUTPUT,
	HISTORY_ENCODER,
	HISTORY_CONFIG,
	HISTORY_REFERENCES,
	HISTORY_RECEIVER,
	HISTORY_CLIP,
	HISTORY_SERVICE,
	_HISTORY_TYPE_MAX
};

const char *history_type_name(enum history_type type); /* "state" … */

struct history;

int history_new(struct history **ret);
struct history *history_free(struct history *h);
DEFINE_CLEANUP(struct history *, history_free)

/* Something happens now. fields: as LOG_FIELDS() of the journal, "EGM_REASON", value …, or NULL;
 * they become "reason" and so on; a NULL value is left out. What cannot be kept for want of memory
 * is lost. */
void history_put(
	struct history *h, enum history_type type, const char *const *fields, const char *text);

/* When the process began to count, µs since 1970. */
uint64_t history_epoch(const struct history *h);

/* The number of the last event; 0: there is none. */
uint64_t history_last(struct history *h);

/* {"epoch", "events": [EVENT …], "next"}: at most limit events with after < id < before (0: no such
 * bound), the newest first; next: what before is to be for those that follow, null when there are
 * none. EVENT: {"id", "time" (seconds since 1970), "type", "text", fields}. A new reference; NULL:
 * no memory. */
json_t *history_json(struct history *h, uint64_t before, uint64_t after, size_t limit);

struct history_event {
	uint64_t id;
	enum history_type type;
	char *json; /* EVENT in one line; the caller's */
};

/* The oldest one with a higher number; false: there is none (or no memory for it). */
bool history_next(struct history *h, uint64_t after, struct history_event *ret);
