/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One loop: a decoder that may still hold something is asked first, and only when it has nothing
 * more to give is the next packet read. At the end of the file each decoder is drained in turn.
 *
 * What is live: a URL of the network whose container knows no duration. All else (files, also those
 * that are fetched by HTTP, recordings on an RTMP server) can be read as fast as one likes.
 */
#include "media/demux.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <string.h>

#include "common/usec.h"
#include "media/av-error.h"
#include "media/av-frame.h"
#include "media/av-log.h"
#include "media/demux-audio.h"
#include "media/demux-coded.h"

#define PIXELS_MAX (8192 * 4352)
#define ANALYZE_NETWORK_USEC (2 * (int64_t) USEC_PER_SEC)
#define DECODER_THREADS 2
#define GARBAGE_MAX 256 /* unreadable packets in a row until a file is given up */

struct input {
	AVStream *stream;    /* borrowed; NULL: there is no such track */
	AVCodecContext *ctx; /* owned */
	int64_t next_usec;   /* where the next item is when it does not say so itself */
	bool drained;
};

struct demux {
	struct demux_info info;
	char *url;
	uint64_t timeout_usec;
	AVFormatContext *ic;
	AVPacket *packet;
	AVFrame *frame;
	struct input video, audio;
	struct input *busy; /* its decoder may hold more */
	bool ended;         /* the last packet has been read */
	int garbage;
	struct demux_audio *sound;
	bool keep_coded;
	struct demux_coded *coded; /* NULL: nobody wants it, or it cannot be passed on */
	/* any thread */
	atomic_uint_fast64_t deadline_usec;
	atomic_bool interrupted;
};

static int must_stop(void *userdata)
{
	struct demux *d = userdata;

	return atomic_load(&d->interrupted) || usec_now() >= atomic_load(&d->deadline_usec);
}

/* An errno for what a libav call returned after the deadline or an interrupt may have struck. */
static int why_failed(struct demux *d, int averror)
{
	if (atomic_load(&d->interrupted))
		return -ECANCELED;
	if (averror == AVERROR_EXIT || usec_now() >= atomic_load(&d->deadline_usec))
		return -ETIMEDOUT;
	return av_errno(averror);
}

static void say_why(struct demux *d, int averror, char *why, size_t size)
{
	int err = why_failed(d, averror);
	char words[128];

	if (err == -ETIMEDOUT || err == -ECANCELED || !*avlog_line())
		snprintf(why, size, "%s",
			av_errno_words(err == -EIO ? averror : err, words, sizeof(words)));
	else
		snprintf(why, size, "%s", avlog_line());
}

static void start_deadline(struct demux *d)
{
	atomic_store(&d->deadline_usec, usec_now() + d->timeout_usec);
}

int demux_new(struct demux **ret)
{
	_cleanup_(demux_freep) struct demux *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	avlog_capture();
	atomic_init(&d->deadline_usec, USEC_INFINITY);
	d->packet = av_packet_alloc();
	d->frame = av_frame_alloc();
	if (!d->packet || !d->frame)
		return -ENOMEM;
	*ret = TAKE_PTR(d);
	return 0;
}

struct demux *demux_free(struct demux *d)
{
	if (!d)
		return NULL;
	demux_close(d);
	av_frame_free(&d->frame);
	av_packet_free(&d->packet);
	free(d);
	return NULL;
}

static void close_context(struct demux *d)
{
	avcodec_free_context(&d->video.ctx);
	avcodec_free_context(&d->audio.ctx);
	avformat_close_input(&d->ic);
	d->sound = demux_audio_free(d->sound);
	d->coded = demux_coded_free(d->coded);
	d->video = d->audio = (struct input){ 0 };
	d->busy = NULL;
	d->ended = false;
	d->garbage = 0;
}

void demux_close(struct demux *d)
{
	close_context(d);
	av_packet_unref(d->packet);
	av_frame_unref(d->frame);
	memset(&d->info, 0, sizeof(d->info));
	free(d->url);
	d->url = NULL;
}

void demux_keep_coded(struct demux *d)
{
	d->keep_coded = true;
}

