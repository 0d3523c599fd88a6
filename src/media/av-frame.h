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

/* The enum AVPixelFormat of a frame; AV_PIX_FMT_NONE of a JPEG. */
int av_format_of(const struct frame *f);
