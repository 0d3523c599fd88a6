/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/still.h"

#include <libavcodec/avcodec.h>
#include <string.h>

#include "common/cleanup.h"
#include "media/av-error.h"

struct AVCodecContext *still_encoder(int codec_id, const struct AVFrame *picture)
{
	const AVCodec *codec = avcodec_find_encoder((enum AVCodecID) codec_id);
	AVCodecContext *c = codec ? avcodec_alloc_context3(codec) : NULL;

	if (!c)
		return NULL;
	c->width = picture->width;
	c->height = picture->height;
	c->pix_fmt = picture->format;
	c->color_range = picture->color_range;
	c->time_base = (AVRational){ 1, 1 };
	c->thread_count = 1;
	return c;
}

int still_encode(struct AVCodecContext *c, struct AVFrame *picture, uint8_t **ret, size_t *ret_size)
{
	_cleanup_(av_packet_free) AVPacket *packet = av_packet_alloc();
	uint8_t *out;
	int r;

	if (!packet)
		return -ENOMEM;
	r = avcodec_open2(c, c->codec, NULL);
	if (r >= 0)
		r = avcodec_send_frame(c, picture);
	if (r >= 0)
		r = avcodec_receive_packet(c, packet);
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
