/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small newest-wins queue of frames between one stage that puts and one that takes. Full: the
 * oldest frame is dropped and counted. Nobody waits for room.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "media/frame.h"

#define MAILBOX_DEPTH_MAX 8

struct mailbox {
	pthread_mutex_t lock;
	pthread_cond_t ready;
	int depth; /* set by init */
	/* protected by lock */
	struct frame *slot[MAILBOX_DEPTH_MAX];
	int head, n;
	bool woken;
	/* any thread */
	atomic_uint_fast64_t dropped;
};

/* depth: 1 … MAILBOX_DEPTH_MAX. */
void mailbox_init(struct mailbox *m, int depth);

/* Drops what is in it. No other thread may use it any more. */
void mailbox_deinit(struct mailbox *m);

/* Takes over the reference. Never blocks for longer than the lock. */
void mailbox_put(struct mailbox *m, struct frame *f);

/* The oldest frame, its reference going to the caller; NULL at the time or on a wake-up. */
struct frame *mailbox_take(struct mailbox *m, uint64_t until_usec);

/* Makes the pending or the next mailbox_take() return at once. */
void mailbox_wake(struct mailbox *m);
