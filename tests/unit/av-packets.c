/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/av-packets.h"

#include <libavcodec/avcodec.h>
#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
#include <math.h>

#include "common/usec.h"

#define WIDTH 320
#define HEIGHT 180
#define SAMPLE_RATE 48000
#define USEC ((AVRational){ 1, USEC_PER_SEC })

struct av_packets {
	AVCodecParameters *video, *audio;
	struct item {
		AVPacket *av;
		enum track track;
		int64_t usec;
	} * items;
	int n, next;
	int64_t offset_usec, length_usec;
};

static void add(struct av_packets *g, AVCodecContext *ctx, enum track track)
{
	AVPacket *av = av_packet_alloc();

	while (avcodec_receive_packet(ctx, av) == 0) {
		g->items = realloc(g->items, (size_t) (g->n + 1) * sizeof(*g->items));
		g->items[g->n].usec = av_rescale_q(av->pts, ctx->time_base, USEC);
		g->items[g->n].track = track;
		g->items[g->n++].av = av;
		av = av_packet_alloc();
	}
	av_packet_free(&av);
}

static AVCodecContext *open_codec(struct av_packets *g, const char *name, enum track track)
{
	const AVCodec *codec = avcodec_find_encoder_by_name(name);
	AVCodecContext *ctx = codec ? avcodec_alloc_context3(codec) : NULL;
	AVCodecParameters *par = avcodec_parameters_alloc();

	if (!ctx)
		return NULL;
	ctx->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
	if (track == TRACK_VIDEO) {
		ctx->width = WIDTH;
		ctx->height = HEIGHT;
		ctx->pix_fmt = AV_PIX_FMT_YUV420P;
		ctx->time_base = (AVRational){ 1, AV_PACKETS_RATE };
		ctx->gop_size = AV_PACKETS_GOP;
		ctx->thread_count = 1;
		av_opt_set(ctx->priv_data, "preset", "ultrafast", 0);
		av_opt_set(ctx->priv_data, "tune", "zerolatency", 0);
		av_opt_set(ctx->priv_data, "x264-params", "repeat-headers=1:scenecut=0", 0);
		av_opt_set(ctx->priv_data, "x265-params",
			"repeat-headers=1:bframes=0:rc-lookahead=0:frame-threads=1:scenecut=0:"
			"open-gop=0:pools=1:info=0:log-level=none",
			0);
	} else {
		ctx->sample_rate = SAMPLE_RATE;
		ctx->sample_fmt = AV_SAMPLE_FMT_FLTP;
		ctx->time_base = (AVRational){ 1, SAMPLE_RATE };
		ctx->bit_rate = 96000;
		av_channel_layout_default(&ctx->ch_layout, 2);
	}
	if (avcodec_open2(ctx, codec, NULL) < 0)
		avcodec_free_context(&ctx);
	else
		avcodec_parameters_from_context(par, ctx);
	*(track == TRACK_VIDEO ? &g->video : &g->audio) = par;
	return ctx;
}

static bool make_video(struct av_packets *g, const char *name, int seconds, int noise)
{
	AVCodecContext *ctx = open_codec(g, name, TRACK_VIDEO);
	AVFrame *f = av_frame_alloc();
	uint32_t seed = 1;

	if (!ctx)
		return false;
	f->width = WIDTH;
	f->height = HEIGHT;
	f->format = AV_PIX_FMT_YUV420P;
	for (int i = 0; i < seconds * AV_PACKETS_RATE; i++) {
		av_frame_get_buffer(f, 0);
		for (int y = 0; y < HEIGHT; y++) {
			for (int x = 0; x < f->linesize[0]; x++) {
				seed = seed * 1664525 + 1013904223;
				f->data[0][y * f->linesize[0] + x] =
					(uint8_t) (((x + i) & 127) +
						   (int) (seed >> 24) * noise / 512);
			}
		}
		for (int c = 1; c < 3; c++)
			memset(f->data[c], 128, (size_t) (f->linesize[c] * HEIGHT / 2));
		f->pts = i;
		avcodec_send_frame(ctx, f);
		av_buffer_unref(&f->buf[0]);
		av_buffer_unref(&f->buf[1]);
		av_buffer_unref(&f->buf[2]);
		add(g, ctx, TRACK_VIDEO);
	}
	avcodec_send_frame(ctx, NULL);
	add(g, ctx, TRACK_VIDEO);
	av_frame_free(&f);
	avcodec_free_context(&ctx);
	return true;
}

