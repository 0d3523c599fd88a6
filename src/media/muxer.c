/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libavformat from connect to close. Every wait inside libavformat asks should_stop() ten times a
 * second; the deadline it compares with is set before each operation. Packets are written one by
 * one without interleaving: they arrive in the order of the encoders, and waiting for the other
 * track would only add delay.
 */
#include "media/muxer.h"

#include <fcntl.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <stdatomic.h>
#include <string.h>
#include <strings.h>

#include "common/usec.h"
#include "media/av-error.h"
#include "media/av-log.h"
#include "media/cork.h"
#include "media/hls.h"

#define FILE_NUMBER_MAX 9999

/* What the kernel may hold back: little, so that a stalled peer shows in our queue, which knows
 * what to drop, and not after megabytes of sound and picture. SRT keeps what may have to be sent
 * again. */
#define TCP_BUFFER_MIN (64 * 1024)
#define TCP_BUFFER_MAX (1024 * 1024)
#define SRT_BUFFER_MIN (256 * 1024)
#define SRT_BUFFER_MAX (8 * 1024 * 1024)

struct muxer {
	/* any thread */
	atomic_bool interrupted;
	atomic_uint_fast64_t hurry_usec;
	/* the owner's */
	struct muxer_settings settings;
	AVFormatContext *oc; /* NULL: closed */
	AVPacket *scratch;
	struct hls_io hls_io;
	uint64_t deadline_usec;
	char *path;               /* of a file or playlist */
	int stream[_TRACK_MAX];   /* index of each track's stream, -1: none */
	int64_t last[_TRACK_MAX]; /* in the stream's time base */
	int64_t base_usec;
	int mark;     /* of the session's socket, see cork.h */
	int socket;   /* … which is not ours to close; -1: not found, or none */
	bool held;    /* … keeps what it is given for now */
	bool header;  /* has been written */
	bool created; /* path is a file that this session made */
	bool based;   /* the first video keyframe came */
	bool written; /* … and went out */
	bool failed;
	uint64_t bytes;
};

static const struct {
	const char *prefix;
	const char *format;
} schemes[] = {
	{ "rtmp://", "flv" },
	{ "rtmps://", "flv" },
	{ "rtmpt://", "flv" },
	{ "rtmpts://", "flv" },
	{ "rtmpe://", "flv" },
	{ "srt://", "mpegts" },
};

static const struct {
	const char *end;
	const char *format;
} endings[] = {
	{ ".m3u8", "hls" },
	{ ".flv", "flv" },
	{ ".ts", "mpegts" },
	{ ".mkv", "matroska" },
	{ ".mp4", "mp4" },
};

/* The path behind file:, or the text itself when it has no scheme; NULL for other schemes. */
static const char *path_of(const char *url)
{
	if (strncasecmp(url, "file://", 7) == 0)
		return url + 7;
	if (strncasecmp(url, "file:", 5) == 0)
		return url + 5;
	return strstr(url, "://") ? NULL : url;
}

const char *muxer_format_of(const char *url)
{
	const char *path = path_of(url), *name, *dot;

	for (size_t i = 0; !path && i < ARRAY_SIZE(schemes); i++) {
		if (strncasecmp(url, schemes[i].prefix, strlen(schemes[i].prefix)) == 0)
			return schemes[i].format;
	}
	if (!path)
		return NULL;
	name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	dot = strrchr(name, '.');
	for (size_t i = 0; dot && dot > name && i < ARRAY_SIZE(endings); i++) {
		if (strcasecmp(dot, endings[i].end) == 0)
			return endings[i].format;
	}
	return NULL;
}

bool muxer_is_file(const char *url)
{
	return path_of(url) && muxer_format_of(url);
}

int muxer_new(struct muxer **ret)
{
	struct muxer *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->scratch = av_packet_alloc();
	if (!m->scratch) {
		free(m);
		return -ENOMEM;
	}
	atomic_init(&m->interrupted, false);
	atomic_init(&m->hurry_usec, USEC_INFINITY);
	avlog_capture();
	*ret = m;
	return 0;
}

struct muxer *muxer_free(struct muxer *m)
{
	if (!m)
		return NULL;
	muxer_close(m);
	av_packet_free(&m->scratch);
	free(m);
	return NULL;
}

static bool is_late(struct muxer *m)
{
	return usec_now() > MIN(m->deadline_usec, atomic_load(&m->hurry_usec));
}

static int should_stop(void *opaque)
{
	struct muxer *m = opaque;

	return atomic_load(&m->interrupted) || is_late(m);
}

static void begin(struct muxer *m, uint64_t timeout_usec)
{
	m->deadline_usec =
		timeout_usec == USEC_INFINITY ? USEC_INFINITY : usec_now() + timeout_usec;
	avlog_clear();
}

