/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine-readable strip at the top of the test pattern: the frame's monotonic time in µs (48
 * bits) and its number (24 bits), as black and white cells with a checksum (CRC-8) and a guard, big
 * enough to survive scaling to a quarter and a low bitrate. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct clockcode {
	uint64_t usec;   /* modulo 2^48 */
	uint32_t number; /* modulo 2^24 */
};

/* Draws into a luma plane of at least 160x90. */
void clockcode_draw(uint8_t *luma, int stride, int width, int height, const struct clockcode *c);

/* Reads it back from a luma plane of any size whose picture shows the whole pattern. False when the
 * guard or the checksum is wrong. */
bool clockcode_read(const uint8_t *luma, int stride, int width, int height, struct clockcode *ret);
