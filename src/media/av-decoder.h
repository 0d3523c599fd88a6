/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What decoders of single pictures are made of: inside the media floor only. One owner thread. */
#pragma once

#include <libavcodec/avcodec.h>
#include <stddef.h>
#include <stdint.h>

struct av_decoder {
	AVCodecContext *codec;
	AVPacket *packet;
	AVFrame *decoded;
};

/* Not opened yet, so that its owner may set what is particular about it. -ENOSYS: there is none for
 * this codec. After a failure, too, av_decoder_deinit() is to be called. */
int av_decoder_init(struct av_decoder *d, enum AVCodecID id);
int av_decoder_open(struct av_decoder *d);
void av_decoder_deinit(struct av_decoder *d);

/* Puts a copy of the bytes into the packet: decoders read beyond the end, where a card's buffer has
 * nothing to read. -EBADMSG: none, or more than most; -ENOMEM. */
int av_decoder_fill(struct av_decoder *d, const uint8_t *data, size_t size, size_t most);
