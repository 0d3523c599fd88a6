/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all HTTP faces of the suite have in common: a listener, who may come in (access.h), by which
 * names (Host), from which pages (Origin), how often; finding the route; logging in; the files of
 * the page. What is left is given to the owner. Owns the server; the loop's thread.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/cleanup.h"
#include "common/loop.h"
#include "face/access.h"
#include "face/routes.h"
#include "http/request.h"
#include "http/server.h"

struct face;

struct face_settings {
	struct http_listen listen;
	unsigned where; /* ROUTE_INSTANCE or ROUTE_CONSOLE */
	/* Names by which it may be called besides its addresses and the loopback's, and origins of
	 * pages that may ask ("https://a.example"); NULL-terminated, NULL: none. */
	const char *const *hosts, *const *origins;
	const char *page_folder;   /* of index.html and its files; NULL: there is no page */
	const char *openapi;       /* the document's file; NULL: none */
	unsigned requests_per_sec; /* of one address; 0: no limit. Not on a Unix socket. */
	size_t body_max;           /* less than a route allows; 0: as the routes say */
};

struct face_request {
	struct http_request *http;
	struct route_match match;
	struct access_grant grant;
};

struct face_hooks {
	/* Answers (http_answer…, face_…) or defers. By route: only those that the face does not
	 * answer itself, which are ROUTE_PAGE, _WEB, _OPENAPI, _LOGIN, _LOGOUT, _WHOAMI. */
	int (*handle)(struct face_request *q, void *userdata);
	void *userdata;
};

/* access: taken over, also on failure; on a Unix socket NULL will do. -ENOKEY: nobody could get in
 * over TCP, so it does not listen. Else as http_server_new(). */
int face_new(struct face **ret, struct loop *loop, const struct face_settings *settings,
	struct access *access, const struct face_hooks *hooks);
struct face *face_free(struct face *f);
DEFINE_CLEANUP(struct face *, face_free)

unsigned face_port(const struct face *f);
void face_counts(const struct face *f, struct http_counts *ret);

/* ---- helps for handlers; all return what http_answer() does ---- */

/* Takes over the reference. */
int face_answer_json(struct http_request *q, unsigned status, json_t *j);

/* {"detail": words, "error": name}; name may be NULL. */
int face_fault(struct http_request *q, unsigned status, const char *name, const char *words);

/* The body as a JSON object, a new reference; else it has answered 422 and returns NULL with r. */
json_t *face_body_object(struct http_request *q, int *r);
