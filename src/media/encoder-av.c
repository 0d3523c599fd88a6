/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libavcodec's encoders, software and hardware. Software reads I420 where it lies, and has no
 * delay: that is made certain by options of our own, whatever the tune (no B pictures, no
 * look-ahead, slices instead of frames as threads).
 *
 * Hardware differs in what it can do, and here it is made to look the same: packets that come late
 * find the picture they belong to by its time (flights); parameter sets that are missing are put in
 * front (encoder-sets); who tells them with the first picture only is given one that nobody will
 * see (prime); and who cannot change its bitrate is opened anew within the same stream.
 */
#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
#include <string.h>

#include "common/usec.h"
#include "media/av-error.h"
#include "media/av-log.h"
#include "media/encoder-kind.h"
#include "media/encoder-private.h"
#include "media/encoder-sets.h"
#include "media/encoder-upload.h"

#define RENEW_SEC 2 /* of pictures between two openings for another bitrate */
#define PRIME_PICTURES (ENCODER_HELD_MAX + 1)

/* A picture that has gone in and has not come out. */
struct flight {
	int64_t pts;
	uint64_t capture_usec, dequeue_usec;
};

struct encoder_av {
	struct encoder base;
	const struct encoder_kind *kind;
	struct encoder_settings settings;
	AVCodecContext *ctx;
	AVFrame *frame;
	struct encoder_upload *upload; /* NULL: pixels are read in place */
	struct encoder_sets sets;      /* hardware only */
	struct flight flights[ENCODER_HELD_MAX];
	int n_flights;
	int64_t open_bitrate; /* with which it was opened */
	int64_t pictures;     /* that count and have gone in since it was opened */
};

static struct encoder_av *av_of(struct encoder *e)
{
	return (struct encoder_av *) e;
}

/* ---- opening ---- */

static int set_option(
	AVCodecContext *ctx, const char *key, const char *value, char *why, size_t size)
{
	int r;

	if (!value || !value[0])
		return 0;
	r = av_opt_set(ctx->priv_data, key, value, 0);
	if (r < 0)
		snprintf(why, size, "the encoder refuses %s = %s", key, value);
	return r < 0 ? av_errno(r) : 0;
}

static int set_x264_options(
	AVCodecContext *ctx, const struct encoder_settings *s, char *why, size_t size)
{
	int r = set_option(ctx, "preset", s->preset, why, size);

	if (r == 0)
		r = set_option(ctx, "tune", s->tune, why, size);
	return r == 0 ? set_option(ctx, "profile", s->profile, why, size) : r;
}

/* x264's words for what hardware is to make; what it does not understand it leaves. */
static int profile_of(const struct encoder_kind *k, const struct encoder_settings *s)
{
	if (k->family == ENCODER_HEVC)
		return FF_PROFILE_HEVC_MAIN;
	if (s->profile && strcmp(s->profile, "high") == 0)
		return FF_PROFILE_H264_HIGH;
	if (s->profile && strcmp(s->profile, "baseline") == 0)
		return FF_PROFILE_H264_CONSTRAINED_BASELINE;
	return FF_PROFILE_H264_MAIN;
}

/* libx265 tells libnuma where its threads are to run, which a sandbox may refuse; libnuma would say
 * so on stderr for each thread, each time it is opened. It calls this instead, as numa(3) has it;
 * the threads then run where all others do. */
__attribute__((visibility("default"))) void numa_error(char *where)
{
	(void) where;
}

static int set_params(struct encoder_av *e, AVCodecContext *ctx, char *why, size_t size)
{
	const struct encoder_traits *t = e->kind->traits;
	char params[256];

	if (!t->params)
		return 0;
	if (t->threads && e->settings.threads > 0)
		snprintf(params, sizeof(params), "%s%s%d", t->params, t->threads,
			e->settings.threads);
	else
		snprintf(params, sizeof(params), "%s", t->params);
	return set_option(ctx, t->params_key, params, why, size);
}

static int set_options(struct encoder_av *e, AVCodecContext *ctx, char *why, size_t size)
{
	const struct encoder_traits *t = e->kind->traits;
	int r = 0;

	if (t->presets)
		r = set_x264_options(ctx, &e->settings, why, size);
	for (const char *const *o = t->options; r == 0 && o && *o; o += 2)
		(void) av_opt_set(ctx->priv_data, o[0], o[1], 0);
	if (r == 0)
		r = set_params(e, ctx, why, size);
	/* scenecut would put IDRs elsewhere than every gop pictures */
	(void) av_opt_set_int(ctx, "sc_threshold", 0, AV_OPT_SEARCH_CHILDREN);
	return r;
}

