/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/jpeg-decoder.h"

#include "media/av-decoder.h"

#define JPEG_SIZE_MAX ((size_t) FRAME_SIDE_MAX * FRAME_SIDE_MAX)

struct jpeg_decoder {
	struct av_decoder av;
};

int jpeg_decoder_new(struct jpeg_decoder **ret)
{
	_cleanup_(jpeg_decoder_freep) struct jpeg_decoder *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return -ENOMEM;
	r = av_decoder_init(&d->av, AV_CODEC_ID_MJPEG);
	if (r < 0)
		return r;
	d->av.codec->thread_count = 1;
	/* A scan that ends too early is an error, not a picture with a grey half. */
	d->av.codec->err_recognition |= AV_EF_EXPLODE;
	r = av_decoder_open(&d->av);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(d);
	return 0;
}

struct jpeg_decoder *jpeg_decoder_free(struct jpeg_decoder *d)
{
	if (!d)
		return NULL;
	av_decoder_deinit(&d->av);
	free(d);
	return NULL;
}

int jpeg_decoder_run(struct jpeg_decoder *d, const struct frame *in, struct AVFrame **ret)
{
	int r = av_decoder_fill(&d->av, in->data[0], in->size, JPEG_SIZE_MAX);

	if (r < 0)
		return r;
	r = avcodec_send_packet(d->av.codec, d->av.packet);
	av_packet_unref(d->av.packet);
	if (r == 0)
		r = avcodec_receive_frame(d->av.codec, d->av.decoded);
	if (r < 0) {
		avcodec_flush_buffers(d->av.codec);
		return r == AVERROR(ENOMEM) ? -ENOMEM : -EBADMSG;
	}
	if (d->av.decoded->decode_error_flags)
		return -EBADMSG;
	*ret = d->av.decoded;
	return 0;
}
