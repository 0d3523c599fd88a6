/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The picture's stages with a fake card (fake-card.h), and all that they tell. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "streamer/video.h"
#include "tests/unit/counters.h"

#define LIMIT COUNTERS_LIMIT

struct tracks;

struct seen {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* protected by lock */
	int packets, keys, tracks, closed, live, lost, ended, failed;
	int events[VIDEO_UNCOMPROMISED + 1];
	int frames, jpegs; /* handed to whoever looks at pictures */
	int bare;          /* of these, with something in the corner that a mask is over */
	int masked;        /* … and with the mask */
	int width, height; /* of the last one */
	int64_t last_pts;
	bool expect_first; /* the next packet is the first of an encoder */
	struct tracks *last_tracks;
	struct told {
		int64_t longest_gap;
		bool backwards, first_is_key;
		char reason[128], why[160], words[96];
	} told;
	int copying, encoding, refused; /* news of the encoder: "copy", another one, for good */
	char news[400];                 /* why, of the last */
	/* any thread */
	atomic_bool wanted, takes;
	void (*packet)(const struct packet *p); /* each of them; set before the stages run */
};

struct seen seen_new(void);

/* Waits until one of its counters is at least n; what it is now. */
bool seen_reaches(struct seen *s, const int *counter, int n);
int seen_get(struct seen *s, const int *counter);

/* What has been told so far; the stages go on telling. */
struct told seen_told(struct seen *s);

/* Aborts when it cannot. */
struct video *bench_begin(struct seen *s, const char *profile);
struct video *bench_begin_shaped(
	struct seen *s, const char *profile, const struct shape_settings *shape);

/* With another source, which becomes the stages', and other settings, whose epoch is
 * filled in. */
struct video *bench_begin_with(
	struct seen *s, struct source *source, const struct video_settings *settings);

/* As video_free(), after a stop. */
int bench_end(struct video *v, struct seen *s);
