/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one AAC encode: 48 kHz stereo, libavcodec's own encoder. One owner thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "media/packet.h"
#include "media/sync.h"

struct AVCodecParameters;
struct aac;

int aac_new(struct aac **ret, int64_t bitrate, char *why, size_t why_size);
struct aac *aac_free(struct aac *a);
DEFINE_CLEANUP(struct aac *, aac_free)

int aac_parameters(const struct aac *a, struct AVCodecParameters **ret);

/* Where the next block's samples belong: SYNC_BLOCK floats for each channel, to be filled before
 * aac_encode(). NULL: no memory. */
float *aac_input(struct aac *a, int channel);

/* Encodes the block that begins at pts_usec. *ret is a packet with the caller's reference, or NULL
 * while the encoder fills up. Its time is that of its samples: the encoder's priming is taken off.
 */
int aac_encode(struct aac *a, int64_t pts_usec, struct packet **ret);
