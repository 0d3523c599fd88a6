/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/jpeg-decoder.h"

#include <libavcodec/avcodec.h>
#include <string.h>

#include "media/av-error.h"

#define JPEG_SIZE_MAX ((size_t) FRAME_SIDE_MAX * FRAME_SIDE_MAX)

struct jpeg_decoder {
	AVCodecContext *codec;
	AVPacket *packet;
	AVFrame *decoded;
};

int jpeg_decoder_new(struct jpeg_decoder **ret)
{
	_cleanup_(jpeg_decoder_freep) struct jpeg_decoder *d = NULL;
	const AVCodec *codec = avcodec_find_decoder(AV_CODEC_ID_MJPEG);
	int r;

	if (!codec)
		return -ENOSYS;
	d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	d->codec = avcodec_alloc_context3(codec);
	d->packet = av_packet_alloc();
	d->decoded = av_frame_alloc();
	if (!d->codec || !d->packet || !d->decoded)
		return -ENOMEM;
	d->codec->thread_count = 1;
	/* A scan that ends too early is an error, not a picture with a grey half. */
	d->codec->err_recognition |= AV_EF_EXPLODE;
	d->codec->flags |= AV_CODEC_FLAG_LOW_DELAY;
	d->codec->max_pixels = (int64_t) FRAME_SIDE_MAX * FRAME_SIDE_MAX;
	r = avcodec_open2(d->codec, codec, NULL);
	if (r < 0)
		return av_errno(r);
	*ret = TAKE_PTR(d);
	return 0;
}

struct jpeg_decoder *jpeg_decoder_free(struct jpeg_decoder *d)
{
	if (!d)
		return NULL;
	avcodec_free_context(&d->codec);
	av_packet_free(&d->packet);
	av_frame_free(&d->decoded);
	free(d);
	return NULL;
}

/* The decoder reads beyond the end of what is not a JPEG, and a card's buffer has no padding to
 * read: so the bytes are copied into a packet that has. */
int jpeg_decoder_run(struct jpeg_decoder *d, const struct frame *in, struct AVFrame **ret)
{
	int r;

	if (in->size == 0 || in->size > JPEG_SIZE_MAX)
		return -EBADMSG;
	av_packet_unref(d->packet);
	r = av_new_packet(d->packet, (int) in->size);
	if (r < 0)
		return -ENOMEM;
	memcpy(d->packet->data, in->data[0], in->size);
	r = avcodec_send_packet(d->codec, d->packet);
	av_packet_unref(d->packet);
	if (r == 0)
		r = avcodec_receive_frame(d->codec, d->decoded);
	if (r < 0) {
		avcodec_flush_buffers(d->codec);
		return r == AVERROR(ENOMEM) ? -ENOMEM : -EBADMSG;
	}
	if (d->decoded->decode_error_flags)
		return -EBADMSG;
	*ret = d->decoded;
	return 0;
}
