/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a muxer must know before the first packet: the codec parameters of the one video track and
 * the one sound track that may be there. Counted, immutable; a new encoder makes a new one with a
 * higher generation, and outputs start a new session with it.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "common/cleanup.h"

struct AVCodecParameters;

struct tracks {
	unsigned generation;
	struct AVCodecParameters *video; /* owned, never NULL */
	struct AVCodecParameters *audio; /* owned, NULL when there is no sound track */
	int rate_num, rate_den;          /* nominal frames per second */
	atomic_int refs;
};

/* Takes over both parameter sets, on failure too. */
int tracks_new(struct tracks **ret, unsigned generation, struct AVCodecParameters *video,
	struct AVCodecParameters *audio, int rate_num, int rate_den);

static inline struct tracks *tracks_ref(struct tracks *t)
{
	atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
	return t;
}

/* Any thread. Takes NULL. Returns NULL. */
struct tracks *tracks_unref(struct tracks *t);
DEFINE_CLEANUP(struct tracks *, tracks_unref)
