/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/backoff.h"

#include "common/cleanup.h"

/* xorshift32 (Marsaglia 2003): jitter needs no better randomness. */
static uint32_t next_random(uint32_t *state)
{
	uint32_t x = *state ? *state : 0x9e3779b9;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return *state = x;
}

uint64_t backoff_next(struct backoff *b)
{
	uint64_t step = b->current_usec ? b->current_usec : b->min_usec;

	step = CLAMP(step, b->min_usec, MAX(b->min_usec, b->max_usec));
	b->current_usec = step > b->max_usec / 2 ? MAX(b->min_usec, b->max_usec) : step * 2;
	return step - step / 4 * (next_random(&b->seed) % 1024) / 1024;
}

void backoff_reset(struct backoff *b)
{
	b->current_usec = 0;
}
