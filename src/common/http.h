/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libmicrohttpd inside the loop, the only file that includes it: no thread of its own, its epoll
 * descriptor is an event source and its time-out a timer. Limits on clients and idle time; bodies
 * of requests are refused. Handlers run on the loop's thread and must not block.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "common/cleanup.h"
#include "common/loop.h"

struct http;
struct http_request;

/* Answers with one of the http_answer_…() calls, and returns what that returned. */
typedef int (*http_handler_fn)(struct http_request *q, void *userdata);

/* Listens on address:port ("127.0.0.1"; port 0: any free one). A request whose Host header is none
 * of the loopback's names is refused when the address is a loopback one, so that a page of a
 * stranger cannot reach it by a name of its own. Returns 0 or a negative errno. */
int http_new(struct http **ret, struct loop *loop, const char *address, unsigned port,
	http_handler_fn handler, void *userdata);

/* The same on a Unix socket at path, which replaces one that a dead process has left and goes with
 * http_free(). mode: who may connect, by the rules of files. The Host header is not looked at. */
int http_new_local(struct http **ret, struct loop *loop, const char *path, mode_t mode,
	http_handler_fn handler, void *userdata);

struct http *http_free(struct http *h);
DEFINE_CLEANUP(struct http *, http_free)

/* 0 on a Unix socket. */
unsigned http_port(const struct http *h);

/* "/live.m3u8", decoded; valid during the call. */
const char *http_path(const struct http_request *q);

/* Copies data. */
int http_answer(
	struct http_request *q, unsigned status, const char *type, const void *data, size_t size);

/* Sends an open regular file and closes it when done, or at once on failure. */
int http_answer_file(struct http_request *q, const char *type, int fd);
