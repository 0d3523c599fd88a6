/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One request, from its head to the end of its answer. It belongs to the server; everything here on
 * the loop's thread. What is returned is valid until the answer, if nothing else is said.
 *
 * A path is given as it was sent; its parts are decoded one by one (http_part()), so that a slash
 * or a NUL in disguise never is one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/cleanup.h"

struct sockaddr;
struct http_request;

enum http_method {
	HTTP_GET,
	HTTP_HEAD, /* answered as GET; the body is left out by the server */
	HTTP_POST,
	HTTP_PUT,
	HTTP_DELETE,
	HTTP_OPTIONS,
	HTTP_OTHER,
	_HTTP_METHOD_MAX
};

const char *http_method_name(enum http_method m);

enum http_method http_method(const struct http_request *q);
const char *http_path(const struct http_request *q); /* "/api/refs/A%20B", no query */
const char *http_query_text(
	const struct http_request *q); /* "a=1&b=2", "" for none; as it was sent */
const char *http_header(const struct http_request *q, const char *name); /* NULL: none */

/* Value of a parameter of the query, decoded; NULL: none, or broken. Kept until the request ends.
 */
const char *http_query(struct http_request *q, const char *name);

/* A number of the query within least and most; fallback when there is none. -EINVAL: something
 * else stands there. */
int http_query_number(struct http_request *q, const char *name, int64_t least, int64_t most,
	int64_t fallback, int64_t *ret);

/* Value of a cookie, kept likewise; NULL: none. */
const char *http_cookie(struct http_request *q, const char *name);

/* What came as body, NUL-terminated behind size; "" when none came. */
const char *http_body(const struct http_request *q, size_t *ret_size);

/* From begin: how much may come; 0 is the rule without it. More is refused with 413. */
void http_allow_body(struct http_request *q, size_t max);

/* NULL on a Unix socket. */
const struct sockaddr *http_peer(const struct http_request *q);
bool http_is_tls(const struct http_request *q);

/* The name (CN) in the client's certificate, verified against client_ca; NULL: there is none. */
const char *http_client_name(struct http_request *q);

/* Memory that lives as long as the request; NULL: there is none. */
void *http_keep(struct http_request *q, size_t size);

/* A pointer of the one who serves, NULL at first. */
void http_set_data(struct http_request *q, void *data);
void *http_data(const struct http_request *q);

/* ---- answers: each once for a request, return 0 or a negative errno, with which the connection
 * ends ---- */

/* Before the answer; copied. Replaces the rule (Cache-Control: no-store, X-Content-Type-Options,
 * Content-Security-Policy: default-src 'none', …) where it has the same name. */
int http_set_header(struct http_request *q, const char *name, const char *value);

/* Copies data. type NULL: none, as for 204. */
int http_answer(
	struct http_request *q, unsigned status, const char *type, const void *data, size_t size);

/* Takes over data, also on failure; it is freed by free(). */
int http_answer_take(
	struct http_request *q, unsigned status, const char *type, void *data, size_t size);

/* Data that somebody else keeps until release(userdata), which is called in any case. */
int http_answer_shared(struct http_request *q, unsigned status, const char *type, const void *data,
	size_t size, void (*release)(void *userdata), void *userdata);

/* Sends an open regular file and closes it when done, or at once on failure. */
int http_answer_file(struct http_request *q, const char *type, int fd);

/* {"detail": TEXT}. */
int http_fault(struct http_request *q, unsigned status, const char *format, ...) PRINTF_LIKE(3, 4);

/* From handle: the answer comes later, from the loop. gone (may be NULL) is called when the request
 * ends in whatever way, unless it was answered; q is not to be touched from then on. */
int http_defer(struct http_request *q, void (*gone)(void *userdata), void *userdata);

/* To be called last by who has deferred: when nothing has answered it, for want of memory, its
 * connection ends. gone is not called for it any more. */
void http_give_up(struct http_request *q);

/* ---- answers without an end ---- */

struct http_stream {
	/* Up to max bytes into buf: how many; 0: nothing now, until http_stream_wake();
	 * -ECONNABORTED: it breaks off, and the peer shall see that; else negative: the end. Called
	 * whenever the peer has taken all of before. */
	ssize_t (*read)(void *userdata, char *buf, size_t max);
	/* Once, in any case: it is over. */
	void (*gone)(void *userdata);
	/* What may lie in the kernel on its way to the peer; 0: as the kernel likes. */
	size_t backlog_max;
};

/* Does one more of them leave room for answers that have one? Else it is better refused. */
bool http_has_room(const struct http_request *q);

int http_answer_stream(struct http_request *q, unsigned status, const char *type,
	const struct http_stream *stream, void *userdata);

/* There is something to read again; no harm when there is not. */
void http_stream_wake(struct http_request *q);
