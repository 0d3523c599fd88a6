/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/png.h"

#include <libavcodec/avcodec.h>
#include <string.h>

#include "common/cleanup.h"
#include "media/av-error.h"
#include "media/av-log.h"
#include "media/frame.h"

#define OPAQUE UINT32_C(0xff000000)

static int open_encoder(AVCodecContext **ret, int width, int height)
{
	_cleanup_(avcodec_free_context) AVCodecContext *c = NULL;
	const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_PNG);
	int r;

	if (!codec)
		return AVERROR_ENCODER_NOT_FOUND;
	c = avcodec_alloc_context3(codec);
	if (!c)
		return AVERROR(ENOMEM);
	c->width = width;
	c->height = height;
	c->pix_fmt = AV_PIX_FMT_PAL8;
	c->time_base = (AVRational){ 1, 1 };
	c->thread_count = 1;
	r = avcodec_open2(c, codec, NULL);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(c);
	return 0;
}

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
	_cleanup_(av_packet_free) AVPacket *packet = av_packet_alloc();
	uint8_t *out;
	int r;

	if (width < 1 || height < 1 || width > FRAME_SIDE_MAX || height > FRAME_SIDE_MAX)
		return -EINVAL;
	if (!frame || !packet)
		return -ENOMEM;
	avlog_capture();
	frame->format = AV_PIX_FMT_PAL8;
	frame->width = width;
	frame->height = height;
	r = open_encoder(&codec, width, height);
	if (r >= 0)
		r = fill(frame, pixels, palette);
	if (r >= 0)
		r = avcodec_send_frame(codec, frame);
	if (r >= 0)
		r = avcodec_receive_packet(codec, packet);
	if (r < 0)
		return av_errno(r);
	out = malloc((size_t) packet->size);
	if (!out)
		return -ENOMEM;
	memcpy(out, packet->data, (size_t) packet->size);
	*ret = out;
	*ret_size = (size_t) packet->size;
	return 0;
}
