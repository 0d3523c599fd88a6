/* SPDX-License-Identifier: GPL-2.0-or-later */
/* H.264 and H.265 as a stream of bytes (their Annex B): units between start codes. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum annexb_type {
	ANNEXB_SLICE = 1, /* … ANNEXB_IDR: parts of a picture */
	ANNEXB_IDR = 5,
	ANNEXB_SPS = 7,
	ANNEXB_PPS = 8,
	ANNEXB_DELIMITER = 9,
	ANNEXB_FILLER = 12,
};

/* ITU-T H.265, table 7-1: up to 31 are parts of pictures, and with some of those a decoder can
 * begin. */
enum annexb_hevc_type {
	ANNEXB_HEVC_KEY = 16, /* … ANNEXB_HEVC_KEY_LAST */
	ANNEXB_HEVC_KEY_LAST = 23,
	ANNEXB_HEVC_PICTURE_LAST = 31,
	ANNEXB_HEVC_VPS = 32,
	ANNEXB_HEVC_SPS = 33,
	ANNEXB_HEVC_PPS = 34,
	ANNEXB_HEVC_DELIMITER = 35,
	ANNEXB_HEVC_FILLER = 38,
};

/* Without its start code; not empty. */
struct annexb_unit {
	const uint8_t *data;
	size_t size;
	unsigned type; /* of H.264 */
};

/* … and of H.265 this one, an enum annexb_hevc_type where that knows it. */
static inline unsigned annexb_hevc_type(const struct annexb_unit *u)
{
	return u->data[0] >> 1 & 0x3f;
}

/* What a unit is for, whichever codec it is of. */
enum annexb_part {
	ANNEXB_PART_OTHER,
	ANNEXB_PART_PADDING, /* nothing that a file needs */
	ANNEXB_PART_VPS,     /* of H.265 only */
	ANNEXB_PART_SPS,
	ANNEXB_PART_PPS,
	ANNEXB_PART_KEY,     /* of a picture that a decoder can begin with */
	ANNEXB_PART_PICTURE, /* … of any other */
};

enum annexb_part annexb_part(const struct annexb_unit *u, bool hevc);

/* The next unit at or after *p, which moves on behind it; false: there is none before stop. */
bool annexb_next(const uint8_t **p, const uint8_t *stop, struct annexb_unit *ret);
