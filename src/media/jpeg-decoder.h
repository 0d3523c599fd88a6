/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One JPEG after the other, as a card yields them, by one decoder: inside the media floor only. One
 * owner thread. The border for AVERROR. */
#pragma once

#include "media/frame.h"

struct AVFrame;
struct jpeg_decoder;

int jpeg_decoder_new(struct jpeg_decoder **ret);
struct jpeg_decoder *jpeg_decoder_free(struct jpeg_decoder *d);
DEFINE_CLEANUP(struct jpeg_decoder *, jpeg_decoder_free)

/* Decodes a frame of PIXEL_MJPEG. ret: the picture, the decoder's until the next call; its
 * references may be moved away. -EBADMSG: it is corrupt; -ENOSYS: there is no such decoder. */
int jpeg_decoder_run(struct jpeg_decoder *d, const struct frame *in, struct AVFrame **ret);
