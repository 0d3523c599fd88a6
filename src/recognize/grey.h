/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grey as the recogniser sees it: a view of 8-bit samples that may lie packed among others (the
 * luma of YUYV has step 2), so that a captured frame is looked at where it lies; and a rectangle
 * copied out of one. Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "media/frame.h"

struct grey {
	int width, height;
	const uint8_t *data;
	ptrdiff_t stride; /* bytes from line to line */
	int step;         /* bytes from sample to sample */
	bool limited;     /* 16 … 235 stand for black and white */
};

/* Whole samples; may reach beyond the picture. */
struct rect {
	int x, y, w, h;
};

/* A view of the frame's luma, valid as long as the frame. 0, or -ENOTSUP for a format whose luma
 * does not lie there as such (RGB, MJPEG, AV formats without a plane of 8-bit luma). */
int grey_of_frame(const struct frame *f, struct grey *ret);

/* RGB24 and BGR24 of the frame to grey as Pillow's convert("L") does it: (19595 R + 38470 G + 7471
 * B + 0x8000) >> 16. out: width * height bytes. -EINVAL for other formats. */
int grey_from_rgb(const struct frame *f, uint8_t *out);

/* Memory for the grey of frames whose luma does not lie there as such; zero at first. */
struct grey_plane {
	uint8_t *data;
	size_t size;
};

static inline void grey_plane_deinit(struct grey_plane *p)
{
	free(p->data);
}

/* The luma where it lies, or made of RGB in the plane, which grows as it must: valid as long as
 * both. 0; -EINVAL for other formats; -ENOMEM. */
int grey_view(const struct frame *f, struct grey_plane *plane, struct grey *ret);

/* Copies the rectangle, tightly, into out (w * h bytes): what lies outside is black, limited range
 * is stretched to 0 … 255. */
void grey_copy(const struct grey *g, struct rect r, uint8_t *out);
