/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/png.h"

#include <libavcodec/avcodec.h>
#include <string.h>

#include "common/cleanup.h"
#include "media/av-error.h"
#include "media/av-log.h"
#include "media/frame.h"
#include "media/still.h"

#define OPAQUE UINT32_C(0xff000000)

static int fill(AVFrame *f, const uint8_t *pixels, const uint32_t *palette)
{
	int r = av_frame_get_buffer(f, 0);

	if (r < 0)
		return r;
	for (int y = 0; y < f->height; y++)
		memcpy(f->data[0] + (ptrdiff_t) y * f->linesize[0],
			pixels + (ptrdiff_t) y * f->width, (size_t) f->width);
	for (int i = 0; i < PNG_COLOURS; i++) {
		uint32_t colour = palette[i] | OPAQUE;

		memcpy(f->data[1] + (size_t) i * sizeof(colour), &colour, sizeof(colour));
	}
	return 0;
}

int png_encode(const uint8_t *pixels, int width, int height, const uint32_t palette[PNG_COLOURS],
	uint8_t **ret, size_t *ret_size)
{
	_cleanup_(avcodec_free_context) AVCodecContext *codec = NULL;
	_cleanup_(av_frame_free) AVFrame *frame = av_frame_alloc();
	int r;

	if (width < 1 || height < 1 || width > FRAME_SIDE_MAX || height > FRAME_SIDE_MAX)
		return -EINVAL;
	if (!frame)
		return -ENOMEM;
	avlog_capture();
	frame->format = AV_PIX_FMT_PAL8;
	frame->width = width;
	frame->height = height;
	codec = still_encoder(AV_CODEC_ID_PNG, frame);
	if (!codec)
		return av_errno(AVERROR_ENCODER_NOT_FOUND);
	r = fill(frame, pixels, palette);
	return r < 0 ? av_errno(r) : still_encode(codec, frame, ret, ret_size);
}
