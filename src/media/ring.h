/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last seconds of encoded packets in memory, so that what led to an event can be kept: whole
 * GOPs, bounded in time and bytes, oldest GOP dropped first; packets are shared, not copied. Any
 * thread; calls are short.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "media/packet.h"
#include "media/tracks.h"

struct ring;

int ring_new(struct ring **ret, uint64_t keep_usec, size_t keep_bytes);
struct ring *ring_free(struct ring *r);
DEFINE_CLEANUP(struct ring *, ring_free)

/* As hub_set_tracks() and hub_publish(): other tracks (or NULL) empty it. */
void ring_set_tracks(struct ring *r, struct tracks *t);
void ring_put(struct ring *r, struct packet *p);

/* A copy of what is in it from the newest video keyframe at or before from_usec (packets' own time)
 * on, in order, each with a reference of the caller's; and the tracks. 0 and n >= 1; -ENODATA. The
 * caller frees the array. */
int ring_snapshot(struct ring *r, int64_t from_usec, struct packet ***ret, size_t *ret_n,
	struct tracks **ret_tracks);

uint64_t ring_bytes(struct ring *r);
