/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an HLS folder needs around libavformat's muxer: numbers that go on where the last session
 * ended, because players and caches take an old number for the old segment, and no segments left
 * behind by sessions that were killed. Owner thread only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct hls_plan {
	bool append;          /* go on with the playlist that is there */
	int64_t start_number; /* of the playlist when appending, else of the first new segment */
	char *segments;       /* file name template of the segments, with folder */
	char *init_name;      /* fragmented MP4's header, without folder */
};

#define HLS_PLAN_NULL ((struct hls_plan){ 0 })

/* seconds, segments: length of one and how many the playlist has. A playlist that is still being
 * played is continued, unless segments are fragmented MP4 (whose header would be replaced under the
 * old segments); an older one is removed, and so are its segments. Returns 0 or a negative errno.
 */
int hls_plan_init(struct hls_plan *p, const char *playlist, int seconds, int segments, bool fmp4);
void hls_plan_deinit(struct hls_plan *p);

struct AVFormatContext;

/* The muxer itself takes no notice when a disk is full. After the first error nothing more is
 * opened, so that the playlist stays as it was, and the file that is not whole is removed. */
struct hls_io {
	int error;  /* libav's code of the first failure, else 0 */
	char *name; /* of the file opened last */
};

/* Watches the files of a muxer that has been allocated; io must live as long as it. */
void hls_io_attach(struct hls_io *io, struct AVFormatContext *oc);

/* Lets nothing more be written, so that a trailer only frees what the muxer holds. */
void hls_io_refuse(struct hls_io *io);
void hls_io_deinit(struct hls_io *io);
