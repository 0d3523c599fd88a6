/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tiny HTTP server on a free port of the loopback that behaves as badly as it is told, in a
 * thread of its own. It remembers every request that came whole. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum webpeer_mode {
	WEBPEER_OK,
	WEBPEER_BUSY,    /* 503 */
	WEBPEER_LATER,   /* 429 with "Retry-After: 1" */
	WEBPEER_REFUSES, /* 404, as Telegram says it */
	WEBPEER_ECHOES,  /* the same, with the path, and once more with "%3A" and cut */
	WEBPEER_REDIRECTS,
	WEBPEER_SILENT, /* reads and never answers */
	WEBPEER_RESETS, /* reads and resets */
	WEBPEER_RUBBISH,
	WEBPEER_FLOODS,  /* 200 and a body without an end */
	WEBPEER_HEADERS, /* headers without an end */
	/* Only the first mode can be one of these. */
	WEBPEER_DEAD, /* nobody listens; another mode brings it to life */
	WEBPEER_FULL, /* a connection is never completed; stays so */
};

struct webpeer;

struct webpeer *webpeer_new(enum webpeer_mode mode);
void webpeer_free(struct webpeer *p);
void webpeer_set(struct webpeer *p, enum webpeer_mode mode);
int webpeer_port(const struct webpeer *p);

/* Requests up to now, whatever the answer was. */
int webpeer_count(struct webpeer *p);

/* The i-th: the whole text; lives as long as the peer. NULL: there is none. */
const char *webpeer_request(struct webpeer *p, int i);

/* Its body. */
const char *webpeer_body(struct webpeer *p, int i);

/* The value of a header into buf; "" when there is none. Returns buf. */
const char *webpeer_header(struct webpeer *p, int i, const char *name, char *buf, size_t size);
