/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads and decodes whatever libavformat opens: the best picture track and the best sound track.
 * One owner thread; every blocking call ends within the deadline given to open, or soon after
 * demux_interrupt() from any thread.
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
	bool live; /* from the network and without an end: it comes at its own pace */
};

/* One decoded thing: either frame or samples is set. pts_usec counts from the file's own start. */
struct demux_item {
	struct frame *frame; /* the caller's reference; its times are 0 */
	struct samples samples;
	bool has_samples; /* samples.data is valid until the next demux_read() */
	int64_t pts_usec;
};

int demux_new(struct demux **ret);
struct demux *demux_free(struct demux *d);
DEFINE_CLEANUP(struct demux *, demux_free)

/* Before the opening: H.264 stays beside its pictures (frame.coded), where it can be passed on. */
void demux_keep_coded(struct demux *d);

/* timeout_usec bounds the opening and, later, each read. Returns 0 or a negative errno; why gets a
 * reason without the URL's secrets. */
int demux_open(struct demux *d, const char *url, uint64_t timeout_usec, char *why, size_t why_size);
void demux_close(struct demux *d);
const struct demux_info *demux_info(const struct demux *d);

/* 0 and an item, -ENODATA at the end, -EAGAIN when nothing came of a packet, such as a corrupt one
 * (*errors counts those and damaged pictures). Anything else: the input is lost. Pictures show the
 * decoder's own memory, sound is interleaved S16 or FLT at its own rate, in at most
 * SAMPLES_CHANNELS_MAX channels; neither changes its format until the close. */
int demux_read(struct demux *d, struct demux_item *ret, uint64_t *errors);

/* Back to the start; may open the file anew. */
int demux_rewind(struct demux *d);

/* Any thread: the running call and all later ones end with -ECANCELED. For good. */
void demux_interrupt(struct demux *d);
