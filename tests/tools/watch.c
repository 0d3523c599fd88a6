/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * egm-watch: a player that measures instead of showing. Opens a URL or file as any player would,
 * decodes picture and sound, and prints what it found as JSON. The keys are explained in help_text.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/url.h"
#include "common/usec.h"
#include "tests/tools/watch-stats.h"

static const char help_text[] =
	"Usage: egm-watch [OPTION]... URL|FILE\n"
	"Decodes a stream and prints what it measured as JSON.\n"
	"\n"
	"  -s, --seconds=N   stop N seconds after the first picture or sound (10; 0: at\n"
	"                    the end of the stream)\n"
	"  -t, --timeout=N   give up when nothing came for N seconds (10); until then the\n"
	"                    opening is tried again and again\n"
	"  -S, --settle=N    count latency only N seconds after the first picture (1)\n"
	"  -j, --json        a line of JSON for each picture and click as it comes, and\n"
	"                    the summary as the last line\n"
	"  -p, --pgm=FILE    write the brightness of the last picture to FILE\n"
	"  -h, --help        show this\n"
	"\n"
	"Lines (--json): event \"video\": pts (s), arrival (s, monotonic), key, and where\n"
	"the test pattern's strip was read clock (s), number, latency_ms; event \"click\":\n"
	"pts, offset_ms.\n"
	"\n"
	"Summary: event \"summary\", error (words or null), seconds (watched), and\n"
	"  video         null, or codec, width, height, packets, keyframes, first_is_key,\n"
	"                undecodable (packets that the decoder refused, damaged pictures,\n"
	"                packets before the first keyframe), complaints (of the decoder),\n"
	"                dts_backwards, frames, fps, pts_first, pts_last (s),\n"
	"                pts_monotonic (strictly), pts_backwards, pts_gap_max_ms,\n"
	"                black_share, placeholder_share, numbers {read, unread, first,\n"
	"                last, lost, repeated, backwards}\n"
	"  audio         null, or codec, rate, channels, packets, undecodable,\n"
	"                complaints, dts_backwards, samples, pts_..., clicks,\n"
	"                frequency_hz, rms_dbfs (clicks left out), silent_share\n"
	"  latency_ms    {n, min, p50, p95, max}: arrival - clock of each picture\n"
	"  av_offset_ms  {n, median, min, max, max_abs, last_minute {...}}: above 0 the\n"
	"                sound is late\n"
	"\n"
	"Exit status: 0 when a picture or sound was decoded, 1 when not, 2 for wrong usage.\n";

struct track {
	AVStream *st;
	AVCodecContext *ctx;
	uint64_t packets, keys, undecodable;
	uint64_t dts_backwards;
	int64_t last_dts;
	bool first_is_key, synced;
};

struct watch {
	const char *url, *pgm;
	uint64_t seconds_usec, timeout_usec, settle_usec;
	bool lines;
	AVFormatContext *ic;
	struct track video, audio;
	struct SwsContext *sws;
	AVFrame *converted; /* the last picture as 8 bit planar */
	SwrContext *swr;
	AVChannelLayout swr_layout;
	int swr_format, swr_rate;
	struct video_stats vs;
	struct audio_stats as;
	struct offset_stats os;
	uint64_t start_usec, end_usec; /* of the first and last thing decoded */
	uint64_t deadline_usec;
	char error[256];
};

static volatile sig_atomic_t interrupted;

/* Lines of level error by decoders, which go on without returning an error. */
static atomic_uint_fast64_t complaints[2];

static void on_signal(int signo)
{
	(void) signo;
	interrupted = 1;
}

static void on_log(void *avcl, int level, const char *fmt, va_list ap)
{
	const AVClass *class = avcl ? *(const AVClass *const *) avcl : NULL;

	(void) fmt;
	(void) ap;
	if (level > AV_LOG_ERROR || !class || class->category != AV_CLASS_CATEGORY_DECODER ||
		strcmp(class->class_name, "AVCodecContext") != 0)
		return;
	if (((AVCodecContext *) avcl)->codec_type == AVMEDIA_TYPE_VIDEO)
		complaints[0]++;
	else
		complaints[1]++;
}

