/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libx264 through libavcodec. Zero delay is made certain by options of our own, whatever the tune:
 * no B pictures, no look-ahead, slices instead of frames as threads.
 */
#include "media/encoder.h"

#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
#include <string.h>

#include "common/usec.h"
#include "media/av-error.h"
#include "media/av-log.h"

struct encoder {
	AVCodecContext *ctx;
	AVFrame *frame;
	int64_t last_pts;
};

/* Rate control counts pictures at the nominal rate (force-cfr), so jitter of the card's timestamps
 * does not move the quantiser; repeat-headers puts SPS and PPS before each IDR although the global
 * header is asked for too; filler makes it a constant bitrate (what nal-hrd=cbr implies, which
 * would forbid to change the bitrate later). */
#define X264_PARAMS "force-cfr=1:repeat-headers=1:filler=1:rc-lookahead=0:sync-lookahead=0:mbtree=0"

#define BITRATE_MIN 10000
#define BITRATE_MAX 1000000000

static int set_options(
	AVCodecContext *ctx, const struct encoder_settings *s, char *why, size_t size)
{
	const struct {
		const char *key, *value;
	} options[] = {
		{ "preset", s->preset },
		{ "tune", s->tune },
		{ "profile", s->profile },
		{ "forced-idr", "1" },
		{ "x264-params", X264_PARAMS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		int r;

		if (!options[i].value || !options[i].value[0])
			continue;
		r = av_opt_set(ctx->priv_data, options[i].key, options[i].value, 0);
		if (r < 0) {
			snprintf(why, size, "the encoder refuses %s = %s", options[i].key,
				options[i].value);
			return av_errno(r);
		}
	}
	return 0;
}

/* A VBV of one second. libx264 looks at these again with every picture. */
static void set_rate(AVCodecContext *ctx, int64_t bitrate)
{
	ctx->bit_rate = bitrate;
	ctx->rc_max_rate = bitrate;
	ctx->rc_min_rate = bitrate;
	ctx->rc_buffer_size = (int) MIN(bitrate, (int64_t) INT32_MAX);
}

static void set_context(AVCodecContext *ctx, const struct encoder_settings *s)
{
	ctx->width = s->width;
	ctx->height = s->height;
	ctx->pix_fmt = AV_PIX_FMT_YUV420P;
	ctx->time_base = (AVRational){ 1, (int) USEC_PER_SEC };
	ctx->framerate = (AVRational){ s->rate_num, s->rate_den };
	set_rate(ctx, s->bitrate);
	ctx->gop_size = s->gop;
	ctx->keyint_min = s->gop;
	ctx->max_b_frames = 0;
	ctx->thread_count = s->threads;
	ctx->thread_type = FF_THREAD_SLICE;
	ctx->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_CLOSED_GOP;
	ctx->color_range = AVCOL_RANGE_MPEG;
	ctx->colorspace = s->bt709 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
	ctx->color_primaries = s->bt709 ? AVCOL_PRI_BT709 : AVCOL_PRI_SMPTE170M;
	ctx->color_trc = AVCOL_TRC_BT709;
}

static const char *word(const char *s)
{
	return s ? s : "";
}

/* What libx264 would take for something else: no bitrate is constant quality, no rate is 25. */
static const char *refused(const struct encoder_settings *s)
{
	if (s->width < 16 || s->height < 16 || s->width > FRAME_SIDE_MAX ||
		s->height > FRAME_SIDE_MAX || s->width % 2 || s->height % 2)
		return "size: even, from 16 to 8192";
	if (s->rate_num < 1 || s->rate_den < 1)
		return "rate: more than nothing";
	if (s->bitrate < BITRATE_MIN || s->bitrate > BITRATE_MAX)
		return "bitrate: from 10k to 1000M";
	if (s->gop < 1)
		return "gop: at least 1";
	if (s->threads < 0)
		return "threads: not negative";
	return NULL;
}

int encoder_new(struct encoder **ret, const struct encoder_settings *s, char *why, size_t why_size)
{
	_cleanup_(encoder_freep) struct encoder *e = NULL;
	const AVCodec *codec = avcodec_find_encoder_by_name(s->codec);
	char words[64];
	int r;

	avlog_capture();
	if (!codec || codec->type != AVMEDIA_TYPE_VIDEO) {
		snprintf(why, why_size, "libavcodec has no video encoder %s", s->codec);
		return -ENOSYS;
	}
	if (refused(s)) {
		snprintf(why, why_size, "cannot encode with this %s", refused(s));
		return -EINVAL;
	}
	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->last_pts = INT64_MIN;
	e->frame = av_frame_alloc();
	e->ctx = avcodec_alloc_context3(codec);
	if (!e->frame || !e->ctx)
		return -ENOMEM;
	set_context(e->ctx, s);
	r = set_options(e->ctx, s, why, why_size);
	if (r < 0)
		return r;
	/* scenecut would put IDRs elsewhere than every gop pictures */
	(void) av_opt_set_int(e->ctx, "sc_threshold", 0, AV_OPT_SEARCH_CHILDREN);
	r = avcodec_open2(e->ctx, codec, NULL);
	if (r < 0) {
		snprintf(why, why_size,
			"%s cannot encode %dx%d at %lld bit/s (preset \"%s\", tune \"%s\", profile "
			"\"%s\"): %s",
			s->codec, s->width, s->height, (long long) s->bitrate, word(s->preset),
			word(s->tune), word(s->profile), av_errno_words(r, words, sizeof(words)));
		return av_errno(r);
	}
	*ret = TAKE_PTR(e);
	return 0;
}

struct encoder *encoder_free(struct encoder *e)
{
	if (!e)
		return NULL;
	avcodec_free_context(&e->ctx);
	av_frame_free(&e->frame);
	free(e);
	return NULL;
}

int encoder_parameters(const struct encoder *e, struct AVCodecParameters **ret)
{
	AVCodecParameters *p = avcodec_parameters_alloc();

	if (!p || avcodec_parameters_from_context(p, e->ctx) < 0) {
		avcodec_parameters_free(&p);
		return -ENOMEM;
	}
	*ret = p;
	return 0;
}

void encoder_set_bitrate(struct encoder *e, int64_t bitrate)
{
	set_rate(e->ctx, CLAMP(bitrate, (int64_t) BITRATE_MIN, (int64_t) BITRATE_MAX));
}

static void release_frame(void *opaque, uint8_t *data)
{
	(void) data;
	frame_unref(opaque);
}

/* Lends the frame's pixels to libavcodec: a counted buffer whose release gives the reference back.
 */
static int lend(struct encoder *e, struct frame *f)
{
	AVFrame *a = e->frame;
	size_t size = (size_t) f->stride[0] * (size_t) f->height;

	a->buf[0] = av_buffer_create(
		(uint8_t *) f->data[0], size, release_frame, f, AV_BUFFER_FLAG_READONLY);
	if (!a->buf[0])
		return -ENOMEM;
	frame_ref(f);
	for (int i = 0; i < 3; i++) {
		a->data[i] = (uint8_t *) f->data[i];
		a->linesize[i] = f->stride[i];
	}
	a->format = AV_PIX_FMT_YUV420P;
	a->width = f->width;
	a->height = f->height;
	a->color_range = AVCOL_RANGE_MPEG;
	return 0;
}

static int receive(struct encoder *e, const struct frame *f, struct packet **ret)
{
	AVPacket *av = av_packet_alloc();
	struct packet *p = NULL;
	uint64_t now;
	int r;

	if (!av)
		return -ENOMEM;
	r = avcodec_receive_packet(e->ctx, av);
	if (r < 0) {
		av_packet_free(&av);
		return av_errno(r);
	}
	now = usec_now();
	r = packet_new(&p, av);
	if (r < 0) {
		av_packet_free(&av);
		return r;
	}
	p->track = TRACK_VIDEO;
	p->key = av->flags & AV_PKT_FLAG_KEY;
	p->pts_usec = av->pts;
	p->dts_usec = av->dts;
	p->capture_usec = f->capture_usec;
	p->dequeue_usec = f->dequeue_usec;
	p->encode_usec = now > f->dequeue_usec ? now - f->dequeue_usec : 0;
	*ret = p;
	return 0;
}

int encoder_encode(
	struct encoder *e, struct frame *f, int64_t pts_usec, bool key, struct packet **ret)
{
	int r;

	if (f->pixel != PIXEL_I420 || f->width != e->ctx->width || f->height != e->ctx->height ||
		pts_usec <= e->last_pts)
		return -EINVAL;
	r = lend(e, f);
	if (r < 0)
		return r;
	e->frame->pts = pts_usec;
	e->frame->pict_type = key ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
	r = avcodec_send_frame(e->ctx, e->frame);
	av_frame_unref(e->frame);
	if (r < 0)
		return av_errno(r);
	e->last_pts = pts_usec;
	return receive(e, f, ret);
}
