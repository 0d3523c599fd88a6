/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is done to a card that is there and yields no picture. Each time it fails it is one step,
 * from the cheapest up.
 *
 * restart: the stream is stopped and begun again, STREAMOFF and STREAMON: when it has yielded
 * nothing for ladder_patience_usec(), or at once when the driver says that it is broken.
 *
 * reopen: the device is closed and opened.
 *
 * reset: its USB device is reset, which is as good as pulling and plugging it: when the two did not
 * help for LADDER_RESET_USEC.
 *
 * After that it is opened anew for ever, with more patience each time, because some cards take long
 * for their first picture; never with more than LADDER_PATIENCE_MAX_USEC, because others recover
 * only when they are opened. Resets get rarer, from one in LADDER_RESETS_MIN_USEC to one in
 * LADDER_RESETS_MAX_USEC, until pictures have come for LADDER_GOOD_USEC.
 *
 * A card that is not plugged in, that somebody else uses or that has no signal does not hang: the
 * ladder is left, and begins at its foot when it hangs again. What it has left to wait between
 * resets stays, because a reset looks like an unplug.
 *
 * Pure: time goes in, a step comes out. One owner.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/backoff.h"
#include "common/usec.h"

#define LADDER_PATIENCE_USEC (3 * USEC_PER_SEC)     /* for the first three steps */
#define LADDER_PATIENCE_MAX_USEC (7 * USEC_PER_SEC) /* later; a second more with each */
#define LADDER_RESET_USEC (8 * USEC_PER_SEC)
#define LADDER_RESETS_MIN_USEC (30 * USEC_PER_SEC)
#define LADDER_RESETS_MAX_USEC (600 * USEC_PER_SEC)
#define LADDER_FLOW_USEC (2 * USEC_PER_SEC) /* pictures for less long are no recovery */
#define LADDER_GOOD_USEC (60 * USEC_PER_SEC)

enum ladder_step {
	LADDER_RESTART, /* only of a source that is open */
	LADDER_REOPEN,
	LADDER_RESET, /* closed, reset, opened */
	_LADDER_STEP_MAX
};

struct ladder {
	/* the owner's: what there is besides reopen */
	bool can_restart, can_reset;
	/* the ladder's own */
	bool climbing;       /* it hangs, or may */
	uint64_t since_usec; /* … since then */
	int steps;           /* taken since */
	struct backoff resets;
	uint64_t next_reset_usec; /* not before */
	uint64_t taken[_LADDER_STEP_MAX];
};

/* seed: any value, for the back-off's jitter. */
void ladder_init(struct ladder *l, uint32_t seed);

/* The source is open and begins to be read. */
void ladder_open(struct ladder *l, uint64_t now_usec);

/* It has yielded pictures from then to then. */
void ladder_flow(struct ladder *l, uint64_t from_usec, uint64_t to_usec);

/* It failed so (-ETIMEDOUT: it yields nothing): what is to be done now? open: it is open still.
 * Counts the step in taken. */
enum ladder_step ladder_next(struct ladder *l, int error, bool open, uint64_t now_usec);

/* How long it may yield nothing before it has failed. */
uint64_t ladder_patience_usec(const struct ladder *l);
