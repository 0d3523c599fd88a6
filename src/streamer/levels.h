/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How loud the sound of the last second is, for meters. One owner; pure. */
#pragma once

#include <stddef.h>

#define LEVELS_CHANNELS 2
#define LEVELS_BLOCKS 47     /* of SYNC_BLOCK samples: a second */
#define LEVELS_FLOOR (-120.) /* dBFS: silence, and what nobody can hear */

struct levels {
	struct levels_block {
		float peak[LEVELS_CHANNELS], square[LEVELS_CHANNELS]; /* mean of the squares */
	} blocks[LEVELS_BLOCKS];
	int n, next;
};

struct levels_view {
	double peak_db[LEVELS_CHANNELS], rms_db[LEVELS_CHANNELS]; /* 0: full scale */
};

/* The next block of samples, -1 … 1. Begin with a zeroed struct. */
void levels_push(struct levels *l, const float *left, const float *right, size_t n);

/* Of nothing: the floor. */
void levels_view(const struct levels *l, struct levels_view *ret);