void demux_interrupt(struct demux *d)
{
	atomic_store(&d->interrupted, true);
}

const struct demux_info *demux_info(const struct demux *d)
{
	return &d->info;
}

static bool is_network(const char *url)
{
	return strstr(url, "://") && strncmp(url, "file:", 5) != 0;
}

static int open_container(struct demux *d)
{
	_cleanup_(freep) char *path = NULL;
	AVDictionary *options = NULL;
	int r;

	d->ic = avformat_alloc_context();
	if (!d->ic)
		return AVERROR(ENOMEM);
	d->ic->interrupt_callback = (AVIOInterruptCB){ must_stop, d };
	if (is_network(d->url)) {
		d->ic->max_analyze_duration = ANALYZE_NETWORK_USEC;
		av_dict_set(&options, "rtsp_transport", "tcp", 0);
	} else if (strncmp(d->url, "file:", 5) != 0 && asprintf(&path, "file:%s", d->url) < 0) {
		/* The prefix keeps a colon in a file's name from looking like a protocol. */
		path = NULL;
		return AVERROR(ENOMEM);
	}
	r = avformat_open_input(&d->ic, path ? path : d->url, NULL, &options);
	av_dict_free(&options);
	if (r < 0)
		return r;
	return avformat_find_stream_info(d->ic, NULL);
}

static int open_decoder(struct demux *d, struct input *in, enum AVMediaType type)
{
	int i = av_find_best_stream(d->ic, type, -1, -1, NULL, 0), r;
	AVStream *st;
	const AVCodec *codec;

	if (i < 0 || d->ic->streams[i]->disposition & AV_DISPOSITION_ATTACHED_PIC)
		return 0;
	st = d->ic->streams[i];
	codec = avcodec_find_decoder(st->codecpar->codec_id);
	if (!codec)
		return AVERROR_DECODER_NOT_FOUND;
	in->ctx = avcodec_alloc_context3(codec);
	if (!in->ctx)
		return AVERROR(ENOMEM);
	r = avcodec_parameters_to_context(in->ctx, st->codecpar);
	if (r < 0)
		return r;
	in->ctx->pkt_timebase = st->time_base;
	in->ctx->max_pixels = PIXELS_MAX;
	in->ctx->thread_count = type == AVMEDIA_TYPE_VIDEO ? DECODER_THREADS : 1;
	/* Threads that share a picture add no delay; those that take turns add one picture each. */
	in->ctx->thread_type = FF_THREAD_SLICE;
	if (d->info.live && st->codecpar->video_delay == 0)
		in->ctx->flags |= AV_CODEC_FLAG_LOW_DELAY;
	r = avcodec_open2(in->ctx, codec, NULL);
	if (r < 0)
		return r;
	in->stream = st;
	return 0;
}

static void fill_info(struct demux *d)
{
	AVRational rate = { 0, 1 };

	d->info = (struct demux_info){ .rate_den = 1, .live = d->info.live };
	if (d->video.stream) {
		const AVCodecParameters *par = d->video.stream->codecpar;

		rate = av_guess_frame_rate(d->ic, d->video.stream, NULL);
		d->info.has_video = true;
		d->info.width = par->width;
		d->info.height = par->height;
		snprintf(d->info.video_codec, sizeof(d->info.video_codec), "%s",
			avcodec_get_name(par->codec_id));
	}
	if (rate.num > 0 && rate.den > 0 && av_q2d(rate) <= 1000) {
		d->info.rate_num = rate.num;
		d->info.rate_den = rate.den;
	}
	if (d->audio.stream) {
		d->info.has_audio = true;
		d->info.audio_rate = demux_audio_rate(d->sound);
		d->info.audio_channels = demux_audio_channels(d->sound);
		snprintf(d->info.audio_codec, sizeof(d->info.audio_codec), "%s",
			avcodec_get_name(d->audio.stream->codecpar->codec_id));
	}
}

