/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The signal behind the built-in tone, as a card would hear it whose sample clock is off: the world
 * sounds at 1 kHz and clicks at each whole second of the monotonic clock, the card takes 48000
 * samples in what it believes to be a second. Pure.
 */
#pragma once

#include <stdint.h>

#define TONE_RATE 48000 /* as claimed */
#define TONE_CHANNELS 2
#define TONE_TABLE 2048

struct tone {
	uint64_t t0_usec; /* monotonic time of sample 0 */
	double rate;      /* true samples per second */
	uint64_t second;  /* monotonic time modulo one second in units of 2^-64 s */
	uint64_t step;    /* the same for one sample */
	int16_t wave[TONE_TABLE], click[TONE_TABLE];
};

/* ppm: how much faster the clock runs than it claims. */
void tone_init(struct tone *t, double ppm, uint64_t t0_usec);

/* The next samples, interleaved. */
void tone_fill(struct tone *t, int16_t *ret, int frames);

/* Leaves samples out. */
void tone_skip(struct tone *t, uint64_t frames);

/* Monotonic time of a sample. */
uint64_t tone_usec(const struct tone *t, uint64_t sample);

/* How many samples there are by this time. */
uint64_t tone_count(const struct tone *t, uint64_t now_usec);
