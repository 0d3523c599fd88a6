/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The recogniser against invented screens: what it decides for each frame is held against what is
 * true of it. UNKNOWN is taken for OTHER. A change is false unless it goes to what is shown at that
 * moment, or screens cross-fade; one that then goes to what is neither of the two is a stray one.
 */
#pragma once

#include <stdio.h>

#include "tests/tools/screens.h"

#define SOAK_SETTLE 11    /* frames of a segment that do not count for the share: 0.35 s */
#define SOAK_LONG 15      /* frames of a segment that must be seen */
#define SOAK_REFERENCES 4 /* of each state */

struct soak_run {
	int layout;
	uint64_t seed;
	struct screens_options options;
	uint64_t frames;
	bool numbers; /* read them too */
	FILE *log;    /* a line for each fault; NULL: none */
};

struct soak_result {
	uint64_t frames, counted, right;
	uint64_t changes, missed, wrong, stray;        /* wrong: false changes */
	uint64_t delays[SCREENS_SEGMENT_MAX + 1];      /* how many changes took so many frames */
	uint64_t numbers, numbers_read, numbers_wrong; /* once a second */
	uint64_t cpu_nsec;
};

/* Draws a card's faults: noise, gain, offset, range, shift, blur; and hard cuts or cross-fades. */
void soak_choose(struct soak_run *run, uint64_t seed);

/* Adds to the result. 0, negative errno. */
int soak_run(const struct soak_run *run, struct soak_result *result);

/* Frames; p: 0 … 1. */
double soak_delay_mean(const struct soak_result *r);
int soak_delay_at(const struct soak_result *r, double p);