static int open_all(struct demux *d)
{
	int r, v, a;

	start_deadline(d);
	avlog_clear();
	r = open_container(d);
	if (r < 0)
		return r;
	d->info.live =
		is_network(d->url) && (d->ic->duration == AV_NOPTS_VALUE || d->ic->duration <= 0);
	v = open_decoder(d, &d->video, AVMEDIA_TYPE_VIDEO);
	a = open_decoder(d, &d->audio, AVMEDIA_TYPE_AUDIO);
	if (d->audio.stream) {
		r = demux_audio_new(&d->sound, d->audio.ctx);
		if (r < 0)
			return r;
	}
	if (d->video.stream && d->keep_coded &&
		demux_coded_new(&d->coded, d->video.stream->codecpar) == -ENOMEM)
		return AVERROR(ENOMEM);
	if (!d->video.stream && !d->audio.stream)
		return v < 0 ? v : a < 0 ? a : AVERROR_STREAM_NOT_FOUND;
	for (unsigned i = 0; i < d->ic->nb_streams; i++) {
		AVStream *st = d->ic->streams[i];

		if (st != d->video.stream && st != d->audio.stream)
			st->discard = AVDISCARD_ALL;
	}
	fill_info(d);
	return 0;
}

int demux_open(struct demux *d, const char *url, uint64_t timeout_usec, char *why, size_t why_size)
{
	int r;

	demux_close(d);
	d->timeout_usec = timeout_usec;
	d->url = strdup(url);
	if (!d->url)
		return -ENOMEM;
	r = open_all(d);
	if (r < 0) {
		if (r == AVERROR_STREAM_NOT_FOUND && !atomic_load(&d->interrupted))
			snprintf(why, why_size, "there is no picture or sound in it");
		else
			say_why(d, r, why, why_size);
		r = why_failed(d, r);
		demux_close(d);
	}
	return r;
}

/* Time of a frame from the file's own start, and of its end for the one that follows. */
static int64_t take_pts(
	struct demux *d, struct input *in, const AVFrame *frame, int64_t duration_usec)
{
	int64_t start = d->ic->start_time == AV_NOPTS_VALUE ? 0 : d->ic->start_time;
	int64_t pts = in->next_usec;

	if (frame->best_effort_timestamp != AV_NOPTS_VALUE)
		pts = av_rescale_q(
			      frame->best_effort_timestamp, in->stream->time_base, AV_TIME_BASE_Q) -
		      start;
	in->next_usec = pts + duration_usec;
	return pts;
}

static int video_item(struct demux *d, struct demux_item *ret, uint64_t *errors)
{
	int num = d->info.rate_num ? d->info.rate_num : 25;
	int64_t duration = (int64_t) USEC_PER_SEC * d->info.rate_den / num;
	int64_t pts = take_pts(d, &d->video, d->frame, duration), packet_pts;
	struct frame *f;
	int r;

	if (d->frame->flags & AV_FRAME_FLAG_CORRUPT || d->frame->decode_error_flags) {
		(*errors)++;
		demux_coded_break(d->coded);
	}
	if (d->frame->flags & AV_FRAME_FLAG_CORRUPT)
		return -EAGAIN;
	packet_pts = d->frame->pts;
	r = frame_from_av(&f, d->frame);
	if (r < 0)
		return r;
	demux_coded_attach(d->coded, packet_pts, f);
	*ret = (struct demux_item){ .frame = f, .pts_usec = pts };
	return 1;
}

static int audio_item(struct demux *d, struct demux_item *ret, uint64_t *errors)
{
	int rate = d->frame->sample_rate > 0 ? d->frame->sample_rate : d->info.audio_rate;
	int64_t duration = d->frame->nb_samples * (int64_t) USEC_PER_SEC / rate;
	int64_t pts = take_pts(d, &d->audio, d->frame, duration);
	struct samples samples;
	int r;

	r = demux_audio_convert(d->sound, d->frame, &samples);
	if (r == -EBADMSG) {
		(*errors)++;
		return -EAGAIN;
	}
	if (r < 0 || samples.frames == 0)
		return r;
	*ret = (struct demux_item){ .samples = samples, .has_samples = true, .pts_usec = pts };
	return 1;
}

