/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way out by libavformat, from connect to close. Every wait inside libavformat asks
 * should_stop() ten times a second; the deadline it compares with is set before each operation.
 * Packets are written one by one without interleaving: they arrive in the order of the encoders,
 * and waiting for the other track would only add delay.
 */
#include "media/muxer-private.h"

#include <fcntl.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <string.h>
#include <sys/stat.h>

#include "common/destination.h"
#include "common/usec.h"
#include "media/av-error.h"
#include "media/av-log.h"
#include "media/cork.h"
#include "media/datagrams.h"
#include "media/hls.h"
#include "media/muxer-options.h"
#include "media/reach.h"
#include "media/tls-reason.h"

#define FILE_NUMBER_MAX 9999

struct muxer_av {
	AVFormatContext *oc; /* NULL: closed */
	AVPacket *scratch;
	struct hls_io hls_io;
	struct datagrams *datagrams; /* NULL: it is not them that the bytes go out by */
	char words[128];             /* of ours, for a failure that no code tells */
	int64_t head_bytes;          /* of the file, before the first packet */
	int stream[_TRACK_MAX];      /* index of each track's stream, -1: none */
	int mark;                    /* of the session's socket, see cork.h */
	int socket;                  /* … which is not ours to close; -1: not found, or none */
	bool held;                   /* … keeps what it is given for now */
	bool header;                 /* has been written */
};

int muxer_av_new(struct muxer *m)
{
	m->av = calloc(1, sizeof(*m->av));
	if (m->av)
		m->av->scratch = av_packet_alloc();
	avlog_capture();
	return m->av && m->av->scratch ? 0 : -ENOMEM;
}

void muxer_av_free(struct muxer *m)
{
	if (m->av)
		av_packet_free(&m->av->scratch);
	free(m->av);
}

static int should_stop(void *opaque)
{
	return muxer_should_stop(opaque);
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
	if (m->av->oc && strcmp(m->av->oc->oformat->name, "mpegts") == 0)
		return "the peer refused the connection (passphrase or stream id?)";
	return "the peer closed the connection before the stream began";
}

/* An error of TLS, of which libavformat knows no more than that it is one. What the server itself
 * said comes later. */
static bool explain_tls(struct muxer *m, const char *line, char *why, size_t size)
{
	const struct muxer_settings *s = &m->settings;
	const AVFormatContext *oc = m->av->oc;
	struct reach_place p;

	return oc && oc->url && destination_is(oc->url, "rtmps") &&
	       strncmp(line, "Server error", 12) != 0 && reach_find(oc->url, &p) &&
	       tls_reason(p.host, p.port, s->tls_unverified ? NULL : s->ca_file,
		       muxer_rtmp_guard(m), why, size);
}

