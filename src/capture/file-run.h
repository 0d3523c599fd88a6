/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file or URL from its opening to its end: a thread that decodes ahead, a small queue for each
 * track, and the moment at which each item is due. Up to two readers, one per track, each on its
 * own thread; counted.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/source.h"
#include "media/demux.h"

struct file_run;

enum file_track {
	FILE_VIDEO,
	FILE_AUDIO,
	_FILE_TRACK_MAX
};

/* How it is to be read. */
struct file_wish {
	bool loop;
	bool coded; /* with the H.264 that pictures were decoded from, none of which shall be left
		       out because the reader is late for a moment */
};

/* Starts the thread; track is the first reader. both: a reader of the other track is about to join;
 * what it would miss before the first read is kept. */
int file_run_new(struct file_run **ret, const char *url, struct file_wish wish, bool both,
	enum file_track track);

/* Adds a reader and a reference; false when the run is over already. */
bool file_run_join(struct file_run *r, enum file_track track);

/* Takes the reader off, keeping its reference. Returns true for the last one. */
bool file_run_leave(struct file_run *r, enum file_track track);

/* Ends the thread, within two seconds; one that is stuck in a resolver is left alone with what it
 * may touch. After the last reader has left. */
void file_run_stop(struct file_run *r);

struct file_run *file_run_unref(struct file_run *r);

/* Waits until the file is open. 0: the info is filled; -EAGAIN: not yet; else why it cannot be. */
int file_run_opened(struct file_run *r, enum file_track track, uint64_t until_usec,
	struct demux_info *ret, char *why, size_t why_size);

/* As in struct source_ops. why is written on a fault. */
int file_run_video(struct file_run *r, int wake_fd, uint64_t until_usec, struct frame **ret,
	char *why, size_t why_size);
int file_run_audio(struct file_run *r, int wake_fd, uint64_t until_usec, struct samples *ret,
	char *why, size_t why_size);

/* Adds what was dropped and spoilt since the last call. */
void file_run_count(struct file_run *r, enum file_track track, struct source_counters *counters);
