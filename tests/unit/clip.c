/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/clip.h"

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <stdlib.h>
#include <string.h>

#include "capture/clockcode.h"

struct encoder {
	AVCodecContext *ctx;
	AVStream *st;
	AVFrame *frame;
};

static int encoder_open(
	struct encoder *e, AVFormatContext *oc, const char *name, const struct clip *c)
{
	const AVCodec *codec = avcodec_find_encoder_by_name(name);

	if (!codec)
		return -ENOENT;
	e->ctx = avcodec_alloc_context3(codec);
	e->st = avformat_new_stream(oc, NULL);
	if (codec->type == AVMEDIA_TYPE_VIDEO) {
		e->ctx->width = c->width;
		e->ctx->height = c->height;
		e->ctx->time_base = (AVRational){ 1, CLIP_RATE };
		e->ctx->framerate = e->st->avg_frame_rate = (AVRational){ CLIP_RATE, c->period };
		e->ctx->gop_size = 5;
		e->ctx->thread_count = 1;
		e->ctx->pix_fmt = strcmp(name, "rawvideo") == 0 ? AV_PIX_FMT_YUYV422
				  : strcmp(name, "mjpeg") == 0  ? AV_PIX_FMT_YUVJ420P
								: AV_PIX_FMT_YUV420P;
	} else {
		e->ctx->sample_rate = CLIP_HZ;
		e->ctx->ch_layout = (AVChannelLayout) AV_CHANNEL_LAYOUT_STEREO;
		e->ctx->sample_fmt =
			strcmp(name, "aac") == 0 ? AV_SAMPLE_FMT_FLTP : AV_SAMPLE_FMT_S16;
		e->ctx->time_base = (AVRational){ 1, CLIP_HZ };
	}
	if (oc->oformat->flags & AVFMT_GLOBALHEADER)
		e->ctx->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
	e->st->time_base = e->ctx->time_base;
	if (avcodec_open2(e->ctx, codec, NULL) < 0)
		return -EINVAL;
	return avcodec_parameters_from_context(e->st->codecpar, e->ctx);
}

static int write_packets(struct encoder *e, AVFormatContext *oc, const AVFrame *frame)
{
	AVPacket *p = av_packet_alloc();
	int r = avcodec_send_frame(e->ctx, frame);

	while (r >= 0 && avcodec_receive_packet(e->ctx, p) == 0) {
		av_packet_rescale_ts(p, e->ctx->time_base, e->st->time_base);
		p->stream_index = e->st->index;
		r = av_interleaved_write_frame(oc, p);
	}
	av_packet_free(&p);
	return r;
}

static int write_picture(struct encoder *e, AVFormatContext *oc, int k, int period)
{
	struct clockcode code = { (uint64_t) k * 1000000 / CLIP_RATE, (uint32_t) k };
	int width = e->ctx->width, height = e->ctx->height;
	uint8_t *luma = malloc((size_t) width * (size_t) height);
	AVFrame *f = av_frame_alloc();
	int r;

	f->format = e->ctx->pix_fmt;
	f->width = width;
	f->height = height;
	f->pts = (int64_t) k * period;
	r = av_frame_get_buffer(f, 0);
	memset(luma, 100, (size_t) width * (size_t) height);
	clockcode_draw(luma, width, width, height, &code);
	for (int y = 0; y < height; y++) {
		uint8_t *row = f->data[0] + (ptrdiff_t) y * f->linesize[0];
		const uint8_t *from = luma + (ptrdiff_t) y * width;

		if (e->ctx->pix_fmt != AV_PIX_FMT_YUYV422) {
			memcpy(row, from, (size_t) width);
			continue;
		}
		for (int x = 0; x < width; x++) {
			row[2 * x] = from[x];
			row[2 * x + 1] = 128;
		}
	}
	for (int i = 1; i < 3 && f->data[i]; i++)
		memset(f->data[i], 128, (size_t) f->linesize[i] * (size_t) height / 2);
	r = r < 0 ? r : write_packets(e, oc, f);
	av_frame_free(&f);
	free(luma);
	return r;
}

/* shift: how much later than its number says. */
static int write_sound(struct encoder *e, AVFormatContext *oc, int64_t from, int n, int64_t shift)
{
	AVFrame *f = av_frame_alloc();
	int r;

	f->format = e->ctx->sample_fmt;
	f->sample_rate = CLIP_HZ;
	f->ch_layout = e->ctx->ch_layout;
	f->nb_samples = n;
	f->pts = from + shift;
	r = av_frame_get_buffer(f, 0);
	for (int i = 0; i < 2 * n && r >= 0; i++) {
		if (e->ctx->sample_fmt == AV_SAMPLE_FMT_S16)
			((int16_t *) f->data[0])[i] = (int16_t) (from + i / 2);
		else
			((float *) f->data[i % 2])[i / 2] =
				0.1F * (float) ((from + i / 2) % 48 - 24) / 24;
	}
	r = r < 0 ? r : write_packets(e, oc, f);
	av_frame_free(&f);
	return r;
}

static int write_all(
	struct encoder *v, struct encoder *a, AVFormatContext *oc, const struct clip *c)
{
	int64_t done = 0, total = (int64_t) c->pictures * c->period * CLIP_HZ / CLIP_RATE;
	int64_t hole = (int64_t) c->hole_msec * CLIP_HZ / 1000;
	int r = 0;

	for (int k = 0; k < c->pictures && r >= 0; k++) {
		int64_t until = (int64_t) (k + 1) * c->period * CLIP_HZ / CLIP_RATE;
		int size = a->ctx && a->ctx->frame_size ? a->ctx->frame_size : 480;

		r = v->ctx ? write_picture(v, oc, k, c->period) : 0;
		for (; a->ctx && r >= 0 && done < until; done += size) {
			size = total - done < size ? (int) (total - done) : size;
			r = write_sound(a, oc, done, size, done >= total / 2 ? hole : 0);
		}
	}
	if (v->ctx && r >= 0)
		r = write_packets(v, oc, NULL);
	if (a->ctx && r >= 0)
		r = write_packets(a, oc, NULL);
	return r;
}

int clip_write(const char *path, const struct clip *clip)
{
	struct encoder v = { 0 }, a = { 0 };
	AVFormatContext *oc = NULL;
	struct clip c = *clip;
	int r;

	c.width = c.width ? c.width : CLIP_WIDTH;
	c.height = c.height ? c.height : CLIP_HEIGHT;
	c.period = c.period ? c.period : 1;
	av_log_set_level(AV_LOG_ERROR);
	r = avformat_alloc_output_context2(&oc, NULL, NULL, path);
	if (r >= 0 && c.video)
		r = encoder_open(&v, oc, c.video, &c);
	if (r >= 0 && c.audio)
		r = encoder_open(&a, oc, c.audio, &c);
	if (r >= 0)
		r = avio_open(&oc->pb, path, AVIO_FLAG_WRITE);
	if (r >= 0)
		r = avformat_write_header(oc, NULL);
	if (r >= 0)
		r = write_all(&v, &a, oc, &c);
	if (r >= 0)
		r = av_write_trailer(oc);
	avcodec_free_context(&v.ctx);
	avcodec_free_context(&a.ctx);
	if (oc)
		avio_closep(&oc->pb);
	avformat_free_context(oc);
	return r < 0 ? r : 0;
}

int clip_make(const char *path, const char *video_codec, const char *audio_codec, int n)
{
	const struct clip c = { .video = video_codec, .audio = audio_codec, .pictures = n };

	return clip_write(path, &c);
}