static int explain(struct muxer *m, int averror, bool opening, char *why, size_t why_size)
{
	const char *line = avlog_line();
	int r = av_errno(averror);

	if (m->av->words[0])
		snprintf(why, why_size, "%s", m->av->words);
	else if (opening && r == -EIO && explain_tls(m, line, why, why_size))
		return r;
	else if (is_vague(r, line))
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

/* Each container has its own; of the two that MP4 has for HEVC Apple's players take only this one.
 */
static uint32_t tag_of(const struct muxer *m, const AVCodecParameters *par)
{
	const char *format = m->av->oc->oformat->name;

	if (par->codec_id == AV_CODEC_ID_HEVC &&
		(strcmp(format, "mp4") == 0 ||
			(strcmp(format, "hls") == 0 && m->settings.hls_fmp4)))
		return MKTAG('h', 'v', 'c', '1');
	return 0;
}

static void add_stream(struct muxer *m, enum track track, const AVCodecParameters *par,
	const struct tracks *tracks, int *r)
{
	AVStream *st;

	m->av->stream[track] = -1;
	if (!par || *r < 0)
		return;
	st = avformat_new_stream(m->av->oc, NULL);
	if (!st) {
		*r = AVERROR(ENOMEM);
		return;
	}
	*r = avcodec_parameters_copy(st->codecpar, par);
	st->codecpar->codec_tag = tag_of(m, par);
	st->time_base = (AVRational){ 1, track == TRACK_VIDEO ? 90000 : par->sample_rate };
	if (track == TRACK_VIDEO && tracks->rate_num > 0 && tracks->rate_den > 0)
		st->avg_frame_rate = (AVRational){ tracks->rate_num, tracks->rate_den };
	m->av->stream[track] = st->index;
}

static int set_hls_options(struct muxer *m, AVDictionary **opts)
{
	const struct muxer_settings *s = &m->settings;
	struct hls_plan plan;
	int r;

	r = hls_plan_init(&plan, m->path, s->hls_seconds, s->hls_segments, s->hls_fmp4);
	if (r < 0)
		return r;
	hls_io_attach(&m->av->hls_io, m->av->oc);
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

static int open_datagrams(struct muxer *m, const char *url)
{
	struct muxer_av *av = m->av;
	int r = datagrams_open(&av->datagrams, m, url, av->words, sizeof(av->words));

	if (r == 0) {
		av->oc->pb = datagrams_io(av->datagrams);
		av->oc->flags |= AVFMT_FLAG_CUSTOM_IO;
	}
	return r;
}

static int open_file(struct muxer *m)
{
	_cleanup_(freep) char *url = NULL;

	if (asprintf(&url, "file:%s", m->path) < 0) {
		url = NULL;
		return AVERROR(ENOMEM);
	}
	return avio_open2(
		&m->av->oc->pb, url, AVIO_FLAG_WRITE, &m->av->oc->interrupt_callback, NULL);
}

/* Opens the bytes' way out. HLS and RTSP open theirs themselves. */
static int open_io(struct muxer *m, const char *url, const struct tracks *tracks)
{
	struct muxer_av *av = m->av;
	AVDictionary *opts = NULL;
	int r;

	if (av->oc->oformat->flags & AVFMT_NOFILE)
		return 0;
	if (m->path)
		return open_file(m);
	if (destination_is(url, "udp"))
		return open_datagrams(m, url);
	if (strcmp(av->oc->oformat->name, "flv") == 0)
		av->mark = cork_mark();
	r = muxer_network_options(
		m, av->oc, url, tracks, av->mark, &opts, av->words, sizeof(av->words));
	if (r >= 0)
		r = avio_open2(
			&av->oc->pb, url, AVIO_FLAG_WRITE, &av->oc->interrupt_callback, &opts);
	av_dict_free(&opts);
	if (r >= 0 && av->mark)
		av->socket = cork_find(av->mark);
	return r;
}

static int open_session(struct muxer *m, const char *url, const struct tracks *tracks)
{
	const char *path = destination_path(url), *format = destination_format(url);
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
	r = avformat_alloc_output_context2(&m->av->oc, NULL, format, m->path ? m->path : url);
	if (r < 0)
		return r;
	m->av->oc->interrupt_callback = (AVIOInterruptCB){ .callback = should_stop, .opaque = m };
	m->av->oc->flags |= AVFMT_FLAG_FLUSH_PACKETS;
	m->av->oc->max_delay = 0;
	add_stream(m, TRACK_VIDEO, tracks->video, tracks, &r);
	add_stream(m, TRACK_AUDIO, tracks->audio, tracks, &r);
	if (r >= 0)
		r = open_io(m, url, tracks);
	if (r >= 0 && strcmp(format, "hls") == 0)
		r = set_hls_options(m, &opts);
	if (r >= 0)
		muxer_format_options(m->av->oc, m->path != NULL, &opts);
	if (r >= 0)
		r = avformat_write_header(m->av->oc, &opts);
	m->av->header = r >= 0;
	av_dict_free(&opts);
	if (r >= 0 && m->av->oc->pb) {
		avio_flush(m->av->oc->pb);
		r = m->av->oc->pb->error;
		m->av->head_bytes = avio_tell(m->av->oc->pb);
	}
	return r;
}

static void hold(struct muxer_av *av, bool on)
{
	if (av->held != on)
		cork_set(av->socket, on);
	av->held = on;
}

static int open_av(struct muxer *m, const char *url, const struct tracks *tracks)
{
	struct muxer_av *av = m->av;

	av->header = av->held = false;
	av->mark = 0;
	av->words[0] = '\0';
	av->head_bytes = 0;
	av->socket = -1;
	avlog_clear();
	return open_session(m, url, tracks);
}

/* The packet's times on the stream's clock. */
static void set_times(struct muxer *m, const struct packet *p)
{
	const AVRational usec = { 1, USEC_PER_SEC };
	AVRational tb = m->av->oc->streams[m->av->stream[p->track]]->time_base;
	AVPacket *av = m->av->scratch;

	av->dts = muxer_next_time(m, p->track, av_rescale_q(p->dts_usec - m->base_usec, usec, tb));
	av->pts = MAX(av_rescale_q(p->pts_usec - m->base_usec, usec, tb), av->dts);
	av->duration = av_rescale_q(p->duration_usec, usec, tb);
}

/* In MPEG-TS each IDR brings its own parameter sets, and nothing else describes them. */
static int follow_av(struct muxer *m, const struct tracks *tracks)
{
	(void) tracks;
	return strcmp(m->av->oc->oformat->name, "mpegts") == 0 && !m->path ? 0 : -ENOTSUP;
}

static int write_av(struct muxer *m, struct packet *p, bool more)
{
	struct muxer_av *av = m->av;
	int r;

	if (av->stream[p->track] < 0)
		return 1;
	avlog_clear();
	r = av_packet_ref(av->scratch, p->av);
	if (r < 0)
		return r;
	av->scratch->stream_index = av->stream[p->track];
	av->scratch->flags = p->track == TRACK_VIDEO && !p->key ? 0 : AV_PKT_FLAG_KEY;
	set_times(m, p);
	hold(av, true);
	r = av_write_frame(av->oc, av->scratch);
	hold(av, more && r >= 0);
	av_packet_unref(av->scratch);
	if (r >= 0 && av->oc->pb && av->oc->pb->error < 0)
		r = av->oc->pb->error;
	if (r >= 0)
		r = av->hls_io.error;
	return MIN(r, 0);
}

/* The muxers of HLS and RTSP free part of what they hold in their trailer only. */
static void write_trailer(struct muxer *m)
{
	struct muxer_av *av = m->av;
	bool sensible = m->written && !m->failed, always = av->oc->oformat->flags & AVFMT_NOFILE;

	if (always && !sensible)
		hls_io_refuse(&av->hls_io);
	if (av->header && (sensible || always))
		(void) av_write_trailer(av->oc);
}

/* What was written into a file whose disk is full may have got no further than its head. */
static void forget_unwritten(struct muxer *m)
{
	struct stat st;

	if (m->failed && m->created && stat(m->path, &st) == 0 && st.st_size <= m->av->head_bytes)
		m->written = false;
}

static void close_io(struct muxer_av *av)
{
	if (av->datagrams)
		av->oc->pb = NULL;
	else if (!(av->oc->oformat->flags & AVFMT_NOFILE))
		avio_closep(&av->oc->pb);
	av->datagrams = datagrams_close(av->datagrams);
}

static void close_av(struct muxer *m)
{
	struct muxer_av *av = m->av;

	avlog_clear();
	hold(av, false);
	if (av->oc) {
		write_trailer(m);
		close_io(av);
		forget_unwritten(m);
		avformat_free_context(av->oc);
		av->oc = NULL;
	}
	hls_io_deinit(&av->hls_io);
}

const struct muxer_ops muxer_av_ops = {
	.open = open_av,
	.write = write_av,
	.follow = follow_av,
	.close = close_av,
	.explain = explain,
};
