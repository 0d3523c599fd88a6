/* SPDX-License-Identifier: GPL-2.0-or-later */
/* H.264 as a stream of bytes (its Annex B): units between start codes. Pure. */
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

/* Without its start code; not empty. */
struct annexb_unit {
	const uint8_t *data;
	size_t size;
	unsigned type;
};

/* The next unit at or after *p, which moves on behind it; false: there is none before stop. */
bool annexb_next(const uint8_t **p, const uint8_t *stop, struct annexb_unit *ret);
