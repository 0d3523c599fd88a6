/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/demux-audio.h"

#include <libavcodec/avcodec.h>
#include <libavutil/channel_layout.h>
#include <libswresample/swresample.h>

#include "common/cleanup.h"

#define FRAMES_MAX (1 << 20) /* of one decoded block */
#define RATE_MAX 768000

struct demux_audio {
	enum AVSampleFormat format; /* what we give */
	AVChannelLayout layout;
	int rate;
	SwrContext *swr; /* NULL: none is needed, or none yet */
	enum AVSampleFormat in_format;
	AVChannelLayout in_layout;
	int in_rate;
	uint8_t *buffer;
	int room; /* frames */
};

int demux_audio_new(struct demux_audio **ret, const struct AVCodecContext *ctx)
{
	enum AVSampleFormat packed = av_get_packed_sample_fmt(ctx->sample_fmt);
	int channels = ctx->ch_layout.nb_channels, r = 0;
	struct demux_audio *a;

	if (ctx->sample_rate < 1 || ctx->sample_rate > RATE_MAX || channels < 1)
		return -EBADMSG;
	a = calloc(1, sizeof(*a));
	if (!a)
		return -ENOMEM;
	a->rate = ctx->sample_rate;
	a->format = packed == AV_SAMPLE_FMT_S16 || packed == AV_SAMPLE_FMT_U8 ? AV_SAMPLE_FMT_S16
									      : AV_SAMPLE_FMT_FLT;
	a->in_format = AV_SAMPLE_FMT_NONE;
	if (channels > SAMPLES_CHANNELS_MAX)
		a->layout = (AVChannelLayout) AV_CHANNEL_LAYOUT_STEREO;
	else if (ctx->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
		av_channel_layout_default(&a->layout, channels);
	else
		r = av_channel_layout_copy(&a->layout, &ctx->ch_layout);
	if (r < 0) {
		demux_audio_free(a);
		return r;
	}
	*ret = a;
	return 0;
}

struct demux_audio *demux_audio_free(struct demux_audio *a)
{
	if (!a)
		return NULL;
	swr_free(&a->swr);
	av_channel_layout_uninit(&a->layout);
	av_channel_layout_uninit(&a->in_layout);
	free(a->buffer);
	free(a);
	return NULL;
}

int demux_audio_rate(const struct demux_audio *a)
{
	return a->rate;
}

int demux_audio_channels(const struct demux_audio *a)
{
	return a->layout.nb_channels;
}

/* One plane of what we give already. */
static bool fits(const struct demux_audio *a, const AVFrame *f)
{
	bool packed =
		f->format == (int) a->format ||
		(a->layout.nb_channels == 1 && av_get_packed_sample_fmt(f->format) == a->format);

	return packed && f->sample_rate == a->rate &&
	       f->ch_layout.nb_channels == a->layout.nb_channels;
}

/* A converter for sound like this frame's, which may differ from the one before. */
static int prepare(struct demux_audio *a, const AVFrame *f)
{
	_cleanup_(av_channel_layout_uninit) AVChannelLayout layout = { 0 };
	int r;

	if (a->swr && f->format == (int) a->in_format && f->sample_rate == a->in_rate &&
		av_channel_layout_compare(&f->ch_layout, &a->in_layout) == 0)
		return 0;
	swr_free(&a->swr);
	if (f->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
		av_channel_layout_default(&layout, f->ch_layout.nb_channels);
	else if (av_channel_layout_copy(&layout, &f->ch_layout) < 0)
		return -ENOMEM;
	r = swr_alloc_set_opts2(&a->swr, &a->layout, a->format, a->rate, &layout, f->format,
		f->sample_rate, 0, NULL);
	if (r < 0 || swr_init(a->swr) < 0) {
		swr_free(&a->swr);
		return r == AVERROR(ENOMEM) ? -ENOMEM : -EBADMSG;
	}
	a->in_format = f->format;
	a->in_rate = f->sample_rate;
	return av_channel_layout_copy(&a->in_layout, &f->ch_layout) < 0 ? -ENOMEM : 0;
}

static int make_room(struct demux_audio *a, int frames)
{
	size_t bytes = (size_t) frames * (size_t) a->layout.nb_channels *
		       (size_t) av_get_bytes_per_sample(a->format);
	uint8_t *buffer;

	if (frames <= a->room)
		return 0;
	buffer = realloc(a->buffer, bytes);
	if (!buffer)
		return -ENOMEM;
	a->buffer = buffer;
	a->room = frames;
	return 0;
}

int demux_audio_convert(struct demux_audio *a, const struct AVFrame *frame, struct samples *ret)
{
	const void *data = frame->data[0];
	int n = frame->nb_samples, r;

	if (n < 1 || n > FRAMES_MAX || frame->sample_rate < 1 || frame->ch_layout.nb_channels < 1)
		return -EBADMSG;
	if (!fits(a, frame)) {
		r = prepare(a, frame);
		if (r < 0)
			return r;
		n = swr_get_out_samples(a->swr, n);
		r = n < 0 || n > 2 * FRAMES_MAX ? -EBADMSG : make_room(a, n);
		if (r < 0)
			return r;
		n = swr_convert(a->swr, &a->buffer, n, (const uint8_t **) frame->extended_data,
			frame->nb_samples);
		if (n < 0)
			return -EBADMSG;
		data = a->buffer;
	}
	*ret = (struct samples){
		.format = a->format == AV_SAMPLE_FMT_S16 ? SAMPLE_S16 : SAMPLE_FLT,
		.rate = a->rate,
		.channels = a->layout.nb_channels,
		.frames = n,
		.data = data,
	};
	return 0;
}
