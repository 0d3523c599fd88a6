/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks a V4L2 node what it is and offers, and sets it. The reading thread only. */
#pragma once

#include "capture/v4l2-format.h"

struct v4l2_modes {
	struct v4l2_mode *list;
	size_t n;
};

/* What the card has really been set to. */
struct v4l2_picture {
	uint32_t fourcc;
	enum pixel pixel;
	int width, height;
	bool multiplanar; /* the buffers are those of V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE */
	struct v4l2_layout layout;
	bool full_range, bt709;
	struct v4l2_fract interval; /* 0/0: not known */
};

/* v4l2_ioctl() that goes on after signals and returns 0 or a negative errno. */
int v4l2_call(int fd, unsigned long request, void *arg);

enum v4l2_kind {
	V4L2_KIND_CAPTURE,
	V4L2_KIND_METADATA,
	V4L2_KIND_OUTPUT,
	V4L2_KIND_OTHER, /* radio, codec, touch … */
};

/* What a node is, by its own capabilities and not those of the whole card. A plain descriptor, not
 * yet known to libv4l2. cap may be NULL. -ENOTTY: no video node at all. */
int v4l2_node_kind(int fd, struct v4l2_capability *cap, enum v4l2_kind *ret);

/* Can its pictures only be had in the multi-planar way? cap: of a node that captures. */
bool v4l2_only_multiplanar(const struct v4l2_capability *cap);

/* Everything the card offers in formats of ours; the caller frees list. natives, of size, gets the
 * names of all the formats for a person. Sizes that are ranges are narrowed to want. */
int v4l2_enumerate(int fd, bool multiplanar, const struct video_want *want, struct v4l2_modes *ret,
	char *natives, size_t size);

/* The size and rate that the card is set to now; zeros where it does not say. */
void v4l2_current(int fd, bool multiplanar, struct video_want *ret);

/* Sets format and rate. The driver may answer with something else: that is what ret says. */
int v4l2_apply(
	int fd, bool multiplanar, const struct v4l2_choice *choice, struct v4l2_picture *ret);
