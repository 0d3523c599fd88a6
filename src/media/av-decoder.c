/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/av-decoder.h"

#include <string.h>

#include "media/av-error.h"
#include "media/frame.h"

int av_decoder_init(struct av_decoder *d, enum AVCodecID id)
{
	const AVCodec *codec = avcodec_find_decoder(id);

	*d = (struct av_decoder){ .codec = NULL };
	if (!codec)
		return -ENOSYS;
	d->codec = avcodec_alloc_context3(codec);
	d->packet = av_packet_alloc();
	d->decoded = av_frame_alloc();
	if (!d->codec || !d->packet || !d->decoded)
		return -ENOMEM;
	d->codec->flags |= AV_CODEC_FLAG_LOW_DELAY;
	d->codec->max_pixels = (int64_t) FRAME_SIDE_MAX * FRAME_SIDE_MAX;
	return 0;
}

int av_decoder_open(struct av_decoder *d)
{
	int r = avcodec_open2(d->codec, NULL, NULL);

	return r < 0 ? av_errno(r) : 0;
}

void av_decoder_deinit(struct av_decoder *d)
{
	avcodec_free_context(&d->codec);
	av_packet_free(&d->packet);
	av_frame_free(&d->decoded);
}

int av_decoder_fill(struct av_decoder *d, const uint8_t *data, size_t size, size_t most)
{
	av_packet_unref(d->packet);
	if (size == 0 || size > most)
		return -EBADMSG;
	if (av_new_packet(d->packet, (int) size) < 0)
		return -ENOMEM;
	memcpy(d->packet->data, data, size);
	return 0;
}
