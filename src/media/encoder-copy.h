/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An encoder that encodes nothing: it passes on what the source has encoded already (media/coded.h,
 * or a JPEG), as it is. encoder_encode() of one takes the source's own frames, of any layout.
 */
#pragma once

#include "media/encoder.h"

/* What comes with a frame, and so goes out. */
enum encoder_copied {
	ENCODER_COPIED_NONE,
	ENCODER_COPIED_H264,
	ENCODER_COPIED_MJPEG,
};

enum encoder_copied encoder_copied(const struct frame *f);

/* Can one be made that begins with this frame, or go on behind a gap with it? */
bool encoder_copy_begins(const struct frame *f);

/*
 * For a stream that begins with the frame, by encoder_copy_begins(). settings: bitrate is what is
 * to be expected.
 *
 * Its encoder_encode(): times are those of the picture. -ENODATA: the picture does not go on from
 * the last one that was passed on (or nothing came with it), and only one that begins anew would.
 * -ESTALE: it begins a stream with other parameters, for which another one must be made. key and
 * the bitrate are the source's business.
 */
int encoder_copy_new(struct encoder **ret, const struct frame *first,
	const struct encoder_settings *settings, char *why, size_t why_size);
