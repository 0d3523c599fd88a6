/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests to the cards' Unix sockets, as many at once as there are, on the loop: libcurl's multi
 * interface without a thread. What a card sends is read as its reader takes it and no faster; what
 * waits is bounded. A card that is dead, hangs or talks nonsense fails its own requests within
 * their time. The loop's thread; nothing blocks.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/cleanup.h"

#define UPSTREAM_BUFFER (64 * 1024)   /* of a request's answer, at most */
#define UPSTREAM_HEAD_MAX (16 * 1024) /* bytes of an answer's head */
#define UPSTREAM_HEADERS_MAX 64
#define UPSTREAM_CARD_MAX 384    /* requests to one card at once */
#define UPSTREAM_LASTING_MAX 256 /* of these, those without an end */

struct loop;
struct sd_event;
struct upstream;
struct upstreams;

int upstreams_new(struct upstreams **ret, struct loop *loop);

/* All requests are to be freed before. */
struct upstreams *upstreams_free(struct upstreams *a);
DEFINE_CLEANUP(struct upstreams *, upstreams_free)

struct upstream_request {
	const char *socket;          /* path; those to one count together */
	const char *method, *target; /* "GET", "/api/v1/outputs?a=b": sent as they are */
	const char *const *headers;  /* "Name: value", NULL-terminated; NULL: none */
	/* Kept by reference until head() or failed(). NULL: there is none. */
	const void *body;
	size_t body_size;
	uint64_t head_usec; /* time until the head of the answer is there; 0: the usual one */
	bool lasting;       /* its answer has no end */
};

/* All are called from the loop, never from within a call here. The request may be freed in each. */
struct upstream_hooks {
	/* The head of the answer is there. */
	void (*head)(void *userdata);
	/* After head(): there is something to read, or the end. May be called once too often. */
	void (*ready)(void *userdata);
	/* Instead of head(): -ETIMEDOUT; -EPROTO: that is no HTTP; -ECONNREFUSED: nobody is there,
	 * or it went. */
	void (*failed)(int error, void *userdata);
	void *userdata;
};

/* hooks are copied, and so is the request but for its body. -EBUSY: too many for this card. */
int upstream_new(struct upstream **ret, struct upstreams *a, const struct upstream_request *q,
	const struct upstream_hooks *hooks);

/* Ends it in whatever state. */
struct upstream *upstream_free(struct upstream *u);
DEFINE_CLEANUP(struct upstream *, upstream_free)

/* After head(). */
unsigned upstream_status(const struct upstream *u);
const char *upstream_header(const struct upstream *u, const char *name); /* NULL: none */

/* Bytes of the answer, up to max: how many; 0: none now; -ENODATA: that was all of it; another
 * negative errno: it broke off. */
ssize_t upstream_read(struct upstream *u, void *buf, size_t max);

/* The loop's, for those who build on this. */
struct sd_event *upstreams_event(const struct upstreams *a);

/* Of all cards, at the moment. */
size_t upstreams_count(const struct upstreams *a);

/* How long a Unix socket's path can be, its end included. */
#define UPSTREAM_PATH_MAX 108