static bool make_audio(struct av_packets *g, int seconds)
{
	AVCodecContext *ctx = open_codec(g, "aac", TRACK_AUDIO);
	AVFrame *f = av_frame_alloc();

	if (!ctx)
		return false;
	for (int64_t i = 0; i + 1024 <= (int64_t) seconds * SAMPLE_RATE; i += 1024) {
		f->nb_samples = 1024;
		f->format = AV_SAMPLE_FMT_FLTP;
		av_channel_layout_copy(&f->ch_layout, &ctx->ch_layout);
		av_frame_get_buffer(f, 0);
		for (int c = 0; c < 2; c++) {
			float *out = (float *) f->data[c];

			for (int k = 0; k < 1024; k++)
				out[k] = 0.3f * sinf((float) ((i + k) % 48) * 0.1309f);
		}
		f->pts = i;
		avcodec_send_frame(ctx, f);
		av_frame_unref(f);
		add(g, ctx, TRACK_AUDIO);
	}
	av_frame_free(&f);
	avcodec_free_context(&ctx);
	return true;
}

static int compare(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->usec != y->usec)
		return x->usec < y->usec ? -1 : 1;
	return (int) x->track - (int) y->track;
}

static struct av_packets *make(const char *name, int seconds, bool audio, int noise)
{
	struct av_packets *g = calloc(1, sizeof(*g));

	av_log_set_level(AV_LOG_ERROR);
	if (!make_video(g, name, seconds, noise) || (audio && !make_audio(g, seconds))) {
		av_packets_free(g);
		return NULL;
	}
	qsort(g->items, (size_t) g->n, sizeof(*g->items), compare);
	g->length_usec = seconds * (int64_t) USEC_PER_SEC;
	return g;
}

struct av_packets *av_packets_new(int seconds, bool audio, int noise)
{
	return make("libx264", seconds, audio, noise);
}

struct av_packets *av_packets_hevc_new(int seconds, bool audio, int noise)
{
	return make("libx265", seconds, audio, noise);
}

void av_packets_free(struct av_packets *g)
{
	if (!g)
		return;
	for (int i = 0; i < g->n; i++)
		av_packet_free(&g->items[i].av);
	free(g->items);
	avcodec_parameters_free(&g->video);
	avcodec_parameters_free(&g->audio);
	free(g);
}

struct tracks *av_packets_tracks(struct av_packets *g, unsigned generation)
{
	AVCodecParameters *video = avcodec_parameters_alloc(), *audio = NULL;
	struct tracks *t;

	avcodec_parameters_copy(video, g->video);
	if (g->audio) {
		audio = avcodec_parameters_alloc();
		avcodec_parameters_copy(audio, g->audio);
	}
	return tracks_new(&t, generation, video, audio, AV_PACKETS_RATE, 1) == 0 ? t : NULL;
}

struct packet *av_packets_next(struct av_packets *g)
{
	struct item *i = &g->items[g->next];
	struct packet *p;

	if (packet_new(&p, av_packet_clone(i->av)) < 0)
		abort();
	p->track = i->track;
	p->key = i->track == TRACK_VIDEO && (i->av->flags & AV_PKT_FLAG_KEY);
	p->pts_usec = p->dts_usec = g->offset_usec + i->usec;
	p->capture_usec = p->dequeue_usec = usec_now();
	if (++g->next == g->n) {
		g->next = 0;
		g->offset_usec += g->length_usec;
	}
	return p;
}