static int must_stop(void *userdata)
{
	const struct watch *w = userdata;

	return interrupted || usec_now() >= w->deadline_usec;
}

static void set_error(struct watch *w, const char *what, int averror)
{
	char words[128];

	if (averror == AVERROR_EXIT)
		snprintf(words, sizeof(words), interrupted ? "interrupted" : "timed out");
	else
		av_strerror(averror, words, sizeof(words));
	snprintf(w->error, sizeof(w->error), "%s: %s", what, words);
}

static int open_track(struct watch *w, struct track *t, enum AVMediaType type)
{
	int i = av_find_best_stream(w->ic, type, -1, -1, NULL, 0);
	const AVCodec *codec;

	if (i < 0)
		return 0;
	t->st = w->ic->streams[i];
	codec = avcodec_find_decoder(t->st->codecpar->codec_id);
	t->ctx = codec ? avcodec_alloc_context3(codec) : NULL;
	if (!t->ctx)
		return AVERROR_DECODER_NOT_FOUND;
	(void) avcodec_parameters_to_context(t->ctx, t->st->codecpar);
	t->ctx->pkt_timebase = t->st->time_base;
	t->ctx->thread_count = 1;
	return avcodec_open2(t->ctx, codec, NULL);
}

static int try_open(struct watch *w)
{
	int r;

	w->ic = avformat_alloc_context();
	if (!w->ic)
		return AVERROR(ENOMEM);
	w->ic->interrupt_callback = (AVIOInterruptCB){ must_stop, w };
	r = avformat_open_input(&w->ic, w->url, NULL, NULL);
	if (r < 0)
		return r;
	w->ic->max_analyze_duration = 2 * (int64_t) USEC_PER_SEC;
	r = avformat_find_stream_info(w->ic, NULL);
	if (r >= 0)
		r = open_track(w, &w->video, AVMEDIA_TYPE_VIDEO);
	if (r >= 0)
		r = open_track(w, &w->audio, AVMEDIA_TYPE_AUDIO);
	if (r >= 0 && !w->video.st && !w->audio.st)
		r = AVERROR_STREAM_NOT_FOUND;
	if (r < 0) {
		avcodec_free_context(&w->video.ctx);
		avcodec_free_context(&w->audio.ctx);
		w->video.st = w->audio.st = NULL;
		avformat_close_input(&w->ic);
	}
	return r;
}

/* A server may not be there yet, or have no publisher yet: what would end in a file's error is
 * tried again until the time is over. */
static int open_stream(struct watch *w)
{
	const struct timespec pause = { .tv_nsec = 200000000 };
	int r, why = AVERROR_EXIT;

	w->deadline_usec = usec_now() + w->timeout_usec;
	for (;;) {
		r = try_open(w);
		why = r == AVERROR_EXIT ? why : r;
		if (r >= 0 || !strstr(w->url, "://") || must_stop(w))
			break;
		(void) nanosleep(&pause, NULL);
	}
	if (r < 0)
		set_error(w, "cannot open", why);
	return r;
}

static void print_line(json_t *o)
{
	json_dumpf(o, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(12));
	putchar('\n');
	fflush(stdout);
	json_decref(o);
}

/* Set while lines are printed for each click. */
static bool print_clicks;

static void on_click(int64_t click_pts, double offset_ms)
{
	if (print_clicks)
		print_line(json_pack("{s:s, s:f, s:f}", "event", "click", "pts",
			(double) click_pts / 1e6, "offset_ms", offset_ms));
}

static bool is_planar8(int format)
{
	const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(format);

	return desc && desc->nb_components >= 3 && desc->flags & AV_PIX_FMT_FLAG_PLANAR &&
	       !(desc->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_HWACCEL)) &&
	       desc->comp[0].depth == 8 && desc->comp[1].step == 1;
}

