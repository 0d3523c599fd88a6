/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Has the picture stood still to the bit for too long? A card that hangs repeats its last picture
 * without its noise. Of each picture one line in FREEZE_PHASES is summed up and compared with what
 * it was some pictures ago, other lines each time, so that it costs next to nothing; once they have
 * been equal for long enough, all of them are, and the first picture that differs is noticed. For
 * the recogniser (detector.frozen) only what its rules look at counts, for the facts about a card
 * (facts.frozen) the whole picture. Pure; one thread.
 */
#pragma once

#include "recognize/rules.h"

#define FREEZE_PHASES 7 /* odd: pictures that take turns differ as well */

struct freeze {
	const struct rules *rules; /* NULL: the whole picture */
	uint64_t limit_usec;
	struct rect *rects; /* of ROIs and numbers */
	uint64_t *sums;     /* of the lines of each phase, for each of them */
	int n;
	unsigned phase;      /* looked at next */
	uint64_t since_usec; /* capture time of the last picture that differed; 0: none yet */
};

/* 0, -ENOMEM. Without frozen_ms it does nothing. */
int freeze_init(struct freeze *f, const struct rules *rules);

/* The same for the whole picture, so many milliseconds. */
int freeze_init_picture(struct freeze *f, int frozen_ms);
void freeze_deinit(struct freeze *f);

/* Is the picture one of so many equal ones that it is frozen? */
bool freeze_push(struct freeze *f, const struct grey *picture, uint64_t capture_usec);
