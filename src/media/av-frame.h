/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A decoder's picture as a frame: inside the media floor only. */
#pragma once

#include "media/frame.h"

struct AVFrame;

/* Moves the picture into a frame with one reference; no pixel is copied, and av is empty
 * afterwards. Times are left at 0. -EMSGSIZE when it is larger than anyone may announce. */
int frame_from_av(struct frame **ret, struct AVFrame *av);
