/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One buffer of a card as the kernel has it, for both kinds of devices. Multi-planar ones have up
 * to three blocks of memory in a buffer; these are mapped one behind the other into one range, so
 * that all else sees a buffer as one piece.
 */
#pragma once

#include "capture/v4l2-probe.h"

/* A buffer in an ioctl. Not to be copied: it points into itself. */
struct v4l2_one {
	struct v4l2_buffer buf;
	struct v4l2_plane planes[VIDEO_MAX_PLANES];
};

/* The type in every call about buffers. */
static inline uint32_t v4l2_type(bool multiplanar)
{
	return multiplanar ? V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE : V4L2_BUF_TYPE_VIDEO_CAPTURE;
}

void v4l2_one_init(struct v4l2_one *o, const struct v4l2_picture *p, uint32_t index);

/* Maps what VIDIOC_QUERYBUF has filled in. ret_offset: where each block lies in the range, which is
 * given back by one v4l2_munmap(). -EOVERFLOW: a picture would not fit. */
int v4l2_one_map(const struct v4l2_one *o, const struct v4l2_picture *p, int fd,
	uint8_t **ret_start, size_t *ret_length, size_t ret_offset[static FRAME_PLANES]);

/* Of a dequeued buffer: the bytes of a block that are the picture's, and where they begin in it.
 * False: the driver says what cannot be. */
bool v4l2_one_used(const struct v4l2_one *o, const struct v4l2_picture *p, int block,
	size_t *ret_begin, size_t *ret_size);
