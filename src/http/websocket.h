/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One WebSocket of a browser (RFC 6455), framed by wslay, on the loop's thread. Holds one message
 * on its way out at a time: who has more is asked when that is gone, so that a slow reader never
 * makes a backlog. Pings an idle peer and lets go of one that does not answer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/cleanup.h"
#include "common/loop.h"
#include "http/request.h"

#define WEBSOCKET_MESSAGE_MAX 4096 /* what a peer may send at once */

struct websocket;

struct websocket_hooks {
	/* Nothing is on its way: the next websocket_send() is taken. Called when it opens, and
	 * after each message. */
	void (*drained)(struct websocket *w, void *userdata);
	/* NULL: what comes is passed over. Valid during the call. */
	void (*message)(
		struct websocket *w, bool text, const void *data, size_t size, void *userdata);
	/* Once: it is over, and freed after this. */
	void (*gone)(void *userdata);
	/* What may lie in the kernel on its way to the peer; 0: as the kernel likes. */
	size_t backlog_max;
};

/* Answers the request: 101, or 400 and 426 when it asks for something else (then 0, and nothing is
 * called but gone). */
int websocket_accept(struct http_request *q, struct loop *loop, const struct websocket_hooks *hooks,
	void *userdata);

bool websocket_is_drained(const struct websocket *w);

/* data is copied. -EBUSY: the one before is still on its way. */
int websocket_send(struct websocket *w, bool text, const void *data, size_t size);

/* Says goodbye with a status (1000, 1001, 1011 …) and ends soon; gone is called. */
void websocket_close(struct websocket *w, unsigned status);
