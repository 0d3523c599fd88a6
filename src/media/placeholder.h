/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The picture that keeps a stream alive while there is no input: dark, a title, the reason, and a
 * clock that moves, so that nobody takes it for life nor for a frozen stream. */
#pragma once

#include "media/frame.h"

struct placeholder;

/* A placeholder of this size, I420. */
int placeholder_new(struct placeholder **ret, int width, int height);
struct placeholder *placeholder_free(struct placeholder *p);
DEFINE_CLEANUP(struct placeholder *, placeholder_free)

/* A frame for this moment; title ("egm-streamer game"), reason ("no device /dev/video0"), when the
 * input was lost (monotonic). The caller gets the reference. NULL when too many are out. Redraws
 * only what changed. */
struct frame *placeholder_frame(struct placeholder *p, const char *title, const char *reason,
	uint64_t since_usec, uint64_t now_usec);
