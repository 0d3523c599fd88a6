/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The queue in front of one output: bounded in time and bytes, with the drop rule that a viewer can
 * live with. Pure apart from its lock; the encoders put, the output's thread takes.
 *
 * Sound does not wake the taker by itself: it rides with the next picture, 64 ms later at most.
 *
 * Waking a thread for each picture costs more than sending it to a peer that has room. So a taker
 * may lend its turn while it waits: who puts then takes in its place, and gives the turn back. The
 * taker goes on waiting until then, so that what is its own belongs to one thread at a time.
 *
 * The rule: a session begins with a keyframe of the video track, and what was lost is always a
 * whole tail, picture and sound, up to a keyframe. Over a limit, everything up to the last keyframe
 * in the queue goes; when there is none behind the head, all of it goes and the queue stays shut
 * until the next keyframe is put. Nothing is ever reordered, and never is one undecodable picture
 * taken out.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "media/packet.h"

struct outqueue;

struct outqueue_stats {
	uint64_t dropped_video, dropped_audio; /* packets lost by the rule, live for ever */
	uint64_t drops;                        /* how often the rule struck */
	uint64_t queued_usec, queued_bytes;    /* now */
	int packets;                           /* now */
	bool shut;                             /* waits for a keyframe */
};

/* limit_usec: span between the oldest and newest timestamp held; limit_bytes: sum of the packets.
 */
int outqueue_new(struct outqueue **ret, uint64_t limit_usec, size_t limit_bytes);
struct outqueue *outqueue_free(struct outqueue *q);
DEFINE_CLEANUP(struct outqueue *, outqueue_free)

/* New limits, also for what is in it: over them, the rule strikes at once. Any thread. */
void outqueue_set_limits(struct outqueue *q, uint64_t limit_usec, size_t limit_bytes);

/* Any thread; never blocks for longer than the lock. Takes its own reference. Returns true when
 * the queue is shut and a keyframe would open it: ask the encoder for one. ret_lent: the taker's
 * turn is lent to the caller, who takes with time 0 and then calls outqueue_give_back(); NULL: the
 * caller wants none. */
bool outqueue_put(struct outqueue *q, struct packet *p, bool *ret_lent);

/* The next packet, its reference going to the caller; NULL at the time or on a wake-up. Time 0 does
 * not wait, and no wake-up keeps it from what is there. ret_restarts: how often the queue had been
 * restarted when it was put; may be NULL. */
struct packet *outqueue_take(struct outqueue *q, uint64_t until_usec, unsigned *ret_restarts);

/* As outqueue_take() without a time; while it waits, its turn may be lent. */
struct packet *outqueue_take_or_lend(struct outqueue *q, unsigned *ret_restarts);

/* Gives the turn back. wake: the taker has to know, as with outqueue_wake(). */
void outqueue_give_back(struct outqueue *q, bool wake);

/* Is there another packet to take right now? */
bool outqueue_more(struct outqueue *q);

/* Empties it and shuts it until the next keyframe: what is done when a session begins. What was in
 * it does not count as dropped. While !accept, packets put are ignored (nobody is connected).
 * Returns how often that has been done by now. */
unsigned outqueue_restart(struct outqueue *q, bool accept);

void outqueue_wake(struct outqueue *q);
void outqueue_stats(struct outqueue *q, struct outqueue_stats *ret);
