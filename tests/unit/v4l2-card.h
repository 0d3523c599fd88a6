/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A card behind libv4l2, whose functions are defined in v4l2-card.c: it offers 640x480 and 320x240
 * in YUYV and more, and obeys a test. Its node is a pipe that the test makes: what is written into
 * it makes poll(2) say that there is a picture. Link with -Wl,--wrap=v4l2_node_kind. One thread.
 */
#pragma once

#include <linux/videodev2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CARD_NODE "node"
#define CARD_BUFFERS 32
#define CARD_CONTROLS 8

/* What the card gives in one buffer when it encodes. */
struct card_unit {
	const uint8_t *data;
	size_t size;
	uint32_t flags; /* of V4L2_BUF_FLAG_* */
	uint32_t lost;  /* pictures in front of it */
};

struct card_control {
	uint32_t id;
	const char *name;
	int64_t minimum, maximum;
	uint64_t step;
	int64_t value;
	int sets;   /* how often it was set */
	int refuse; /* with this errno; 0: not */
};

extern struct v4l2_card {
	bool mjpeg, h264;                    /* offered, too */
	bool no_raw;                         /* YUYV is not */
	uint64_t room;                       /* bytes a second that the bus has left */
	int refuse_reqbufs, refuse_streamon; /* so many are */
	bool broken;                         /* until STREAMOFF */
	bool gone;
	bool no_ext_controls; /* only one at a time can be set, in the old way */
	struct card_control controls[CARD_CONTROLS];
	int set_calls; /* of which some failed */
	/* as it was set */
	struct v4l2_pix_format pix;
	uint32_t rate;
	/* the stream */
	uint32_t n;
	bool queued[CARD_BUFFERS], streaming;
	uint8_t *memory[CARD_BUFFERS];
	int pictures;                  /* that it has ready */
	const struct card_unit *units; /* if it is set to encode: what is in them */
	uint32_t sequence;
	uint64_t captured_usec; /* the last one */
	int opened, closed, streamons;
} card;

/* As new. */
void card_reset(bool mjpeg, uint64_t room);

/* NULL: it has none of this id. */
struct card_control *card_control(uint32_t id);
