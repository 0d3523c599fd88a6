/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Has the picture stood still to the bit for too long? A card that hangs repeats its last picture
 * without its noise. Sums of the samples in each region are compared with those of the picture
 * before, smallest region first: one that differs ends the work, so that pictures of a live card
 * cost next to nothing. Pure; one thread.
 */
#pragma once

#include "recognize/rules.h"

struct freeze {
	const struct rules *rules;
	struct rect *rects;  /* of ROIs and numbers */
	uint64_t *sums;      /* of the picture before … */
	int n, n_valid;      /* … so many of them */
	uint64_t since_usec; /* capture time of the first of the equal pictures; 0: none yet */
};

/* 0, -ENOMEM. Without frozen_ms it does nothing. */
int freeze_init(struct freeze *f, const struct rules *rules);
void freeze_deinit(struct freeze *f);

/* Is the picture one of so many equal ones that it is frozen? */
bool freeze_push(struct freeze *f, const struct grey *picture, uint64_t capture_usec);