/* Makes w->converted the picture in a form that the statistics can read. */
static int convert_picture(struct watch *w, const AVFrame *f)
{
	int r;

	av_frame_unref(w->converted);
	if (is_planar8(f->format))
		return av_frame_ref(w->converted, f);
	w->converted->format = AV_PIX_FMT_YUV420P;
	w->converted->width = f->width;
	w->converted->height = f->height;
	r = av_frame_get_buffer(w->converted, 0);
	if (r < 0)
		return r;
	w->sws = sws_getCachedContext(w->sws, f->width, f->height, f->format, f->width, f->height,
		AV_PIX_FMT_YUV420P, SWS_POINT, NULL, NULL, NULL);
	if (!w->sws)
		return AVERROR(EINVAL);
	sws_scale(w->sws, (const uint8_t *const *) f->data, f->linesize, 0, f->height,
		w->converted->data, w->converted->linesize);
	return 0;
}

static int64_t pts_of(const struct track *t, const AVFrame *f)
{
	if (f->best_effort_timestamp == AV_NOPTS_VALUE)
		return 0;
	return av_rescale_q(f->best_effort_timestamp, t->st->time_base, AV_TIME_BASE_Q);
}

static void take_picture(struct watch *w, const AVFrame *f, uint64_t arrival)
{
	const AVPixFmtDescriptor *desc;
	int64_t pts = pts_of(&w->video, f), latency;
	struct clockcode code;
	struct picture p;
	json_t *o;
	bool read;

	if (f->flags & AV_FRAME_FLAG_CORRUPT || f->decode_error_flags)
		w->video.undecodable++;
	if (convert_picture(w, f) < 0)
		return;
	desc = av_pix_fmt_desc_get(w->converted->format);
	p = (struct picture){ .width = f->width,
		.height = f->height,
		.shift_x = desc->log2_chroma_w,
		.shift_y = desc->log2_chroma_h };
	for (int i = 0; i < 3; i++) {
		p.plane[i] = w->converted->data[i];
		p.stride[i] = w->converted->linesize[i];
	}
	read = video_stats_add(&w->vs, &p, pts, arrival, arrival >= w->start_usec + w->settle_usec,
		&code, &latency);
	offset_stats_match(&w->os, &w->vs, &w->as, on_click);
	if (!w->lines)
		return;
	o = json_pack("{s:s, s:f, s:f, s:b}", "event", "video", "pts", (double) pts / 1e6,
		"arrival", (double) arrival / 1e6, "key", f->pict_type == AV_PICTURE_TYPE_I);
	if (read) {
		json_object_set_new(o, "clock", json_real((double) code.usec / 1e6));
		json_object_set_new(o, "number", json_integer(code.number));
		json_object_set_new(o, "latency_ms", json_real((double) latency / 1e3));
	}
	print_line(o);
}

