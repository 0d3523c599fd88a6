/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sound's way from a source to packets: one thread, "audio", which reads the source, moves its
 * samples onto the monotonic clock and encodes them. Where there is no sound, silence: packets
 * never cease while the track exists.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "capture/source.h"
#include "media/packet.h"
#include "media/sync.h"
#include "streamer/levels.h"

struct AVCodecParameters;
struct audio;

struct audio_hooks {
	/* On the stage's thread; must not block. The caller's reference. */
	void (*packet)(void *userdata, struct packet *p);
	void (*live)(void *userdata, bool live, const char *reason);
	bool (*wanted)(void *userdata); /* does anybody want packets? */
	void *userdata;
};

struct audio_status {
	bool live;
	char reason[96];
	struct source_info info;
	struct source_counters source;
	struct sync_stats sync;
	uint64_t packets, bytes, encode_errors, opens;
	struct levels_view levels; /* of what is sent: silence counts */
};

/* Takes over the source, on success and on failure; NULL: silence only. epoch_usec as in video.h.
 */
int audio_new(struct audio **ret, struct source *source, uint64_t epoch_usec, int64_t bitrate,
	const struct audio_hooks *hooks, char *why, size_t why_size);

/* The track's parameters, a copy for the caller. */
int audio_parameters(const struct audio *a, struct AVCodecParameters **ret);

int audio_start(struct audio *a);

/* Any thread. */
void audio_status(struct audio *a, struct audio_status *ret);

/* Any thread. The source is closed and opened again, soon. NULL is fine. */
void audio_reopen(struct audio *a);

/* A counter that moves on while the stage works. */
uint64_t audio_progress(const struct audio *a);

void audio_stop(struct audio *a);

/* As video_free(). */
int audio_free(struct audio *a, uint64_t until_usec);
