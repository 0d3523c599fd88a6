/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A web server inside the loop: libmicrohttpd without a thread of its own, its epoll descriptor is
 * an event source and its time-out a timer. Owns listener, connections and requests. All calls and
 * call-backs on the loop's thread; none may block.
 *
 * Bounded are: connections, of one address and in all, where the one that has been idle for longest
 * gives way to a new one; the time for a request's head and for its body; the size of a head, of a
 * body, and of all bodies together; the time in which a reader takes nothing. What cannot be served
 * is answered or closed, never waited for.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/cleanup.h"
#include "common/loop.h"
#include "http/request.h"

struct http_server;

struct http_listen {
	/* A Unix socket, which replaces one that a dead process has left and goes with the server;
	 * mode: who may connect, by the rules of files. Or NULL: */
	const char *path;
	mode_t mode;
	/* … TCP: "127.0.0.1", "::1"; port 0: any free one. */
	const char *address;
	unsigned port;
	/* TLS: PEM texts; all NULL: none. client_ca: who may sign certificates of clients. */
	const char *certificate, *key, *client_ca;
	/* 0: the defaults, 64 and all of them. */
	unsigned clients_max, clients_per_address_max;
};

struct http_hooks {
	/* The head of a request is there. Answers it (then handle is not called), or returns 0
	 * after http_allow_body() when a body may come. */
	int (*begin)(struct http_request *q, void *userdata);
	/* All of it is there. Answers it, or calls http_defer(). */
	int (*handle)(struct http_request *q, void *userdata);
	void *userdata;
};

struct http_counts {
	unsigned connections, requests;          /* now */
	uint64_t served, refused, evicted, late; /* ever: answers; bodies too large and the like;
		idle ones that gave way; heads and bodies that took too long */
};

/* Copies what it needs. Both return 0 or a negative errno: -EADDRINUSE, -EINVAL (address, or TLS
 * material that cannot be used), … */
int http_server_new(struct http_server **ret, struct loop *loop, const struct http_listen *listen,
	const struct http_hooks *hooks);

/* All connections end; who waits for one to be gone is told. NULL is fine. */
struct http_server *http_server_free(struct http_server *s);
DEFINE_CLEANUP(struct http_server *, http_server_free)

/* 0 on a Unix socket. */
unsigned http_server_port(const struct http_server *s);
void http_server_counts(const struct http_server *s, struct http_counts *ret);
