/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/coded-units.h"

#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
#include <stdlib.h>
#include <string.h>

#include "media/annexb.h"

#define SLACK 3 /* what coding may change about a grey */

static int luma_of(int i)
{
	return 30 + i * 37 % 190;
}

static AVCodecContext *encoder(int b_pictures)
{
	const AVCodec *codec = avcodec_find_encoder_by_name("libx264");
	AVCodecContext *ctx = codec ? avcodec_alloc_context3(codec) : NULL;

	if (!ctx)
		return NULL;
	ctx->width = CODED_WIDTH;
	ctx->height = CODED_HEIGHT;
	ctx->pix_fmt = AV_PIX_FMT_YUV420P;
	ctx->time_base = (AVRational){ 1, 30 };
	ctx->gop_size = CODED_UNITS_MAX + 1;
	ctx->max_b_frames = b_pictures;
	ctx->thread_count = 1;
	(void) av_opt_set(ctx->priv_data, "preset", "ultrafast", 0);
	(void) av_opt_set(ctx->priv_data, "crf", "15", 0);
	(void) av_opt_set(ctx->priv_data, "forced-idr", "1", 0);
	(void) av_opt_set(
		ctx->priv_data, "x264-params", "scenecut=0:b-adapt=0:sync-lookahead=0", 0);
	if (avcodec_open2(ctx, codec, NULL) < 0)
		avcodec_free_context(&ctx);
	return ctx;
}

static AVFrame *draw(int i, bool key)
{
	AVFrame *f = av_frame_alloc();

	f->format = AV_PIX_FMT_YUV420P;
	f->width = CODED_WIDTH;
	f->height = CODED_HEIGHT;
	if (av_frame_get_buffer(f, 0) < 0)
		abort();
	for (int c = 0; c < 3; c++)
		memset(f->data[c], c ? 128 : luma_of(i),
			(size_t) f->linesize[c] * (size_t) (c ? CODED_HEIGHT / 2 : CODED_HEIGHT));
	f->pts = i;
	f->pict_type = key ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
	return f;
}

static size_t find_picture(const uint8_t *data, size_t size)
{
	const uint8_t *p = data, *before = data;
	struct annexb_unit u;

	while (annexb_next(&p, data + size, &u)) {
		enum annexb_part part = annexb_part(&u, false);

		if (part == ANNEXB_PART_KEY || part == ANNEXB_PART_PICTURE)
			break;
		before = p;
	}
	return (size_t) (before - data);
}

static void collect(struct coded_units *u, AVCodecContext *ctx)
{
	AVPacket *p = av_packet_alloc();

	while (avcodec_receive_packet(ctx, p) == 0 && u->n < CODED_UNITS_MAX) {
		struct coded_unit *one = &u->list[u->n++];

		one->data = malloc((size_t) p->size);
		if (!one->data)
			abort();
		memcpy(one->data, p->data, (size_t) p->size);
		one->size = (size_t) p->size;
		one->picture = find_picture(one->data, one->size);
		one->luma = luma_of((int) p->pts);
		one->key = p->flags & AV_PKT_FLAG_KEY;
		av_packet_unref(p);
	}
	av_packet_free(&p);
}

bool coded_units_make(struct coded_units *u, int n, uint32_t keys, int b_pictures)
{
	AVCodecContext *ctx = encoder(b_pictures);

	*u = (struct coded_units){ 0 };
	if (!ctx)
		return false;
	for (int i = 0; i < n; i++) {
		AVFrame *f = draw(i, keys >> i & 1);

		(void) avcodec_send_frame(ctx, f);
		av_frame_free(&f);
		collect(u, ctx);
	}
	(void) avcodec_send_frame(ctx, NULL);
	collect(u, ctx);
	avcodec_free_context(&ctx);
	return u->n == n;
}

void coded_units_free(struct coded_units *u)
{
	for (int i = 0; i < u->n; i++)
		free(u->list[i].data);
	u->n = 0;
}

bool coded_luma_is(const struct frame *f, int luma)
{
	for (int y = 0; y < f->height; y++)
		for (int x = 0; x < f->width; x++)
			if (abs(f->data[0][y * f->stride[0] + x] - luma) > SLACK)
				return false;
	return f->width == CODED_WIDTH && f->height == CODED_HEIGHT;
}
