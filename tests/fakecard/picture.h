/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pictures of the simulated card: JPEGs or H.264 out of a file, or a pattern with a bar that
 * moves. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct picture_source;

/* jpeg_path names JPEG pictures one after the other (what ffmpeg -f mjpeg writes), h264_path a
 * stream that begins with an IDR and has parameter sets in front of it (-f h264); each may be NULL.
 * mirrored turns the pattern round. 0 or a negative errno; -ENODATA when a file holds no picture.
 */
int picture_source_new(
	struct picture_source **ret, const char *jpeg_path, const char *h264_path, bool mirrored);
struct picture_source *picture_source_free(struct picture_source *s);

/* Each gives a picture that lives until the next call, and its size. A file's pictures come round.
 */
const uint8_t *picture_source_jpeg(struct picture_source *s, uint64_t number, size_t *ret_size);
const uint8_t *picture_source_h264(struct picture_source *s, uint64_t number, size_t *ret_size);
const uint8_t *picture_source_yuyv(struct picture_source *s, uint64_t number, unsigned int width,
	unsigned int height, size_t *ret_size);
