/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A card that encodes by itself: how it is set up for a live stream, and what is made of that which
 * it gives. Each picture is decoded here, on the thread that reads, with what it was decoded from
 * beside it (frame.coded); after a loss there is none until the next IDR, for which the card is
 * asked. Belongs to the source, on its owner's thread.
 */
#pragma once

#include "capture/source.h"
#include "capture/v4l2-buffers.h"

struct coded_decoder;

struct v4l2_codec {
	struct coded_decoder *decoder; /* NULL: the card does not encode */
	bool can_key;                  /* an IDR can be asked for */
	uint64_t asked_usec;           /* … and was; 0: not yet */
};

/* A decoder that knows nothing yet, also in the place of an older one. -ENOMEM; -ENOSYS: there is
 * none for H.264. */
int v4l2_codec_begin(struct v4l2_codec *c);

/* Takes one that was never begun, and one that has ended. */
void v4l2_codec_end(struct v4l2_codec *c);

/* Sets the card's encoder as far as it lets itself be set: no B pictures, parameter sets in front
 * of each IDR, want->gop and want->bitrate within what it can do. A few ioctls. */
void v4l2_codec_set(struct v4l2_codec *c, int fd, const struct video_want *want);

/* Puts the picture in the place of the buffer that was taken, whose frame goes back at once. With
 * nothing to show, t->frame is NULL, and t's figures say so where something was wrong. Asks for an
 * IDR when nothing else helps, but not all the time. */
void v4l2_codec_decode(struct v4l2_codec *c, int fd, struct v4l2_taken *t);

/* The next picture shall be an IDR, if the card knows how. */
void v4l2_codec_want_key(struct v4l2_codec *c, int fd);