/* One more frame of the busy decoder. 1: there is an item; 0: it has nothing more. */
static int receive(struct demux *d, struct demux_item *ret, uint64_t *errors)
{
	struct input *in = d->busy;
	int r = avcodec_receive_frame(in->ctx, d->frame);

	if (r == 0)
		return in == &d->video ? video_item(d, ret, errors) : audio_item(d, ret, errors);
	d->busy = NULL;
	in->drained = d->ended;
	if (r == AVERROR(EAGAIN) || r == AVERROR_EOF)
		return 0;
	if (r == AVERROR(ENOMEM))
		return -ENOMEM;
	(*errors)++;
	if (in == &d->video)
		demux_coded_break(d->coded);
	return -EAGAIN;
}

/* packet NULL: the decoder shall give what it holds back. */
static int send(struct demux *d, struct input *in, const AVPacket *packet, uint64_t *errors)
{
	int r = avcodec_send_packet(in->ctx, packet);

	d->busy = in;
	if (r == AVERROR(ENOMEM))
		return -ENOMEM;
	if (r == 0 || !packet)
		return 0;
	(*errors)++;
	if (in == &d->video)
		demux_coded_break(d->coded);
	return -EAGAIN;
}

static int read_packet(struct demux *d, uint64_t *errors)
{
	struct input *in = NULL;
	int r;

	start_deadline(d);
	r = av_read_frame(d->ic, d->packet);
	if (r == AVERROR_EOF && !must_stop(d)) {
		d->ended = true;
		return 0;
	}
	if ((r == AVERROR_INVALIDDATA || r == AVERROR(EAGAIN)) && ++d->garbage < GARBAGE_MAX) {
		*errors += r == AVERROR_INVALIDDATA;
		return -EAGAIN;
	}
	if (r < 0)
		return why_failed(d, r);
	d->garbage = 0;
	if (d->packet->flags & AV_PKT_FLAG_CORRUPT) {
		(*errors)++;
		demux_coded_break(d->coded);
	}
	if (d->video.stream && d->packet->stream_index == d->video.stream->index)
		in = &d->video;
	else if (d->audio.stream && d->packet->stream_index == d->audio.stream->index)
		in = &d->audio;
	r = in == &d->video ? demux_coded_put(d->coded, d->packet) : 0;
	if (r == 0 && in)
		r = send(d, in, d->packet, errors);
	av_packet_unref(d->packet);
	return r;
}

/* Asks the decoders in turn for what they hold back. */
static int drain(struct demux *d, uint64_t *errors)
{
	struct input *in[] = { &d->video, &d->audio };

	for (size_t i = 0; i < ARRAY_SIZE(in); i++) {
		if (in[i]->stream && !in[i]->drained)
			return send(d, in[i], NULL, errors);
	}
	return -ENODATA;
}

int demux_read(struct demux *d, struct demux_item *ret, uint64_t *errors)
{
	int r = 0;

	if (!d->ic)
		return -ENOTCONN;
	av_frame_unref(d->frame);
	while (r == 0) {
		if (atomic_load(&d->interrupted))
			return -ECANCELED;
		if (d->busy)
			r = receive(d, ret, errors);
		else if (d->ended)
			r = drain(d, errors);
		else
			r = read_packet(d, errors);
	}
	return r < 0 ? r : 0;
}

int demux_rewind(struct demux *d)
{
	struct input *in[] = { &d->video, &d->audio };
	int64_t start;

	if (!d->ic)
		return -ENOTCONN;
	start_deadline(d);
	av_frame_unref(d->frame);
	start = d->ic->start_time == AV_NOPTS_VALUE ? 0 : d->ic->start_time;
	if (avformat_seek_file(d->ic, -1, INT64_MIN, start, start, 0) < 0) {
		int r;

		close_context(d);
		r = open_all(d);
		if (r < 0) {
			r = why_failed(d, r);
			close_context(d);
		}
		return r;
	}
	for (size_t i = 0; i < ARRAY_SIZE(in); i++) {
		if (in[i]->ctx)
			avcodec_flush_buffers(in[i]->ctx);
		in[i]->next_usec = 0;
		in[i]->drained = false;
	}
	demux_coded_reset(d->coded);
	d->busy = NULL;
	d->ended = false;
	return 0;
}
