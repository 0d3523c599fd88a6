/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/aac.h"

#include <libavcodec/avcodec.h>

#include "common/usec.h"
#include "media/av-error.h"

struct aac {
	AVCodecContext *ctx;
	AVFrame *frame;
};

int aac_new(struct aac **ret, int64_t bitrate, char *why, size_t why_size)
{
	_cleanup_(aac_freep) struct aac *a = NULL;
	const AVCodec *codec = avcodec_find_encoder_by_name("aac");
	char words[64];
	int r;

	if (!codec) {
		snprintf(why, why_size, "libavcodec has no AAC encoder");
		return -ENOSYS;
	}
	a = calloc(1, sizeof(*a));
	if (!a)
		return -ENOMEM;
	a->ctx = avcodec_alloc_context3(codec);
	a->frame = av_frame_alloc();
	if (!a->ctx || !a->frame)
		return -ENOMEM;
	a->ctx->bit_rate = bitrate;
	a->ctx->sample_rate = SYNC_RATE;
	a->ctx->sample_fmt = AV_SAMPLE_FMT_FLTP;
	a->ctx->ch_layout = (AVChannelLayout) AV_CHANNEL_LAYOUT_STEREO;
	a->ctx->time_base = (AVRational){ 1, SYNC_RATE };
	a->ctx->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
	r = avcodec_open2(a->ctx, codec, NULL);
	if (r < 0) {
		snprintf(why, why_size, "cannot encode AAC at %lld bit/s: %s", (long long) bitrate,
			av_errno_words(r, words, sizeof(words)));
		return av_errno(r);
	}
	*ret = TAKE_PTR(a);
	return 0;
}

struct aac *aac_free(struct aac *a)
{
	if (!a)
		return NULL;
	avcodec_free_context(&a->ctx);
	av_frame_free(&a->frame);
	free(a);
	return NULL;
}

int aac_parameters(const struct aac *a, struct AVCodecParameters **ret)
{
	AVCodecParameters *p = avcodec_parameters_alloc();

	if (!p || avcodec_parameters_from_context(p, a->ctx) < 0) {
		avcodec_parameters_free(&p);
		return -ENOMEM;
	}
	*ret = p;
	return 0;
}

float *aac_input(struct aac *a, int channel)
{
	AVFrame *f = a->frame;

	if (!f->buf[0]) {
		f->format = AV_SAMPLE_FMT_FLTP;
		f->ch_layout = (AVChannelLayout) AV_CHANNEL_LAYOUT_STEREO;
		f->sample_rate = SYNC_RATE;
		f->nb_samples = SYNC_BLOCK;
		if (av_frame_get_buffer(f, 0) < 0)
			return NULL;
	}
	/* The encoder may still hold the last block. */
	if (av_frame_make_writable(f) < 0)
		return NULL;
	return (float *) f->data[channel];
}

int aac_encode(struct aac *a, int64_t pts_usec, struct packet **ret)
{
	AVPacket *av;
	struct packet *p = NULL;
	int r;

	*ret = NULL;
	a->frame->pts = av_rescale(pts_usec, SYNC_RATE, (int64_t) USEC_PER_SEC);
	r = avcodec_send_frame(a->ctx, a->frame);
	if (r < 0)
		return av_errno(r);
	av = av_packet_alloc();
	if (!av)
		return -ENOMEM;
	r = avcodec_receive_packet(a->ctx, av);
	if (r == 0)
		r = packet_new(&p, av);
	else if (r == AVERROR(EAGAIN))
		r = 0;
	else
		r = av_errno(r);
	if (!p) {
		av_packet_free(&av);
		return r;
	}
	p->track = TRACK_AUDIO;
	/* libavcodec has taken its priming off: the first packet, which a decoder needs to get
	 * going, has the time of the block before the first. */
	p->pts_usec = av_rescale(av->pts, (int64_t) USEC_PER_SEC, SYNC_RATE);
	p->dts_usec = p->pts_usec;
	p->duration_usec = (int64_t) USEC_PER_SEC * SYNC_BLOCK / SYNC_RATE;
	p->dequeue_usec = usec_now();
	*ret = p;
	return 0;
}
