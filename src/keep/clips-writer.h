/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One clip on its way from the ring to a file: begun at a change of state, fed from the ring in
 * small batches until its time is over, written under a hidden name and renamed once it is whole.
 * Belongs to the clips' thread, all of it may block on the disk.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/folder-limit.h"
#include "common/usec.h"
#include "media/muxer.h"
#include "media/ring.h"

/* However often a state comes back, a clip does not become longer. */
#define CLIP_USEC_MAX (300 * (int64_t) USEC_PER_SEC)

/* Packets have ceased for so long: the clip ends where it is. */
#define CLIP_IDLE_USEC (10 * USEC_PER_SEC)

struct clip_change {
	int64_t pts_usec; /* packets' time */
	uint64_t realtime_usec;
	char label[FOLDER_LABEL_MAX + 1];
};

struct clip {
	struct muxer *muxer; /* one for many clips, made and freed by the owner */
	bool open;
	char label[FOLDER_LABEL_MAX + 1];
	char *part, *final; /* paths */
	struct ring_cursor cursor;
	int64_t begin_usec, end_usec; /* packets' time: wanted */
	int64_t read_usec;            /* … and of the last packet read */
	uint64_t moved_usec;          /* monotonic: when that was */
	uint64_t room_bytes;          /* set by the owner: it ends before it takes more */
	const char *cut;              /* why it ends before its time; NULL: it does not */
};

/* Opens the file in a folder that is there. -ENODATA: there are no packets, the encoder sleeps. */
int clip_begin(struct clip *c, struct ring *ring, const char *folder, const struct clip_change *t,
	uint64_t before_usec, uint64_t after_usec, char *why, size_t why_size);

/* True when this clip serves that change as well: it is of the same state and not over. It then
 * ends after_usec after it. */
bool clip_extend(struct clip *c, const struct clip_change *t, uint64_t after_usec);

/* Writes what there is. 0: more is to come; 1: it is over, or nothing more can come and cut says
 * why; else a negative errno with why. */
int clip_pump(struct clip *c, struct ring *ring, char *why, size_t why_size);

/* Closes the file and gives it its name; the path is the caller's. durable: waits until it is on
 * the disk. Without a picture in it the file is gone and -ENODATA returned; on failure too. */
int clip_finish(struct clip *c, bool durable, char **ret_path, char *why, size_t why_size);

/* Closes and removes it. */
void clip_discard(struct clip *c);

/* When it has something to do again: at a picture of this time. */
int64_t clip_wake_usec(const struct clip *c);

/* What has been written of it so far. */
uint64_t clip_bytes(const struct clip *c);
