/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the muxer shares with its ways out: libavformat (muxer-av.c), our own RTMP (muxer-rtmp.c),
 * and a recording, which has a muxer for each segment (recorder.c).
 */
#pragma once

#include <stdatomic.h>

#include "media/muxer.h"

struct muxer_av;
struct muxer_rtmp;
struct recorder;
struct wire_guard;

/* All belong to the owner, whichever thread that is, one at a time. The muxer has set the deadline
 * before each; that of a packet is over for try() and finish() together. */
struct muxer_ops {
	/* Returns 0 or an error of its own, which explain() knows; close() follows a failure. */
	int (*open)(struct muxer *m, const char *url, const struct tracks *tracks);
	/* A packet that belongs into the session; its times count from m->base_usec. 1: there is no
	 * such track in it. */
	int (*write)(struct muxer *m, struct packet *p, bool more);
	/* The same without waiting. -EAGAIN: finish() sends the rest; -EBUSY: not tried. NULL, as
	 * is finish: it may always have to wait. */
	int (*try)(struct muxer *m, struct packet *p, bool more);
	int (*finish)(struct muxer *m);
	/* Other tracks from now on, with the same codecs and the same sound. As write(). NULL: that
	 * takes a new session. */
	int (*follow)(struct muxer *m, const struct tracks *tracks);
	void (*close)(struct muxer *m);
	/* Words for what one of these returned, and the errno for it. */
	int (*explain)(struct muxer *m, int error, bool opening, char *why, size_t why_size);
};

struct muxer {
	/* any thread */
	atomic_bool interrupted;
	atomic_uint_fast64_t hurry_usec;
	int wake_fd; /* readable when one of them has changed */
	/* the owner's */
	const struct muxer_ops *ops; /* NULL: closed */
	struct muxer_av *av;
	struct muxer_rtmp *rtmp;
	struct recorder *recorder;  /* NULL: there was no recording yet */
	const struct muxer *parent; /* the recording that this is a segment of, or NULL */
	struct tracks *tracks;      /* while it is open */
	struct muxer_settings settings;
	uint64_t deadline_usec;
	char *path;               /* of a file or playlist */
	int64_t last[_TRACK_MAX]; /* the last time written, in the unit of the way out; INT64_MIN:
				     none */
	int64_t base_usec;
	bool tls;     /* a server of RTMP takes no notice of it, and waits */
	bool created; /* path is a file that this session made */
	bool based;   /* the first video keyframe came */
	bool written; /* … and went out */
	bool failed;
	uint64_t bytes;
	uint64_t segments, mishaps;
	char mishap[128];
};

extern const struct muxer_ops muxer_av_ops, muxer_rtmp_ops, recorder_ops;

/* Made with the muxer, once. */
int muxer_av_new(struct muxer *m);
void muxer_av_free(struct muxer *m);
int muxer_rtmp_new(struct muxer *m);
void muxer_rtmp_free(struct muxer *m);

/* What holds the waits of the session, by muxer_should_stop(). */
const struct wire_guard *muxer_rtmp_guard(const struct muxer *m);
void recorder_free(struct muxer *m);

/* Any thread. Returns 0 or a negative errno. */
int muxer_rtmp_load(struct muxer *m, struct muxer_load *ret);

/* Counts something that does not end the session. */
void muxer_count_mishap(struct muxer *m, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Does our own RTMP take this URL? */
bool muxer_rtmp_takes(const char *url);

/* Must the call that is running end? */
bool muxer_should_stop(const struct muxer *m);

/* Bytes of so many milliseconds of these tracks. */
int64_t muxer_bytes_of(const struct tracks *t, int64_t msec);

/* What the kernel may hold back of a connection: little, so that a stalled peer shows in our queue,
 * which knows what to drop, and not after megabytes of sound and picture. */
static inline int muxer_tcp_buffer(const struct tracks *t)
{
	return (int) CLAMP(muxer_bytes_of(t, 250), 64 * 1024, 1024 * 1024);
}

/* Containers want times to grow, but rounding may make two collide: then the later one moves by a
 * tick. */
int64_t muxer_next_time(struct muxer *m, enum track track, int64_t time);
