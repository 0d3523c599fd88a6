/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * swscale's contexts, inside the media floor only. swscale picks its path when a context is made:
 * with the ranges told only afterwards it would copy full-range planes as they are. So ranges are
 * options from the start, the matrices follow.
 */
#pragma once

#include <libswscale/swscale.h>
#include <stdbool.h>

#include "common/cleanup.h"

/* One end of it. The format is a plain one, see av_plain_format(). */
struct scaler_side {
	int format, width, height;
	bool full_range, bt709;
};

/* flags: SWS_…. NULL: no memory, or it cannot be done. */
struct SwsContext *scaler_new(
	const struct scaler_side *in, const struct scaler_side *out, int flags);

DEFINE_CLEANUP(struct SwsContext *, sws_freeContext)
