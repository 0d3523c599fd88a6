/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An encoded packet, made once by an encoder and read by every output. Counted references over an
 * AVPacket; immutable once published.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"

struct AVPacket;

enum track {
	TRACK_VIDEO,
	TRACK_AUDIO,
	_TRACK_MAX
};

struct packet {
	enum track track;
	bool key;         /* video: an IDR with SPS and PPS in front; sound: always false */
	int64_t pts_usec; /* on the stream's clock: monotonic time minus the pipeline's epoch */
	int64_t dts_usec; /* equal to pts_usec: no B frames */
	int64_t duration_usec; /* 0 when unknown */
	size_t size;           /* bytes */
	uint64_t capture_usec; /* monotonic: when its picture was taken; 0 for sound */
	uint64_t dequeue_usec; /* monotonic: when its frame left the source */
	uint64_t encode_usec;  /* time spent between dequeue and the encoder's answer */
	uint64_t serial;       /* of what a source encoded: which one it is; else 0 */
	struct AVPacket *av;   /* owned; timestamps inside are not used */
	atomic_int refs;
};

/* Takes over av on success. */
int packet_new(struct packet **ret, struct AVPacket *av);

static inline struct packet *packet_ref(struct packet *p)
{
	atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
	return p;
}

/* Any thread. Takes NULL. Returns NULL. */
struct packet *packet_unref(struct packet *p);
DEFINE_CLEANUP(struct packet *, packet_unref)
