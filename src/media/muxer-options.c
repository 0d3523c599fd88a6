/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/muxer-options.h"

#include <libavformat/avformat.h>
#include <string.h>

#include "common/destination.h"
#include "common/usec.h"
#include "media/muxer-private.h"

/* SRT keeps what may have to be sent again. */
#define SRT_BUFFER_MIN (256 * 1024)
#define SRT_BUFFER_MAX (8 * 1024 * 1024)

int64_t muxer_bytes_of(const struct tracks *t, int64_t msec)
{
	int64_t bits = t->video->bit_rate + (t->audio ? t->audio->bit_rate : 0);

	return bits / 8 * msec / 1000;
}

static bool is_format(const AVFormatContext *oc, const char *name)
{
	return strcmp(oc->oformat->name, name) == 0;
}

/* libavformat takes any server for the right one unless it is told otherwise, and says about a file
 * that it cannot read no more than that nobody is trusted. */
static int tls_options(const struct muxer_settings *s, AVDictionary **opts, char *why, size_t size)
{
	av_dict_set(opts, "tls_verify", s->tls_unverified ? "0" : "1", 0);
	if (!s->ca_file[0] || s->tls_unverified)
		return 0;
	if (access(s->ca_file, R_OK) < 0) {
		int r = -errno;

		snprintf(why, size, "%s: %s", s->ca_file, strerror(-r));
		return r;
	}
	av_dict_set(opts, "ca_file", s->ca_file, 0);
	return 0;
}

static void srt_options(const struct muxer_settings *s, const struct tracks *t, AVDictionary **opts)
{
	int64_t buffer = CLAMP(muxer_bytes_of(t, 1500), SRT_BUFFER_MIN, SRT_BUFFER_MAX);

	av_dict_set(opts, "transtype", "live", 0);
	av_dict_set(opts, "payload_size", "1316", 0);
	av_dict_set(opts, "latency", "200000", 0);
	av_dict_set_int(opts, "sndbuf", buffer, 0);
	/* SRT would drop single packets out of the middle; refusing more lets the queue drop tails.
	 */
	av_dict_set(opts, "snddropdelay", "-1", 0);
	av_dict_set_int(opts, "connect_timeout", (int64_t) (s->connect_usec / 1000), 0);
}

int muxer_network_options(struct muxer *m, const AVFormatContext *oc, const char *url,
	const struct tracks *t, int mark, AVDictionary **opts, char *why, size_t why_size)
{
	if (!is_format(oc, "flv")) {
		srt_options(&m->settings, t, opts);
		return 0;
	}
	av_dict_set(opts, "tcp_nodelay", "1", 0);
	av_dict_set_int(opts, "send_buffer_size", muxer_tcp_buffer(t), 0);
	av_dict_set_int(opts, "recv_buffer_size", mark, 0);
	return destination_is(url, "rtmps") ? tls_options(&m->settings, opts, why, why_size) : 0;
}

void muxer_format_options(const AVFormatContext *oc, bool file, AVDictionary **opts)
{
	if (is_format(oc, "flv") && !file)
		av_dict_set(opts, "flvflags", "no_duration_filesize", 0);
	if (is_format(oc, "rtsp"))
		av_dict_set(opts, "rtsp_transport", "tcp", 0);
	if (is_format(oc, "mpegts")) {
		/* Else a block of sound is held back until the next one. */
		av_dict_set(opts, "pes_payload_size", "0", 0);
		av_dict_set(opts, "mpegts_flags", "initial_discontinuity", 0);
	}
	if (is_format(oc, "matroska"))
		av_dict_set(opts, "cluster_time_limit", "1000", 0);
	if (is_format(oc, "mp4")) {
		av_dict_set(opts, "movflags", "frag_keyframe+empty_moov+default_base_moof", 0);
		av_dict_set(opts, "frag_duration", "5000000", 0);
	}
}
