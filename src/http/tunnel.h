/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A connection that has left HTTP by "Upgrade": bytes both ways from here on. Owned by who asked
 * for it; the loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "http/request.h"

struct http_tunnel;

struct http_tunnel_hooks {
	/* It is open: descriptor (non-blocking, not to be closed by hand) and what the peer has
	 * sent already, valid during the call. */
	void (*open)(struct http_tunnel *t, int fd, const void *early, size_t size, void *userdata);
	/* It never opened, or the server ends: it is gone, and its descriptor with it. Once, unless
	 * http_tunnel_close() was called. */
	void (*gone)(void *userdata);
	void *userdata;
};

/* Does the request ask for this protocol ("websocket")? */
bool http_wants_upgrade(const struct http_request *q, const char *protocol);

/* Answers 101 with "Upgrade: protocol" and what http_set_header() added. hooks are copied. */
int http_answer_upgrade(
	struct http_request *q, const char *protocol, const struct http_tunnel_hooks *hooks);

/* Ends and frees it. NULL is fine. */
struct http_tunnel *http_tunnel_close(struct http_tunnel *t);
DEFINE_CLEANUP(struct http_tunnel *, http_tunnel_close)
