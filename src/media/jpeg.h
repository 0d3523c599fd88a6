/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pictures as JPEG, for people and as references: what picture_decode() reads back. Any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "media/frame.h"

#define JPEG_QUANTISER_BEST 1
#define JPEG_QUANTISER_WORST 31
#define JPEG_QUALITY_MAX 100

/* The quantiser for a quality of 1 … JPEG_QUALITY_MAX, as people are used to it. */
int jpeg_quantiser_of(int quality);

#define JPEG_SIDE_MIN 16 /* … of a picture whose size is asked for */
#define JPEG_SIDE_MAX 4096

struct jpeg {
	uint8_t *data; /* the caller's, who frees it */
	size_t size;
	int width, height;
};

/* Any layout of a frame; colours are converted as its matrix and range ask for. width, height: as
 * large as that, JPEG_SIDE_MIN … JPEG_SIDE_MAX; where one is 0, it goes with the other one as the
 * picture's aspect wants it (within these limits), and where both are, the picture keeps its size.
 * quantiser: JPEG_QUANTISER_BEST … JPEG_QUANTISER_WORST. -EINVAL for a size, quantiser or layout
 * that cannot be taken, -EBADMSG for a frame that is a broken JPEG itself, -ENOMEM, -EIO. */
int jpeg_make(const struct frame *f, int width, int height, int quantiser, struct jpeg *ret);

/* The same, as large as the frame. 0 and memory that the caller frees. */
int jpeg_encode(const struct frame *f, int quantiser, uint8_t **ret, size_t *ret_size);