/* Codes that say nothing: then libav's line says more, unless it only repeats the code. Refusals of
 * an RTMP server come as EPERM. */
static bool is_vague(int err, const char *line)
{
	return line[0] && strncmp(line, "Connection to ", 14) != 0 &&
	       (err == -EIO || err == -EPERM || err == -EINVAL || err == -EBADMSG ||
		       err == -ENOMSG);
}

/* Words of our own for a peer about which nobody knows more. */
static const char *broken_words(struct muxer *m, bool opening)
{
	if (!opening)
		return "the connection broke";
	if (m->oc && strcmp(m->oc->oformat->name, "mpegts") == 0)
		return "the peer refused the connection (passphrase or stream id?)";
	return "the peer closed the connection before the stream began";
}

/* The errno for what libav returned, with words. late: those for a missed deadline, with a %g for
 * the seconds. */
static int explain(
	struct muxer *m, int averror, uint64_t limit_usec, bool opening, char *why, size_t why_size)
{
	const char *line = avlog_line();
	double limit_sec = (double) limit_usec / USEC_PER_SEC;
	int r = av_errno(averror);

	if (atomic_load(&m->interrupted)) {
		snprintf(why, why_size, "interrupted");
		return -ECANCELED;
	}
	if (is_late(m)) {
		snprintf(why, why_size, opening ? "no answer within %g s" : "took no data for %g s",
			limit_sec);
		return -ETIMEDOUT;
	}
	if (is_vague(r, line))
		snprintf(why, why_size, "%s", line);
	else if (!m->path && (r == -EIO || r == -EPIPE))
		snprintf(why, why_size, "%s", broken_words(m, opening));
	else
		(void) av_errno_words(averror, why, why_size);
	return r;
}

