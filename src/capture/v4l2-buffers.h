/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The buffers of one opened card, and the frames that point into them. Counted: the source that
 * opened it and every frame that is out keep it. It can be stopped while frames are out; their
 * pixels stay readable, whether the card is there or not, until the last is given back.
 */
#pragma once

#include "capture/v4l2-probe.h"
#include "common/cleanup.h"

struct v4l2_buffers;

/* What one look at the card brought. */
struct v4l2_taken {
	struct frame *frame; /* NULL: nothing (yet) */
	bool any;            /* the card gave something, whatever has become of it */
	uint32_t dropped;    /* good pictures skipped or lost */
	uint32_t lost;       /* of those, by the card */
	uint32_t errors;     /* broken pictures */
	uint32_t copied;     /* 1: the frame is a copy, since too many of the card's are out */
};

/*
 * Maps the buffers and starts the stream. fd is libv4l2's and taken over in any case. converted:
 * libv4l2 converts, so its buffers are its own and every frame is a copy. ret_where gets the name
 * of the call that failed.
 */
int v4l2_buffers_start(struct v4l2_buffers **ret, int fd, const struct v4l2_picture *picture,
	bool converted, const char **ret_where);

/* Stops the stream and begins it anew, which clears what the driver holds against it. Frames that
 * are out stay as they are. The thread that takes; blocks as the driver does. A negative errno: it
 * does not stream any more. */
int v4l2_buffers_restart(struct v4l2_buffers *b, const char **ret_where);

/* Stops the stream, closes the card and drops the opener's reference; takes NULL. The opener's
 * thread, which is the one that takes. */
struct v4l2_buffers *v4l2_buffers_stop(struct v4l2_buffers *b);
DEFINE_CLEANUP(struct v4l2_buffers *, v4l2_buffers_stop)

/* Takes what the card has, keeps the SOURCE_WAITING newest good pictures and hands over the oldest
 * of them; the others wait for the next call. Of H.264, in which each needs those before it, just
 * one is taken and none skipped: the rest is left to the driver, and what that loses shows in the
 * counters. Does not block. 0 with or without a frame; a negative errno when the card is lost. */
int v4l2_buffers_take(struct v4l2_buffers *b, struct v4l2_taken *ret);
