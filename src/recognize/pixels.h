/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the pixels alone tell about an input: cheap grabbers send black, blue or colour bars with a
 * perfectly valid signal, and hung ones the same picture again and again. Looks at 64 x 64 samples
 * spread over the picture, and at one line in FREEZE_PHASES of it (freeze.h). A fact is entered
 * after it has been there for a while, and left by looser bounds after another while, so that it
 * does not flap. It is about the picture, not about the screen's state: a black game is black, too.
 *
 * Pure: pictures and times in, a fact out; nothing is allocated after pixels_init(). One thread.
 */
#pragma once

#include "recognize/colour.h"
#include "recognize/freeze.h"

/* One at a time: what is black or shows bars stands still as well, which tells nothing more. */
enum pixels_fact {
	PIXELS_UNKNOWN, /* no picture, or one whose samples cannot be looked at */
	PIXELS_NORMAL,
	PIXELS_BLACK,
	PIXELS_SINGLE_COLOUR,
	PIXELS_BARS, /* vertical ones of the six colours, as of SMPTE, EBU and most grabbers */
	PIXELS_FROZEN,
	_PIXELS_MAX
};

/* "unknown", "normal", "black", "single-colour", "bars", "frozen" */
const char *pixels_name(enum pixels_fact fact);

/* Is it one of those that are worth a word? */
static inline bool pixels_odd(enum pixels_fact fact)
{
	return fact > PIXELS_NORMAL;
}

#define PIXELS_SIDE 64 /* samples across and down; smaller pictures are unknown */
#define PIXELS_LEAVE_USEC UINT64_C(1000000) /* for so long it must not be there any more */

struct pixels {
	uint64_t after_usec;
	struct freeze freeze;
	enum pixels_fact fact;    /* as told last */
	enum pixels_fact pending; /* shown by the last picture; PIXELS_NORMAL: nothing odd */
	uint64_t pending_usec;    /* since when */
	uint64_t gone_usec;       /* since when the fact is not there; 0: it is */
	/* of the last picture: the quarters, each row by row */
	struct colour samples[4][COLOUR_SAMPLES_MAX];
};

/* after_usec: for how long a picture must be black, of a single colour, or bars. frozen_ms: for how
 * long the same to the bit; 0: never. 0, -ENOMEM. */
int pixels_init(struct pixels *p, uint64_t after_usec, int frozen_ms);
void pixels_deinit(struct pixels *p);

/* The next picture to be looked at, in the order of their times. Any layout but a JPEG. */
enum pixels_fact pixels_push(struct pixels *p, const struct frame *f);

/* There are no pictures any more: all begins anew with the next one. */
void pixels_lost(struct pixels *p);
