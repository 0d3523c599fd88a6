/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One picture through a libavcodec encoder to bytes: inside the media floor only. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct AVCodecContext;
struct AVFrame;

/* An encoder of this kind (enum AVCodecID) with the picture's size, format and range, on the
 * calling thread, still to be opened by still_encode(); the caller may set more and frees it. NULL:
 * there is none, or no memory. */
struct AVCodecContext *still_encoder(int codec_id, const struct AVFrame *picture);

/* Encodes the picture. 0 and a buffer that the caller frees; a negative errno. */
int still_encode(
	struct AVCodecContext *c, struct AVFrame *picture, uint8_t **ret, size_t *ret_size);
