/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Timestamps of a file or stream that go on evenly, whatever they do in the file: after the end of
 * a loop, a splice, or a sender that began anew. Picture and sound keep their distance. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define TIMELINE_TRACKS 2

struct timeline {
	int64_t offset;     /* added to the file's timestamps */
	int64_t old_offset; /* for the track that has not yet come to the last jump */
	struct timeline_track {
		bool started;
		int64_t last, end; /* of the newest item */
	} track[TIMELINE_TRACKS];
};

/* The time of an item of a track, never before that of the one before it. Forward jumps of more
 * than 2 s and backward ones of more than 0.1 s are taken out. */
int64_t timeline_map(struct timeline *t, int track, int64_t pts_usec, int64_t duration_usec);

/* What comes next has timestamps from 0 again and follows what is there. */
void timeline_restart(struct timeline *t);

/* End of the newest item of all. */
int64_t timeline_end(const struct timeline *t);