/* Creates a file that was not there: NAME.EXT, else NAME.1.EXT, NAME.2.EXT … */
static int create_file(const char *name, char **ret)
{
	const char *dot = strrchr(name, '.');

	for (int i = 0; i <= FILE_NUMBER_MAX; i++) {
		_cleanup_(freep) char *path = NULL;
		_cleanup_(closep) int fd = -1;
		int n;

		n = i == 0 ? asprintf(&path, "%s", name)
			   : asprintf(&path, "%.*s.%d%s", (int) (dot - name), name, i, dot);
		if (n < 0) {
			path = NULL;
			return -ENOMEM;
		}
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
		if (fd >= 0) {
			*ret = TAKE_PTR(path);
			return 0;
		}
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

static void add_stream(struct muxer *m, enum track track, const AVCodecParameters *par,
	const struct tracks *tracks, int *r)
{
	AVStream *st;

	m->stream[track] = -1;
	m->last[track] = INT64_MIN;
	if (!par || *r < 0)
		return;
	st = avformat_new_stream(m->oc, NULL);
	if (!st) {
		*r = AVERROR(ENOMEM);
		return;
	}
	*r = avcodec_parameters_copy(st->codecpar, par);
	st->codecpar->codec_tag = 0; /* each container has its own */
	st->time_base = (AVRational){ 1, track == TRACK_VIDEO ? 90000 : par->sample_rate };
	if (track == TRACK_VIDEO && tracks->rate_num > 0 && tracks->rate_den > 0)
		st->avg_frame_rate = (AVRational){ tracks->rate_num, tracks->rate_den };
	m->stream[track] = st->index;
}

/* Bytes of so many milliseconds of this stream. */
static int64_t bytes_of(const struct tracks *t, int64_t msec, int64_t min, int64_t max)
{
	int64_t bits = t->video->bit_rate + (t->audio ? t->audio->bit_rate : 0);

	return CLAMP(bits / 8 * msec / 1000, min, max);
}

static void set_network_options(struct muxer *m, const struct tracks *t, AVDictionary **opts)
{
	int64_t tcp = bytes_of(t, 250, TCP_BUFFER_MIN, TCP_BUFFER_MAX);
	int64_t srt = bytes_of(t, 1500, SRT_BUFFER_MIN, SRT_BUFFER_MAX);

	if (strcmp(m->oc->oformat->name, "flv") == 0) {
		m->mark = cork_mark();
		av_dict_set(opts, "tcp_nodelay", "1", 0);
		av_dict_set_int(opts, "send_buffer_size", tcp, 0);
		av_dict_set_int(opts, "recv_buffer_size", m->mark, 0);
		return;
	}
	av_dict_set(opts, "transtype", "live", 0);
	av_dict_set(opts, "payload_size", "1316", 0);
	av_dict_set(opts, "latency", "200000", 0);
	av_dict_set_int(opts, "sndbuf", srt, 0);
	/* SRT would drop single packets out of the middle; refusing more lets the queue drop tails.
	 */
	av_dict_set(opts, "snddropdelay", "-1", 0);
	av_dict_set_int(opts, "connect_timeout", (int64_t) (m->settings.connect_usec / 1000), 0);
}

static int set_hls_options(struct muxer *m, AVDictionary **opts)
{
	const struct muxer_settings *s = &m->settings;
	struct hls_plan plan;
	int r;

	r = hls_plan_init(&plan, m->path, s->hls_seconds, s->hls_segments, s->hls_fmp4);
	if (r < 0)
		return r;
	hls_io_attach(&m->hls_io, m->oc);
	av_dict_set_int(opts, "hls_time", s->hls_seconds, 0);
	av_dict_set_int(opts, "hls_list_size", s->hls_segments, 0);
	av_dict_set(opts, "hls_delete_threshold", "3", 0);
	av_dict_set_int(opts, "start_number", plan.start_number, 0);
	av_dict_set(opts, "hls_segment_filename", plan.segments, 0);
	av_dict_set(opts, "hls_flags",
		plan.append ? "delete_segments+temp_file+independent_segments+program_date_time+"
			      "omit_endlist+append_list"
			    : "delete_segments+temp_file+independent_segments+program_date_time+"
			      "omit_endlist",
		0);
	if (s->hls_fmp4) {
		av_dict_set(opts, "hls_segment_type", "fmp4", 0);
		av_dict_set(opts, "hls_fmp4_init_filename", plan.init_name, 0);
	}
	hls_plan_deinit(&plan);
	return 0;
}

static int set_format_options(struct muxer *m, AVDictionary **opts)
{
	const char *format = m->oc->oformat->name;

	if (strcmp(format, "hls") == 0)
		return set_hls_options(m, opts);
	if (strcmp(format, "flv") == 0 && !m->path)
		av_dict_set(opts, "flvflags", "no_duration_filesize", 0);
	if (strcmp(format, "mpegts") == 0) {
		/* Else a block of sound is held back until the next one. */
		av_dict_set(opts, "pes_payload_size", "0", 0);
		av_dict_set(opts, "mpegts_flags", "initial_discontinuity", 0);
	}
	if (strcmp(format, "matroska") == 0)
		av_dict_set(opts, "cluster_time_limit", "1000", 0);
	if (strcmp(format, "mp4") == 0) {
		av_dict_set(opts, "movflags", "frag_keyframe+empty_moov+default_base_moof", 0);
		av_dict_set(opts, "frag_duration", "5000000", 0);
	}
	return 0;
}

/* Opens the bytes' way out. HLS opens its files itself. */
static int open_io(struct muxer *m, const char *url, const struct tracks *tracks)
{
	_cleanup_(freep) char *file_url = NULL;
	AVDictionary *opts = NULL;
	int r;

	if (m->oc->oformat->flags & AVFMT_NOFILE)
		return 0;
	if (!m->path) {
		set_network_options(m, tracks, &opts);
	} else if (asprintf(&file_url, "file:%s", m->path) < 0) {
		file_url = NULL;
		return AVERROR(ENOMEM);
	}
	r = avio_open2(&m->oc->pb, file_url ? file_url : url, AVIO_FLAG_WRITE,
		&m->oc->interrupt_callback, &opts);
	av_dict_free(&opts);
	if (r >= 0 && m->mark)
		m->socket = cork_find(m->mark);
	return r;
}

static int open_session(struct muxer *m, const char *url, const struct tracks *tracks)
{
	const char *path = path_of(url), *format = muxer_format_of(url);
	AVDictionary *opts = NULL;
	int r;

	if (!format)
		return AVERROR_PROTOCOL_NOT_FOUND;
	if (path) {
		if (strcmp(format, "hls") == 0)
			r = (m->path = strdup(path)) ? 0 : -ENOMEM;
		else
			r = create_file(path, &m->path);
		if (r < 0)
			return r;
		m->created = strcmp(format, "hls") != 0;
	}
	r = avformat_alloc_output_context2(&m->oc, NULL, format, m->path ? m->path : url);
	if (r < 0)
		return r;
	m->oc->interrupt_callback = (AVIOInterruptCB){ .callback = should_stop, .opaque = m };
	m->oc->flags |= AVFMT_FLAG_FLUSH_PACKETS;
	m->oc->max_delay = 0;
	add_stream(m, TRACK_VIDEO, tracks->video, tracks, &r);
	add_stream(m, TRACK_AUDIO, tracks->audio, tracks, &r);
	if (r >= 0)
		r = open_io(m, url, tracks);
	if (r >= 0)
		r = set_format_options(m, &opts);
	if (r >= 0)
		r = avformat_write_header(m->oc, &opts);
	m->header = r >= 0;
	av_dict_free(&opts);
	if (r >= 0 && m->oc->pb) {
		avio_flush(m->oc->pb);
		r = m->oc->pb->error;
	}
	return r;
}

/* A listener waits for its caller as long as it takes. */
static uint64_t open_timeout(const char *url, const struct muxer_settings *s)
{
	return strncasecmp(url, "srt://", 6) == 0 && strstr(url, "mode=listener") ? USEC_INFINITY
										  : s->connect_usec;
}

int muxer_open(struct muxer *m, const char *url, const struct muxer_settings *settings,
	struct tracks *tracks, char *why, size_t why_size)
{
	int r;

	muxer_close(m);
	m->settings = *settings;
	m->header = m->created = m->based = m->written = m->failed = m->held = false;
	m->bytes = 0;
	m->mark = 0;
	m->socket = -1;
	begin(m, open_timeout(url, settings));
	r = should_stop(m) ? AVERROR_EXIT : open_session(m, url, tracks);
	if (r >= 0)
		return 0;
	r = explain(m, r, settings->connect_usec, true, why, why_size);
	m->failed = true;
	muxer_close(m);
	return r;
}

/* The packet's times on the stream's clock. Rounding may make two collide, and containers want them
 * to grow: then the later one moves by a tick. */
static void set_times(struct muxer *m, const struct packet *p)
{
	const AVRational usec = { 1, USEC_PER_SEC };
	AVRational tb = m->oc->streams[m->stream[p->track]]->time_base;
	AVPacket *av = m->scratch;
	int64_t *last = &m->last[p->track];

	av->dts = av_rescale_q(p->dts_usec - m->base_usec, usec, tb);
	if (*last != INT64_MIN)
		av->dts = MAX(av->dts, *last + 1);
	av->pts = MAX(av_rescale_q(p->pts_usec - m->base_usec, usec, tb), av->dts);
	av->duration = av_rescale_q(p->duration_usec, usec, tb);
	*last = av->dts;
}

static void hold(struct muxer *m, bool on)
{
	if (m->held != on)
		cork_set(m->socket, on);
	m->held = on;
}

int muxer_write(struct muxer *m, const struct packet *p, bool more, char *why, size_t why_size)
{
	bool picture = p->track == TRACK_VIDEO;
	int r;

	if (!m->oc || m->failed) {
		snprintf(why, why_size, "not connected");
		return -ENOTCONN;
	}
	if (!m->based && picture && p->key) {
		m->based = true;
		m->base_usec = p->pts_usec;
	}
	if (!m->based || p->dts_usec < m->base_usec || m->stream[p->track] < 0)
		return 0;

	begin(m, m->settings.write_usec);
	r = av_packet_ref(m->scratch, p->av);
	if (r >= 0) {
		m->scratch->stream_index = m->stream[p->track];
		m->scratch->flags = picture && !p->key ? 0 : AV_PKT_FLAG_KEY;
		set_times(m, p);
		hold(m, true);
		r = av_write_frame(m->oc, m->scratch);
		hold(m, more && r >= 0);
		av_packet_unref(m->scratch);
	}
	if (r >= 0 && m->oc->pb && m->oc->pb->error < 0)
		r = m->oc->pb->error;
	if (r >= 0)
		r = m->hls_io.error;
	if (r < 0) {
		m->failed = true;
		return explain(m, r, m->settings.write_usec, false, why, why_size);
	}
	m->bytes += p->size;
	m->written |= picture;
	return 0;
}

/* The HLS muxer frees part of what it holds in its trailer only. */
static void write_trailer(struct muxer *m)
{
	bool sensible = m->written && !m->failed, hls = m->oc->oformat->flags & AVFMT_NOFILE;

	if (hls && !sensible)
		hls_io_refuse(&m->hls_io);
	if (m->header && (sensible || hls))
		(void) av_write_trailer(m->oc);
}

void muxer_close(struct muxer *m)
{
	/* To a peer that has failed nothing is said. */
	begin(m, m->failed ? 0 : m->settings.close_usec);
	hold(m, false);
	if (m->oc) {
		write_trailer(m);
		if (!(m->oc->oformat->flags & AVFMT_NOFILE))
			avio_closep(&m->oc->pb);
		avformat_free_context(m->oc);
		m->oc = NULL;
	}
	hls_io_deinit(&m->hls_io);
	if (m->created && !m->written && m->path)
		(void) unlink(m->path);
	free(m->path);
	m->path = NULL;
}

uint64_t muxer_bytes(const struct muxer *m)
{
	return m->bytes;
}

const char *muxer_path(const struct muxer *m)
{
	return m->path;
}

void muxer_interrupt(struct muxer *m)
{
	atomic_store(&m->interrupted, true);
}

void muxer_hurry(struct muxer *m, uint64_t until_usec)
{
	uint_fast64_t old = atomic_load(&m->hurry_usec);

	while (until_usec < old && !atomic_compare_exchange_weak(&m->hurry_usec, &old, until_usec))
		;
}
