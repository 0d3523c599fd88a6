/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the ladder says, done to a source, counted, and to be looked at by others. Belongs to the
 * thread that opens the source, but for recovery_status().
 */
#pragma once

#include <pthread.h>

#include "capture/source.h"
#include "common/stage.h"
#include "streamer/ladder.h"

struct recovery_status {
	uint64_t restarts, reopens; /* steps of the ladder; of a card only */
	uint64_t resets, failed_resets;
	char reset_error[128]; /* why the last one failed; "" when it did not */
};

struct recovery {
	/* set by init */
	struct source *source;
	pthread_mutex_t lock;
	/* the owner's */
	struct ladder ladder;
	/* protected by lock */
	struct recovery_status status;
};

/* The source is kept by reference. */
void recovery_init(struct recovery *r, struct source *source);
void recovery_deinit(struct recovery *r);

/* The source, open, is read from now on. Returns how long it may yield nothing. */
uint64_t recovery_begin(struct recovery *r, uint64_t now_usec);

/* It has been read, and pictures came until then, or none since it began. */
void recovery_end(struct recovery *r, uint64_t begin_usec, uint64_t last_usec);

/* It failed so; as ladder_next(). */
enum ladder_step recovery_next(struct recovery *r, int error, bool open);

/* Of the closed source; blocks as its reset() does, until the owner's stage is woken. 0; why not,
 * with the source's reason; or -EAGAIN: nothing that is worth telling. */
int recovery_reset(struct recovery *r, struct stage *owner);

/* Words for an open source that yields nothing; whoever reads it. Returns -ETIMEDOUT, or -ENOLINK
 * of a card that says that it has no signal: that one does not hang. */
int recovery_stalled(struct source *s);

/* Any thread. */
void recovery_status(struct recovery *r, struct recovery_status *ret);
