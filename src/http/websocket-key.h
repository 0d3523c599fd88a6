/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The answer to a WebSocket's key (RFC 6455, 4.2.2). Pure; any thread. */
#pragma once

#define WEBSOCKET_ACCEPT_SIZE 32

/* -EINVAL: that is no key. */
int websocket_key_accept(const char *key, char ret[WEBSOCKET_ACCEPT_SIZE]);
