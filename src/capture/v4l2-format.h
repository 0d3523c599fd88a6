/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a V4L2 card offers, and which of it to take. Pure: no device is touched here, so that the
 * tables of real cards can be tried in a test.
 */
#pragma once

#include <linux/videodev2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/source.h"
#include "media/frame.h"

/* One thing the card can do. Sizes are always discrete: a stepwise range has been narrowed to the
 * one size of it that serves what is wanted (v4l2_size_snap). */
struct v4l2_mode {
	uint32_t fourcc;
	enum pixel pixel;
	int width, height; /* 0: the driver does not say, S_FMT will */
	struct v4l2_fract fastest,
		slowest; /* seconds per picture; equal: discrete; 0/0: not said */
};

struct v4l2_choice {
	uint32_t fourcc;
	enum pixel pixel;
	int width, height;          /* 0: leave it to the driver */
	struct v4l2_fract interval; /* 0/0: leave it to the driver */
};

/* How a picture lies in a buffer of the card. */
struct v4l2_layout {
	int planes;
	size_t offset[FRAME_PLANES];
	int stride[FRAME_PLANES];
	size_t size; /* bytes that a whole picture takes at least; compressed: 0 */
	/* Blocks of memory that a buffer consists of, 1 or one for each plane; with more than one,
	 * offsets count from the beginning of each. */
	int blocks;
	size_t block_size[FRAME_PLANES]; /* as size */
};

/* Both ways between V4L2's code and ours; false for what we do not take natively. */
bool v4l2_pixel_from_fourcc(uint32_t fourcc, enum pixel *ret);
uint32_t v4l2_fourcc_from_pixel(enum pixel pixel);

/* How many blocks of memory a buffer of this code has; more than one is for multi-planar devices
 * only. */
int v4l2_fourcc_blocks(uint32_t fourcc);

/* "YUYV" and so on, for any code. Returns buf. */
const char *v4l2_fourcc_name(uint32_t fourcc, char buf[static 5]);

/* The size of a stepwise or continuous range that is at least what is wanted, else its largest. */
void v4l2_size_snap(
	const struct v4l2_frmsize_stepwise *range, int width, int height, int *ret_w, int *ret_h);

/*
 * The cheapest mode that satisfies what is wanted. A mode satisfies when it is at least as large
 * and as fast; the exact size comes before larger ones, the same shape before others, the least
 * rate and the least conversion before more. When nothing satisfies, the rate is given up before
 * the size, and a smaller picture is the last resort. Size or rate 0: as much as there is. Where
 * coded pictures are wanted, these need no conversion, unless somebody would have to scale them or
 * throw some away. -ENOENT: the card does not have the format that was asked for, or nothing at
 * all.
 */
int v4l2_choose(const struct v4l2_mode *modes, size_t n, const struct video_want *want,
	struct v4l2_choice *ret);

/* The next choice with which to try when the bus has no room for the one tried (-ENOSPC):
 * compressed when the format is open, MJPEG or else H.264; then the rate is given up, in steps;
 * then, when smaller is true, the size. want as for v4l2_choose(). ret may be tried. -ENOENT: there
 * is nothing cheaper. */
int v4l2_choose_cheaper(const struct v4l2_mode *modes, size_t n, const struct video_want *want,
	bool smaller, const struct v4l2_choice *tried, struct v4l2_choice *ret);

/* bytesperline: as the driver says, 0 when it does not. -EINVAL for a size that cannot be. */
int v4l2_layout_make(
	enum pixel pixel, int width, int height, uint32_t bytesperline, struct v4l2_layout *ret);

/* The same with a block of memory for each plane. bytesperline: of each of them. */
int v4l2_layout_split(enum pixel pixel, int width, int height,
	const uint32_t bytesperline[static FRAME_PLANES], struct v4l2_layout *ret);

/* Range and matrix of the luma, from what the driver says and else from the rules for its kind. */
void v4l2_colour(
	const struct v4l2_pix_format *fmt, enum pixel pixel, bool *ret_full_range, bool *ret_bt709);

/* Bytes up to the end of the JPEG picture in a buffer, without the padding that cards leave behind
 * it; 0 when its begin or its end is missing. */
size_t v4l2_jpeg_size(const uint8_t *data, size_t size);

/* The PTS of a buffer: the driver's monotonic stamp, or the time of dequeue when the stamp is of
 * another clock, from the future, older than a second, or not after the one before. */
uint64_t v4l2_capture_time(
	uint32_t flags, const struct timeval *stamp, uint64_t dequeue_usec, uint64_t last_usec);

/* Pictures lost between two buffers. The sequence numbers are believed only as far as the time
 * between them agrees: some drivers count fields, or by two. rate in thousandths of a picture per
 * second, 0: not known. */
uint32_t v4l2_lost(
	uint32_t sequence, uint32_t last_sequence, uint64_t elapsed_usec, int64_t millirate);

/* Pictures per 1000 s of an interval; 0 when it is not known. */
int64_t v4l2_millirate(const struct v4l2_fract *interval);
