/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parameter sets (SPS, PPS; VPS) of hardware, which gives them where it likes: in the parameters,
 * in front of each IDR, once in front of the first, or as a packet of their own. Here they are
 * kept, and put in front where they are missing. Inside the media floor only; the encoder's thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct AVPacket;

#define ENCODER_SETS_MAX 4096
#define ENCODER_SETS_EACH 8 /* … and of each kind, as containers have room for */

struct encoder_sets {
	bool hevc;
	uint8_t data[ENCODER_SETS_MAX]; /* with start codes */
	size_t size;                    /* 0: none yet */
};

/* What a packet begins with. */
struct encoder_head {
	bool sets;    /* all that a decoder needs */
	bool picture; /* there is one in it */
	bool key;     /* … an IDR */
};

/* Looks no further than to the first picture. */
struct encoder_head encoder_sets_look(
	const struct encoder_sets *s, const uint8_t *data, size_t size);

/* Keeps those at the head of data and returns true, unless there are none or more than fit. */
bool encoder_sets_keep(struct encoder_sets *s, const uint8_t *data, size_t size);

/* Puts those that are kept in front of the packet, which is copied. -ENODATA: there are none. */
int encoder_sets_prepend(const struct encoder_sets *s, struct AVPacket *av);