/* A VBV of one second. libx264 looks at these again with every picture. */
static void set_rate(AVCodecContext *ctx, int64_t bitrate)
{
	ctx->bit_rate = bitrate;
	ctx->rc_max_rate = bitrate;
	ctx->rc_min_rate = bitrate;
	ctx->rc_buffer_size = (int) MIN(bitrate, (int64_t) INT32_MAX);
}

static void set_context(
	AVCodecContext *ctx, const struct encoder_kind *kind, const struct encoder_settings *s)
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
	ctx->flags |= AV_CODEC_FLAG_CLOSED_GOP;
	if (!kind->traits->inband)
		ctx->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
	ctx->color_range = AVCOL_RANGE_MPEG;
	ctx->colorspace = s->bt709 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
	ctx->color_primaries = s->bt709 ? AVCOL_PRI_BT709 : AVCOL_PRI_SMPTE170M;
	ctx->color_trc = AVCOL_TRC_BT709;
	if (encoder_kind_is_hardware(kind))
		ctx->profile = profile_of(kind, s);
}

static const char *word(const char *s)
{
	return s ? s : "";
}

static int explain_open(const struct encoder_av *e, int averror, char *why, size_t size)
{
	const struct encoder_settings *s = &e->settings;
	const char *line = avlog_line();
	char words[64];

	if (e->kind->traits->presets)
		snprintf(why, size,
			"%s cannot encode %dx%d at %lld bit/s (preset \"%s\", tune \"%s\", profile "
			"\"%s\"): %s",
			s->codec, s->width, s->height, (long long) s->bitrate, word(s->preset),
			word(s->tune), word(s->profile),
			av_errno_words(averror, words, sizeof(words)));
	else
		snprintf(why, size, "%s cannot encode %dx%d: %s", s->codec, s->width, s->height,
			line[0] ? line : av_errno_words(averror, words, sizeof(words)));
	return av_errno(averror);
}

/* Into what is closed. */
static int open_context(struct encoder_av *e, const AVCodec *codec, char *why, size_t why_size)
{
	const struct encoder_traits *t = e->kind->traits;
	int r = 0;

	e->ctx = avcodec_alloc_context3(codec);
	if (!e->ctx)
		return -ENOMEM;
	set_context(e->ctx, e->kind, &e->settings);
	avlog_clear();
	if (t->nv12)
		r = encoder_upload_new(&e->upload, t->device, e->ctx, why, why_size);
	if (r == 0)
		r = set_options(e, e->ctx, why, why_size);
	if (r < 0)
		return r;
	r = avcodec_open2(e->ctx, codec, NULL);
	if (r < 0)
		return explain_open(e, r, why, why_size);
	e->open_bitrate = e->settings.bitrate;
	e->n_flights = 0;
	e->pictures = 0;
	return 0;
}

static void close_context(struct encoder_av *e)
{
	avcodec_free_context(&e->ctx);
	e->upload = encoder_upload_free(e->upload);
}

/* ---- packets ---- */

static bool take_flight(struct encoder_av *e, int64_t pts, struct flight *ret)
{
	for (int i = 0; i < e->n_flights; i++) {
		if (e->flights[i].pts != pts)
			continue;
		*ret = e->flights[i];
		/* Those before it will not come any more. */
		e->n_flights -= i + 1;
		memmove(e->flights, e->flights + i + 1,
			(size_t) e->n_flights * sizeof(e->flights[0]));
		return true;
	}
	return false;
}

/* What hardware left out. Returns whether there is a picture in it. */
static int complete(struct encoder_av *e, AVPacket *av)
{
	struct encoder_head head = encoder_sets_look(&e->sets, av->data, (size_t) MAX(av->size, 0));

	if (head.sets)
		encoder_sets_keep(&e->sets, av->data, (size_t) av->size);
	if (!head.picture)
		return 0;
	if (head.key)
		av->flags |= AV_PKT_FLAG_KEY;
	else
		av->flags &= ~AV_PKT_FLAG_KEY;
	if (head.key && !head.sets) {
		int r = encoder_sets_prepend(&e->sets, av);

		return r < 0 ? r : 1;
	}
	return 1;
}

