/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A connection to a card that is going to leave HTTP: sends the head of a request, and reads that
 * of the answer. The loop's thread; nothing blocks.
 */
#pragma once

#include <stddef.h>

#include "common/cleanup.h"

#define DIAL_HEAD_MAX 8192 /* bytes of either head, and of what comes right behind the answer's */

struct dial;
struct loop;

/* done: 0 when there is an answer; -ETIMEDOUT; -EPROTO: that is none; -ECONNREFUSED: nobody is
 * there, or he went. Called from the loop; the owner may free in it. head: copied. -E2BIG: it is
 * too long. */
int dial_new(struct dial **ret, struct loop *loop, const char *socket, const char *head,
	void (*done)(int error, void *userdata), void *userdata);
struct dial *dial_free(struct dial *d);
DEFINE_CLEANUP(struct dial *, dial_free)

/* After done. */
unsigned dial_status(const struct dial *d);

/* The value of a header, copied into buf; NULL: none, or too long for it. */
const char *dial_header(const struct dial *d, const char *name, char *buf, size_t size);

/* Gives the descriptor away; early: what came behind the head, valid as long as d. */
int dial_take(struct dial *d, const void **ret_early, size_t *ret_size);
