/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sound from any clock in, sound on the monotonic clock out: 48 kHz stereo float without gaps, each
 * sample where it was heard. Small deviations are corrected by resampling (drift.h), larger ones by
 * a hard resync that inserts silence or drops samples and is counted; where there is no sound,
 * silence. One owner thread. Holds at most a second of sound.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "media/samples.h"

#define SYNC_RATE 48000
#define SYNC_CHANNELS 2
#define SYNC_BLOCK 1024 /* samples of an AAC frame */

struct sync;

struct sync_stats {
	double drift_ppm;   /* estimate: the card's clock runs faster by this much */
	double offset_usec; /* last measured, filtered */
	uint64_t resyncs;   /* hard ones */
	uint64_t silence;   /* samples of silence put in */
	uint64_t dropped;   /* input samples thrown away because their time had passed */
};

/* The output's first sample is that of epoch_usec. */
int sync_new(struct sync **ret, uint64_t epoch_usec);
struct sync *sync_free(struct sync *s);
DEFINE_CLEANUP(struct sync *, sync_free)

/* Takes a block from the card. Returns 0, -EINVAL for a format it cannot take, or -ENOMEM. */
int sync_push(struct sync *s, const struct samples *in);

/* Puts in silence up to this time, if sound has not come that far. */
void sync_fill(struct sync *s, uint64_t until_usec);

/* Another card, or the same one reopened with another clock: forgets the drift. */
void sync_forget(struct sync *s);

/* Is there a whole block to pull? */
bool sync_ready(const struct sync *s);

/* Takes SYNC_BLOCK samples of each channel and the time of the first, relative to the epoch. False
 * when there is no whole block yet. */
bool sync_pull(struct sync *s, float *left, float *right, int64_t *ret_pts_usec);

void sync_stats(const struct sync *s, struct sync_stats *ret);
