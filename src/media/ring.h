/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last seconds of encoded packets in memory, so that what led to an event can be kept: whole
 * GOPs, each with the sound of its time, bounded in time and bytes, oldest GOP dropped first;
 * packets are shared, not copied. Any thread; calls are short.
 *
 * Readers go through it with a cursor of their own and take packets in small batches, so that they
 * need no queue beside it: whoever is slow finds what he has not read still here, up to the limit
 * of bytes, which is all the memory there ever is.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "media/packet.h"
#include "media/tracks.h"

struct ring;

/* keep_usec: GOPs that ended longer ago than this go, so up to one GOP more is held. keep_bytes is
 * never exceeded, what a packet takes besides its payload included; a GOP larger than that is not
 * kept at all. */
int ring_new(struct ring **ret, uint64_t keep_usec, size_t keep_bytes);
struct ring *ring_free(struct ring *r);
DEFINE_CLEANUP(struct ring *, ring_free)

/* As hub_set_tracks() and hub_publish(), with references of their own. NULL: the encoder is closed,
 * nothing is taken in any more, but what there is can be read; other tracks, or any after NULL,
 * empty it. */
void ring_set_tracks(struct ring *r, struct tracks *t);
void ring_put(struct ring *r, struct packet *p);

/* Nothing from this time (packets' own) on is dropped for its age; for bytes it is. INT64_MAX, as
 * at the start: age decides. */
void ring_hold(struct ring *r, int64_t from_usec);

struct ring_cursor {
	uint64_t epoch;
	uint64_t next[_TRACK_MAX];
};

/* Places a cursor at the newest video keyframe at or before from_usec, at the oldest there is when
 * all are later, and at the first sound of its time. -ENODATA: there is none. ret_tracks gets a
 * reference of the caller's. */
int ring_seek(
	struct ring *r, int64_t from_usec, struct ring_cursor *ret, struct tracks **ret_tracks);

/* The next packets before until_usec, at most max, in the order of their times as far as they have
 * come, each with a reference of the caller's. How many; 0: none as yet; -ESTALE: no more will
 * come, the encoder is closed or the tracks are others now; -ENOBUFS: what comes next has been
 * dropped. */
int ring_read(
	struct ring *r, struct ring_cursor *c, int64_t until_usec, struct packet **ret, int max);

/* Time of the newest picture; INT64_MIN: there is none. */
int64_t ring_newest(struct ring *r);

/* Memory that what is in it takes. */
uint64_t ring_bytes(struct ring *r);