/* The next packet with a picture that counts: 0, -EAGAIN for none. */
static int receive_av(struct encoder_av *e, AVPacket *av, struct flight *ret)
{
	bool hardware = encoder_kind_is_hardware(e->kind);

	for (;;) {
		int r = avcodec_receive_packet(e->ctx, av);

		if (r < 0)
			return av_errno(r);
		if (hardware) {
			r = complete(e, av);
			if (r < 0)
				return r;
		}
		if (r > 0 || !hardware)
			if (take_flight(e, av->pts, ret))
				return 0;
		av_packet_unref(av);
	}
}

static int take_av(struct encoder *base, struct packet **ret)
{
	struct encoder_av *e = av_of(base);
	struct flight flight;
	struct packet *p = NULL;
	AVPacket *av;
	uint64_t now;
	int r;

	*ret = NULL;
	if (e->n_flights == 0)
		return 0;
	av = av_packet_alloc();
	if (!av)
		return -ENOMEM;
	r = receive_av(e, av, &flight);
	if (r < 0) {
		av_packet_free(&av);
		return r == -EAGAIN ? 0 : r;
	}
	now = usec_now();
	r = packet_new(&p, av);
	if (r < 0) {
		av_packet_free(&av);
		return r;
	}
	p->track = TRACK_VIDEO;
	p->key = av->flags & AV_PKT_FLAG_KEY;
	p->pts_usec = p->dts_usec = av->pts;
	p->capture_usec = flight.capture_usec;
	p->dequeue_usec = flight.dequeue_usec;
	p->encode_usec = now > flight.dequeue_usec ? now - flight.dequeue_usec : 0;
	*ret = p;
	return 0;
}

/* ---- pictures ---- */

static void release_frame(void *opaque, uint8_t *data)
{
	(void) data;
	frame_unref(opaque);
}

/* Lends the frame's pixels to libavcodec: a counted buffer whose release gives the reference back.
 */
static int lend(struct encoder_av *e, struct frame *f)
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
	return 0;
}

/* Hardware that reads I420 may go on reading after the call: then libavcodec must have a copy. */
static int hand_over(struct encoder_av *e, struct frame *f)
{
	int r;

	if (e->upload)
		return encoder_upload_run(e->upload, f, e->frame);
	r = lend(e, f);
	if (r == 0 && encoder_kind_is_hardware(e->kind))
		r = av_errno(av_frame_make_writable(e->frame));
	return r;
}

static int send(struct encoder_av *e, struct frame *f, int64_t pts, bool key)
{
	int r = hand_over(e, f);

	if (r == 0) {
		e->frame->color_range = AVCOL_RANGE_MPEG;
		e->frame->pts = pts;
		e->frame->pict_type = key ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
		r = av_errno(avcodec_send_frame(e->ctx, e->frame));
	}
	av_frame_unref(e->frame);
	return r;
}

/* What encodes pictures that nobody will see until the parameter sets have been told. */
static int prime(struct encoder_av *e, int64_t pts, char *why, size_t why_size)
{
	_cleanup_(frame_pool_unrefp) struct frame_pool *pool = NULL;
	_cleanup_(frame_unrefp) struct frame *f = NULL;
	const struct encoder_settings *s = &e->settings;
	AVPacket *av = av_packet_alloc();
	struct flight none;
	int r = av ? frame_pool_new(&pool, PIXEL_I420, s->width, s->height, 1) : -ENOMEM;

	f = r == 0 ? frame_pool_get(pool) : NULL;
	if (f)
		for (int i = 0; i < 3; i++)
			memset((uint8_t *) f->data[i], 128,
				(size_t) f->stride[i] * (size_t) (i ? f->height / 2 : f->height));
	for (int i = 0; f && r >= 0 && e->sets.size == 0 && i < PRIME_PICTURES; i++) {
		r = send(e, f, pts + i, i == 0);
		if (r == 0)
			r = receive_av(e, av, &none);
		r = r == -EAGAIN ? 0 : r;
	}
	if (r >= 0 && e->sets.size == 0) {
		snprintf(why, why_size, "%s tells no parameter sets", s->codec);
		r = f ? -EBADMSG : -ENOMEM;
	} else if (r < 0) {
		snprintf(why, why_size, "%s encodes no picture: %s", s->codec, strerror(-r));
	}
	av_packet_free(&av);
	return r;
}

