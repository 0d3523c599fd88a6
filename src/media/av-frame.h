/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A decoder's picture as a frame, and what is to be known of its format: inside the media floor
 * only. */
#pragma once

#include "media/frame.h"

struct AVFrame;

/* Moves the picture into a frame with one reference; no pixel is copied, and av is empty
 * afterwards. Times are left at 0. -EMSGSIZE when it is larger than anyone may announce. */
int frame_from_av(struct frame **ret, struct AVFrame *av);

/* The formats with a J in their name are the plain ones with full range; swscale wants the plain
 * ones and to be told the range. full_range is set for them, else left. */
int av_plain_format(int format, bool *full_range);

/* The enum AVPixelFormat as which a frame can be looked at; AV_PIX_FMT_NONE of a JPEG. */
int av_format_of(const struct frame *f);

/* The same with its planes. swscale does not take NV16: that is seen as NV12, with every second row
 * of chroma left out; behind the last one there may be nothing to read. */
int av_view_of(const struct frame *f, const uint8_t *data[static FRAME_PLANES],
	int stride[static FRAME_PLANES]);
