/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drawings as PNG. Any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define PNG_COLOURS 256

/* pixels: width * height indexes into the palette of 0xRRGGBB. 0 and memory that the caller frees;
 * -EINVAL for sides beyond FRAME_SIDE_MAX, -ENOMEM, -EIO. */
int png_encode(const uint8_t *pixels, int width, int height, const uint32_t palette[PNG_COLOURS],
	uint8_t **ret, size_t *ret_size);
