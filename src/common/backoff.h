/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exponential back-off with jitter and no give-up. Pure; one owner. */
#pragma once

#include <stdint.h>

struct backoff {
	uint64_t min_usec;
	uint64_t max_usec;
	uint64_t current_usec; /* 0: next failure waits min_usec */
	uint32_t seed;         /* state of the jitter's generator, any value */
};

/* Time to wait after one more failure: min, 2 min, 4 min … up to max, each minus up to a quarter
 * of itself at random, so that a hundred machines do not knock at once. */
uint64_t backoff_next(struct backoff *b);

/* After a while of good flow: the next failure waits min again. */
void backoff_reset(struct backoff *b);
