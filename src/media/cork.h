/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole segments out of what a protocol writes in bits.
 *
 * libavformat's RTMP, which has the URLs that our own does not take, sends each chunk's header,
 * body and the byte between two chunks alone, and with TCP_NODELAY each of them is a packet on the
 * wire: seven for one picture, three of which carry a single byte. TCP_CORK (tcp(7)) gathers them
 * until the picture is complete and then sends all of it at once, so nothing waits for what comes
 * later.
 *
 * The socket is libavformat's own and there is no call that tells it. So it is marked through the
 * one option that reaches it, the size of its receive buffer, which is another for each session,
 * and found by that mark. A socket that is not found is not corked; all works as before.
 */
#pragma once

#include <stdbool.h>

/* A size in bytes that no other socket of this process was given, to within some thousand sessions.
 * Any thread. */
int cork_mark(void);

/* The connected TCP socket whose receive buffer was given this size, or -1. It belongs to whoever
 * opened it: the number is good until that one closes it. */
int cork_find(int mark);

/* Holds back what is sent from now on, or lets it go. Takes -1. */
void cork_set(int fd, bool on);
