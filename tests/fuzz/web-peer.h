/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A face inside the fuzz target, and a peer that talks to it over the loopback: everything from the
 * socket to the handlers is the real thing, and only what the handlers would do is left out.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define WEB_PEER_TOKEN "only-for-this-fuzz-target"

/* Once; later calls do nothing. */
void web_peer_start(void);

/* Connects, sends all of it, lets the server work until it has nothing to do, and hangs up. What
 * was answered, with its size; the caller frees. Aborts when that takes for ever, or when the
 * server does not notice. */
char *web_peer_talk(const void *data, size_t size, size_t *ret_size);
