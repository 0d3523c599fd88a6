/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does whoever stands behind an output's URL answer? Nothing is published, and no session is left
 * behind:
 *
 *	rtmp     a connection as far as into the application, which is told apart from a balancer
 *	         without a server behind it
 *	srt      the first half of a handshake, for which a listener keeps nothing
 *	others   a TCP connection; to a port that is known or written
 *	files    the folder can be written, on a disk with room
 *
 * What cannot be tried (udp, an SRT listener of our own) is taken for good.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "rtmp/session.h"
#include "rtmp/wire.h"

struct reach_place {
	char host[256], port[8];
};

/* Where a URL of a scheme with "://" leads to. False: there is no port, or no host. */
bool reach_find(const char *url, struct reach_place *ret);

/* Blocks until the guard says so, and in the resolver. s: a session that is closed, with the same
 * guard. Returns 0 or a negative errno. */
int reach(const char *url, struct rtmp *s, const struct wire_guard *g);
