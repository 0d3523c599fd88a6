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

/* Any layout of a frame, at its own size; colours are converted as its matrix and range ask for.
 * quantiser: JPEG_QUANTISER_BEST … JPEG_QUANTISER_WORST. 0 and memory that the caller frees;
 * -EINVAL for a size, quantiser or layout that cannot be taken, -EBADMSG for a frame that is a
 * broken JPEG itself, -ENOMEM, -EIO. */
int jpeg_encode(const struct frame *f, int quantiser, uint8_t **ret, size_t *ret_size);
