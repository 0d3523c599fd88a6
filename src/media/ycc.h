/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Luma and chroma of one matrix and range into those of a JPEG (BT.601, full range, a sample of
 * chroma for two by two of luma), without going by way of RGB. Pure, any thread.
 */
#pragma once

#include <stdbool.h>

#include "media/frame.h"

/* Is it a layout that ycc_to_jpeg() takes: I420, NV12, NV16, YUYV or UYVY? */
bool ycc_takes(const struct frame *f);

/* planes: three of the frame's size, chroma of half of it, rounded up. Of the frame nothing is read
 * that is not a picture's. */
void ycc_to_jpeg(const struct frame *f, uint8_t *const planes[3], const int strides[3]);
