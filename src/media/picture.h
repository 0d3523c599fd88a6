/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Still pictures: JPEG, PNG, WebP and PNM, from a file or from memory, decoded to RGB24 by libav*.
 * For references that people and other machines put there, so nothing in them is trusted: the kind
 * is told by the first bytes, sizes are bounded before anything is decoded. Any thread.
 */
#pragma once

#include "media/frame.h"

#define PICTURE_BYTES_MAX (32 << 20) /* of the file */
#define PICTURE_PIXELS_MAX (64 << 20)

/* 0 and a frame of full range with one reference; else a negative errno (-ENOENT …; -EBADMSG:
 * broken or no picture; -EFBIG) and why, without the path. */
int picture_load(struct frame **ret, const char *path, char *why, size_t why_size);
int picture_decode(struct frame **ret, const void *data, size_t size, char *why, size_t why_size);
