/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The picture's way from a source to packets: two threads, "video-in" which opens the source for
 * ever anew and closes it, both of which may take a while, and "video-enc" to which an open one is
 * lent, and which reads, converts, encodes and keeps time: nobody has to be woken to hand a picture
 * over. What comes during one that takes long waits at the source (SOURCE_WAITING), newest wins.
 *
 * While no picture comes, the last one is repeated for a moment, then a placeholder with the reason
 * takes over, so that packets never cease and their times go on. While nobody wants packets the
 * encoder is closed; pictures are then looked at only by whoever recognises them.
 *
 * Where the source encodes by itself and that is to be passed on, the encoder is one that does so
 * (video-copy.c); one of ours steps in for it whenever it is needed.
 *
 * The first picture decides the encoder's size, unless that is set; when the source goes on with
 * pictures of another size, they are scaled to it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/source.h"
#include "common/hist.h"
#include "media/encoder-copy.h"
#include "media/encoder.h"
#include "media/packet.h"
#include "streamer/codec.h"
#include "streamer/recovery.h"
#include "streamer/shape.h"

struct AVCodecParameters;
struct video;

struct video_settings {
	const char *title;      /* of the placeholder; kept by reference */
	uint64_t epoch_usec;    /* monotonic; packets' times count from here */
	int width, height;      /* of captured pictures; 0: as the first one has it */
	int rate_num, rate_den; /* 0: as the source has it */
	struct shape_settings shape;
	struct encoder_settings
		encoder;             /* size and rate are filled in; strings kept by reference */
	struct codec_settings codec; /* encoder.codec is the one that is wanted of codec_new() */
	bool copy;                   /* what the source has encoded is passed on where it can be */
	uint64_t copy_back_usec; /* … again, when all has been well for so long; 0: five seconds */
};

/* What became of a card that hangs (streamer/ladder.h), or has no room on its bus. */
enum video_event {
	VIDEO_RESET,
	VIDEO_RESET_FAILED, /* words: why */
	VIDEO_COMPROMISE,   /* words: what is had instead of what was wanted */
	VIDEO_UNCOMPROMISED,
};

/* Called on the stage's threads; none may block. */
struct video_hooks {
	/* A new encoder: parameters become the callee's. NULL: it is closed. */
	void (*tracks)(
		void *userdata, struct AVCodecParameters *parameters, int rate_num, int rate_den);
	void (*packet)(void *userdata, struct packet *p); /* the caller's reference */
	void (*live)(void *userdata, bool live, const char *reason);
	void (*ended)(void *userdata);                   /* the file is at its end */
	void (*failed)(void *userdata, const char *why); /* no encoder; tried again each second */
	bool (*wanted)(void *userdata);                  /* does anybody want packets? */
	/* Each captured picture, and never a placeholder: on its way to the encoder, or while that
	 * is closed. As the shape makes it, and with none as the source yields it, except that a
	 * JPEG which has been decoded for the encoder comes decoded; of those, pictures that the
	 * output's rate leaves out do not come. What the shape refuses never comes.
	 * The callee may take a reference, at most two at a time. NULL: nobody looks. */
	void (*frame)(void *userdata, struct frame *f);
	/* Once for each reset, and for each change of a compromise. */
	void (*event)(void *userdata, enum video_event event, const char *words);
	void (*encoder)(void *userdata, const struct codec_news *news); /* NULL: nobody cares */
	/* May this be passed on? NULL: all of it. */
	bool (*takes)(void *userdata, enum encoder_copied what);
	void *userdata;
};

struct video_status {
	bool live;
	char reason[128];         /* why not, or why it last was not */
	uint64_t live_since_usec; /* monotonic, of the last change */
	struct source_info info;  /* of the source as last opened */
	char warning[256];        /* … what of it could not be done as it was asked for, or "" */
	struct source_counters source;
	enum signal signal;                    /* as the source says */
	uint64_t stale;                        /* frames that came too late for their time */
	uint64_t corrupt;                      /* frames that could not be decoded */
	int width, height, rate_num, rate_den; /* of the encoder, zeros while closed */
	uint64_t frames, keyframes, repeated, placeholders, bytes, encode_errors;
	struct recovery_status recovery;
	struct codec_status codec;
	uint64_t opens;             /* times the source was opened */
	uint64_t first_packet_usec; /* monotonic; 0 before */
};

/* Takes over the source, on success and on failure. */
int video_new(struct video **ret, struct source *source, const struct video_settings *settings,
	const struct video_hooks *hooks);

int video_start(struct video *v);

/* Any thread. The next picture becomes an IDR, at most ten a second. */
void video_want_keyframe(struct video *v);

/* Any thread. The source is closed and opened again, soon. */
void video_reopen(struct video *v);

/* Any thread. Takes effect at the next picture; outputs do not notice. */
int video_set_bitrate(struct video *v, int64_t bitrate);

/* Any thread. Takes effect at the next picture. Outputs notice only when the encoder's size is
 * another one by that. */
void video_set_shape(struct video *v, const struct shape_settings *shape);

/* Any thread. */
void video_status(struct video *v, struct video_status *ret);
const struct hist *video_encode_hist(const struct video *v);

/* A counter that moves on while the encoder stage works: food for the watchdog. */
uint64_t video_progress(const struct video *v);

void video_stop(struct video *v);

/* After video_stop(): waits until the time. Returns -ETIMEDOUT when a thread is stuck in its
 * driver; then it is abandoned with all it may touch. v is gone either way. NULL is fine. */
int video_free(struct video *v, uint64_t until_usec);