/* A converter to mono float for sound like this. */
static int prepare_sound(struct watch *w, const AVFrame *f)
{
	AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO;

	if (w->swr && w->swr_format == f->format && w->swr_rate == f->sample_rate &&
		av_channel_layout_compare(&w->swr_layout, &f->ch_layout) == 0)
		return 0;
	swr_free(&w->swr);
	w->swr_format = f->format;
	w->swr_rate = f->sample_rate;
	av_channel_layout_uninit(&w->swr_layout);
	if (f->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
		av_channel_layout_default(&w->swr_layout, f->ch_layout.nb_channels);
	else
		(void) av_channel_layout_copy(&w->swr_layout, &f->ch_layout);
	if (swr_alloc_set_opts2(&w->swr, &mono, AV_SAMPLE_FMT_FLT, f->sample_rate, &w->swr_layout,
		    f->format, f->sample_rate, 0, NULL) < 0)
		return AVERROR(ENOMEM);
	/* The mean of the channels, so that levels are what they were. */
	av_opt_set_double(w->swr, "rematrix_maxval", 1, 0);
	return swr_init(w->swr);
}

static void take_sound(struct watch *w, const AVFrame *f)
{
	_cleanup_(freep) float *mono = NULL;
	uint8_t *out;
	int n;

	if (prepare_sound(w, f) < 0)
		return;
	mono = calloc((size_t) f->nb_samples + 64, sizeof(*mono));
	if (!mono)
		return;
	out = (uint8_t *) mono;
	n = swr_convert(w->swr, &out, f->nb_samples + 64, (const uint8_t **) f->extended_data,
		f->nb_samples);
	if (n > 0)
		audio_stats_add(&w->as, mono, n, f->sample_rate, pts_of(&w->audio, f));
	offset_stats_match(&w->os, &w->vs, &w->as, on_click);
}

static void decode(struct watch *w, struct track *t, const AVPacket *packet, AVFrame *f)
{
	if (avcodec_send_packet(t->ctx, packet) < 0 && packet)
		t->undecodable += t->synced; /* else it has been counted */
	while (avcodec_receive_frame(t->ctx, f) == 0) {
		uint64_t now = usec_now();

		w->start_usec = w->start_usec ? w->start_usec : now;
		w->end_usec = now;
		if (t == &w->video)
			take_picture(w, f, now);
		else
			take_sound(w, f);
		av_frame_unref(f);
	}
}

static void count_packet(struct track *t, const AVPacket *p)
{
	bool key = p->flags & AV_PKT_FLAG_KEY;

	if (t->packets++ == 0)
		t->first_is_key = key;
	else if (p->dts != AV_NOPTS_VALUE)
		t->dts_backwards += p->dts <= t->last_dts;
	if (p->dts != AV_NOPTS_VALUE)
		t->last_dts = p->dts;
	t->keys += key;
	t->synced = t->synced || key;
	t->undecodable += !t->synced;
}

static void watch_stream(struct watch *w)
{
	AVPacket *p = av_packet_alloc();
	AVFrame *f = av_frame_alloc();
	int r = 0;

	while (p && f) {
		w->deadline_usec = usec_now() + w->timeout_usec;
		if (w->start_usec && w->seconds_usec) {
			if (usec_now() >= w->start_usec + w->seconds_usec)
				break;
			w->deadline_usec = MIN(w->deadline_usec,
				w->start_usec + w->seconds_usec + w->timeout_usec);
		}
		r = av_read_frame(w->ic, p);
		if (r < 0)
			break;
		for (struct track *t = &w->video;; t = &w->audio) {
			if (t->st && t->st->index == p->stream_index) {
				count_packet(t, p);
				decode(w, t, p, f);
			}
			if (t == &w->audio)
				break;
		}
		av_packet_unref(p);
	}
	if (r < 0 && r != AVERROR_EOF && !interrupted)
		set_error(w, "cannot read on", r);
	if (r == AVERROR_EOF && w->video.ctx)
		decode(w, &w->video, NULL, f);
	if (r == AVERROR_EOF && w->audio.ctx)
		decode(w, &w->audio, NULL, f);
	av_frame_free(&f);
	av_packet_free(&p);
}

static json_t *track_json(const struct track *t, json_t *stats, uint64_t complained)
{
	const AVCodecParameters *par;
	json_t *o;

	if (!t->st) {
		json_decref(stats);
		return json_null();
	}
	par = t->st->codecpar;
	o = json_pack("{s:s}", "codec", avcodec_get_name(par->codec_id));
	if (par->codec_type == AVMEDIA_TYPE_VIDEO) {
		const char *profile = avcodec_profile_name(par->codec_id, par->profile);

		json_object_set_new(o, "profile", profile ? json_string(profile) : json_null());
		json_object_set_new(o, "width", json_integer(par->width));
		json_object_set_new(o, "height", json_integer(par->height));
		json_object_set_new(o, "keyframes", json_integer((json_int_t) t->keys));
		json_object_set_new(o, "first_is_key", json_boolean(t->first_is_key));
	} else {
		json_object_set_new(o, "rate", json_integer(par->sample_rate));
		json_object_set_new(o, "channels", json_integer(par->ch_layout.nb_channels));
	}
	json_object_set_new(o, "packets", json_integer((json_int_t) t->packets));
	json_object_set_new(o, "undecodable", json_integer((json_int_t) t->undecodable));
	json_object_set_new(o, "complaints", json_integer((json_int_t) complained));
	json_object_set_new(o, "dts_backwards", json_integer((json_int_t) t->dts_backwards));
	json_object_update(o, stats);
	json_decref(stats);
	return o;
}

static void print_summary(struct watch *w)
{
	_cleanup_(freep) char *error = w->error[0] ? url_mask_text(w->error) : NULL;
	size_t flags = w->lines ? JSON_COMPACT : JSON_INDENT(2);
	json_t *o = json_object();

	json_object_set_new(o, "event", json_string("summary"));
	json_object_set_new(
		o, "error", w->error[0] ? json_string(error ? error : "?") : json_null());
	json_object_set_new(o, "seconds", json_real((double) (w->end_usec - w->start_usec) / 1e6));
	json_object_set_new(
		o, "video", track_json(&w->video, video_stats_json(&w->vs), complaints[0]));
	json_object_set_new(
		o, "audio", track_json(&w->audio, audio_stats_json(&w->as), complaints[1]));
	json_object_set_new(o, "latency_ms", latency_json(&w->vs));
	json_object_set_new(o, "av_offset_ms", offset_stats_json(&w->os));
	json_dumpf(o, stdout, flags | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(12));
	putchar('\n');
	json_decref(o);
}

static int write_pgm(const struct watch *w)
{
	_cleanup_(fclosep) FILE *f = NULL;
	const AVFrame *p = w->converted;

	if (!w->pgm || !p->data[0])
		return 0;
	f = fopen(w->pgm, "w");
	if (!f)
		return -errno;
	fprintf(f, "P5\n%d %d\n255\n", p->width, p->height);
	for (int y = 0; y < p->height; y++)
		fwrite(p->data[0] + (ptrdiff_t) y * p->linesize[0], 1, (size_t) p->width, f);
	return ferror(f) ? -EIO : 0;
}

static bool parse_seconds(const char *text, uint64_t *ret)
{
	char *end;
	double v = strtod(text, &end);

	if (*end || end == text || !(v >= 0 && v < 1e9))
		return false;
	*ret = (uint64_t) (v * 1e6);
	return true;
}

/* Returns 0 to go on, 1 when help was shown, 2 for wrong usage. */
static int parse_options(struct watch *w, int argc, char **argv)
{
	static const struct option options[] = {
		{ "seconds", required_argument, NULL, 's' },
		{ "timeout", required_argument, NULL, 't' },
		{ "settle", required_argument, NULL, 'S' },
		{ "json", no_argument, NULL, 'j' },
		{ "pgm", required_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	bool good = true;
	int c;

	while (good && (c = getopt_long(argc, argv, "s:t:S:jp:h", options, NULL)) >= 0) {
		if (c == 's')
			good = parse_seconds(optarg, &w->seconds_usec);
		else if (c == 't')
			good = parse_seconds(optarg, &w->timeout_usec);
		else if (c == 'S')
			good = parse_seconds(optarg, &w->settle_usec);
		else if (c == 'j')
			w->lines = print_clicks = true;
		else if (c == 'p')
			w->pgm = optarg;
		else if (c == 'h')
			return 1;
		else
			good = false;
	}
	if (!good || optind + 1 != argc)
		return 2;
	w->url = argv[optind];
	return 0;
}

int main(int argc, char **argv)
{
	struct watch w = { .seconds_usec = 10 * USEC_PER_SEC,
		.timeout_usec = 10 * USEC_PER_SEC,
		.settle_usec = USEC_PER_SEC };
	const struct sigaction sa = { .sa_handler = on_signal };
	int r = parse_options(&w, argc, argv);

	if (r > 0) {
		fputs(help_text, r == 1 ? stdout : stderr);
		return r == 1 ? 0 : 2;
	}
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	av_log_set_callback(on_log);
	w.converted = av_frame_alloc();
	if (open_stream(&w) >= 0)
		watch_stream(&w);
	print_summary(&w);
	if (write_pgm(&w) < 0)
		fprintf(stderr, "egm-watch: cannot write %s\n", w.pgm);
	avcodec_free_context(&w.video.ctx);
	avcodec_free_context(&w.audio.ctx);
	avformat_close_input(&w.ic);
	sws_freeContext(w.sws);
	swr_free(&w.swr);
	av_channel_layout_uninit(&w.swr_layout);
	av_frame_free(&w.converted);
	stats_deinit(&w.vs, &w.as, &w.os);
	return w.start_usec ? 0 : 1;
}