/* Hardware's sets, wherever they are. The pictures for that come at the time pts. */
static int learn_sets(struct encoder_av *e, int64_t pts, char *why, size_t why_size)
{
	if (!encoder_kind_is_hardware(e->kind))
		return 0;
	e->sets.hevc = e->kind->family == ENCODER_HEVC;
	e->sets.size = 0;
	encoder_sets_keep(&e->sets, e->ctx->extradata, (size_t) MAX(e->ctx->extradata_size, 0));
	return e->sets.size ? 0 : prime(e, pts, why, why_size);
}

/* Counted in pictures: they are the clock of what is sent. */
static bool wants_renewal(const struct encoder_av *e)
{
	const struct encoder_settings *s = &e->settings;

	return !e->kind->traits->live_bitrate && s->bitrate != e->open_bitrate &&
	       e->pictures * s->rate_den >= (int64_t) RENEW_SEC * s->rate_num;
}

/* For another bitrate, in the middle of the stream. */
static int renew(struct encoder_av *e, int64_t pts)
{
	const AVCodec *codec = e->ctx->codec;
	char why[160];
	int r;

	close_context(e);
	r = open_context(e, codec, why, sizeof(why));
	return r < 0 ? r : learn_sets(e, pts, why, sizeof(why));
}

static int encode_av(
	struct encoder *base, struct frame *f, int64_t pts_usec, bool key, struct packet **ret)
{
	struct encoder_av *e = av_of(base);
	int r = 0;

	if (wants_renewal(e))
		r = renew(e, pts_usec - PRIME_PICTURES);
	if (r < 0)
		return r;
	if (e->n_flights == ENCODER_HELD_MAX)
		return -EOVERFLOW;
	r = send(e, f, pts_usec, key || e->pictures == 0);
	if (r < 0)
		return r;
	e->pictures++;
	e->flights[e->n_flights++] = (struct flight){ pts_usec, f->capture_usec, f->dequeue_usec };
	return take_av(base, ret);
}

/* ---- the rest ---- */

static int parameters_av(const struct encoder *base, struct AVCodecParameters **ret)
{
	const struct encoder_av *e = (const struct encoder_av *) base;
	AVCodecParameters *p = avcodec_parameters_alloc();

	if (p && avcodec_parameters_from_context(p, e->ctx) >= 0 && p->extradata_size == 0 &&
		e->sets.size) {
		p->extradata = av_mallocz(e->sets.size + AV_INPUT_BUFFER_PADDING_SIZE);
		if (p->extradata) {
			memcpy(p->extradata, e->sets.data, e->sets.size);
			p->extradata_size = (int) e->sets.size;
		}
	}
	if (!p || p->extradata_size == 0) {
		avcodec_parameters_free(&p);
		return -ENOMEM;
	}
	p->format = AV_PIX_FMT_YUV420P; /* what comes out of it, not the surface */
	*ret = p;
	return 0;
}

static void set_bitrate_av(struct encoder *base, int64_t bitrate)
{
	struct encoder_av *e = av_of(base);

	e->settings.bitrate = bitrate;
	if (e->ctx && e->kind->traits->live_bitrate)
		set_rate(e->ctx, bitrate);
}

static void free_av(struct encoder *base)
{
	struct encoder_av *e = av_of(base);

	close_context(e);
	av_frame_free(&e->frame);
	free(e);
}

static int open_av(struct encoder **ret, const struct encoder_kind *kind,
	const struct encoder_settings *s, char *why, size_t why_size)
{
	const AVCodec *codec = avcodec_find_encoder_by_name(kind->name);
	struct encoder_av *e;
	int r;

	avlog_capture();
	if (!codec) {
		snprintf(why, why_size, "libavcodec has no video encoder %s", kind->name);
		return -ENOSYS;
	}
	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->kind = kind;
	e->settings = *s;
	e->frame = av_frame_alloc();
	r = e->frame ? open_context(e, codec, why, why_size) : -ENOMEM;
	if (r == 0)
		r = learn_sets(e, -(int64_t) USEC_PER_SEC, why, why_size);
	if (r < 0) {
		free_av(&e->base);
		return r;
	}
	*ret = &e->base;
	return 0;
}

const struct encoder_ops encoder_av_ops = {
	.open = open_av,
	.parameters = parameters_av,
	.set_bitrate = set_bitrate_av,
	.encode = encode_av,
	.take = take_av,
	.free = free_av,
};
