/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pictures of a card that encodes by itself: each access unit in, its picture out, with the
 * packet beside it for an encoder that passes it on (frame.coded). One owner thread, which it keeps
 * busy for as long as a picture takes to decode.
 *
 * What is lost or broken costs the pictures up to the next IDR: a decoder would only guess them.
 */
#pragma once

#include "common/cleanup.h"
#include "media/frame.h"

struct coded_decoder;

/* -ENOSYS: there is no decoder for H.264. */
int coded_decoder_new(struct coded_decoder **ret);
struct coded_decoder *coded_decoder_free(struct coded_decoder *d);
DEFINE_CLEANUP(struct coded_decoder *, coded_decoder_free)

/* in: a frame of PIXEL_H264, whose bytes are copied. Gives a picture with its times and sequence,
 * of the size and colours that the stream says, whose reference goes to the caller. -EAGAIN: none
 * comes of it, and there is nothing wrong, but that an IDR may be missing; -EBADMSG: it is broken;
 * -ENOMEM. */
int coded_decoder_run(struct coded_decoder *d, const struct frame *in, struct frame **ret);

/* What comes next does not follow what came last: something was lost. */
void coded_decoder_break(struct coded_decoder *d);

/* Will there be no picture before an IDR? */
bool coded_decoder_wants_key(const struct coded_decoder *d);
