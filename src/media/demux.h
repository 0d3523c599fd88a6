/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads and decodes whatever libavformat opens. One owner thread; every blocking call ends within the
 * deadline given to open, or soon after demux_interrupt() from any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "media/frame.h"
#include "media/samples.h"

struct demux;

struct demux_info {
	bool has_video, has_audio;
	char video_codec[24], audio_codec[24];
	int width, height;
	int rate_num, rate_den; /* guessed frame rate; 0/1 when unknown */
	int audio_rate, audio_channels;
};

/* One decoded thing: either frame or samples is set. pts_usec counts from the file's own start. */
struct demux_item {
	struct frame *frame; /* the caller's reference */
	struct samples samples;
	bool has_samples; /* samples.data is valid until the next demux_read() */
	int64_t pts_usec;
};

int demux_new(struct demux **ret);
struct demux *demux_free(struct demux *d);
DEFINE_CLEANUP(struct demux *, demux_free)

/* timeout_usec bounds the opening and, later, each read. Returns 0 or a negative errno; why gets a
 * reason without the URL's secrets. */
int demux_open(struct demux *d, const char *url, uint64_t timeout_usec, char *why, size_t why_size);
void demux_close(struct demux *d);
const struct demux_info *demux_info(const struct demux *d);

/* 0 and an item, -ENODATA at the end, -EAGAIN when a corrupt packet was skipped (*errors counts). */
int demux_read(struct demux *d, struct demux_item *ret, uint64_t *errors);

/* Back to the start. */
int demux_rewind(struct demux *d);

void demux_interrupt(struct demux *d);
