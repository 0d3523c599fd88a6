/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way out by our own RTMP. The bytes of a packet go to the kernel from where the encoder has
 * left them, which is why packets that wait for the next one are kept.
 */
#include <libavcodec/avcodec.h>
#include <string.h>

#include "common/usec.h"
#include "common/utf8.h"
#include "media/annexb.h"
#include "media/av-error.h"
#include "media/muxer-private.h"
#include "rtmp/flv.h"
#include "rtmp/session.h"
#include "rtmp/target.h"

#define HELD_MAX 16   /* packets that go out together at most */
#define LENGTH_SIZE 4 /* bytes in front of each unit */
#define ENCODER "egm-streamer " PACKAGE_VERSION

struct muxer_rtmp {
	struct rtmp *session;
	struct wire_guard guard;
	struct packet *held[HELD_MAX];
	size_t n;
	bool sound;        /* there is a track of it */
	bool writing;      /* each packet has its own time */
	uint32_t now_msec; /* time of what describes the tracks */
};

bool muxer_rtmp_takes(const char *url)
{
	return rtmp_target_is_ours(url);
}

/* The time at which muxer_should_stop() is true by itself. */
static uint64_t until(void *userdata)
{
	const struct muxer *m = userdata;
	uint64_t end = MIN(m->deadline_usec, atomic_load(&m->hurry_usec));

	if (atomic_load(&m->interrupted))
		return 0;
	return end == USEC_INFINITY ? end : end + 1;
}

static void progress(void *userdata)
{
	struct muxer *m = userdata;

	if (m->rtmp->writing)
		m->deadline_usec = usec_now() + m->settings.write_usec;
}

int muxer_rtmp_new(struct muxer *m)
{
	m->rtmp = calloc(1, sizeof(*m->rtmp));
	if (!m->rtmp)
		return -ENOMEM;
	m->rtmp->guard = (struct wire_guard){
		.wake_fd = m->wake_fd, .until = until, .progress = progress, .userdata = m
	};
	return rtmp_new(&m->rtmp->session, &m->rtmp->guard);
}

const struct wire_guard *muxer_rtmp_guard(const struct muxer *m)
{
	return &m->rtmp->guard;
}

void muxer_rtmp_free(struct muxer *m)
{
	if (m->rtmp)
		rtmp_free(m->rtmp->session);
	free(m->rtmp);
}

int muxer_rtmp_load(struct muxer *m, struct muxer_load *ret)
{
	struct tcp_load l;
	int r = rtmp_load(m->rtmp->session, &l);

	if (r < 0)
		return r;
	*ret = (struct muxer_load){ l.delivered_bytes, l.held_bytes, l.round_usec };
	return 0;
}

static void let_go(struct muxer_rtmp *rt)
{
	while (rt->n > 0)
		packet_unref(rt->held[--rt->n]);
}

/* A message whose payload is head and body. */
static int put(struct muxer_rtmp *rt, enum chunk_type type, const void *head, size_t head_size,
	const void *body, size_t size)
{
	int r = rtmp_begin(rt->session, type, rt->now_msec, head_size + size);

	if (r == 0)
		r = rtmp_copy(rt->session, head, head_size);
	return r < 0 ? r : rtmp_put(rt->session, body, size);
}

static int put_metadata(struct muxer_rtmp *rt, const struct tracks *t)
{
	uint8_t data[FLV_METADATA_MAX];
	struct flv_metadata m = { .width = t->video->width,
		.height = t->video->height,
		.video_kbps = (double) t->video->bit_rate / 1024,
		.encoder = ENCODER };
	int r;

	if (t->rate_num > 0 && t->rate_den > 0)
		m.rate = (double) t->rate_num / t->rate_den;
	if (t->audio) {
		m.audio_kbps = (double) t->audio->bit_rate / 1024;
		m.audio_rate = t->audio->sample_rate;
		m.stereo = t->audio->ch_layout.nb_channels == 2;
	}
	r = put(rt, CHUNK_DATA, NULL, 0, data, flv_put_metadata(&m, data));
	return r < 0 ? r : rtmp_flush(rt->session);
}

static int find_sets(const struct AVCodecParameters *par, struct flv_sets *ret)
{
	const uint8_t *p = par->extradata;
	struct annexb_unit u;

	*ret = (struct flv_sets){ 0 };
	while (p && annexb_next(&p, par->extradata + MAX(par->extradata_size, 0), &u)) {
		if (u.type == ANNEXB_SPS && ret->n_sps < FLV_SETS_MAX)
			ret->sps[ret->n_sps++] = (struct flv_set){ u.data, u.size };
		else if (u.type == ANNEXB_PPS && ret->n_pps < FLV_SETS_MAX)
			ret->pps[ret->n_pps++] = (struct flv_set){ u.data, u.size };
	}
	return par->codec_id == AV_CODEC_ID_H264 ? 0 : -EINVAL;
}

static int put_picture_config(struct muxer_rtmp *rt, const struct tracks *t)
{
	uint8_t config[FLV_CONFIG_MAX], head[FLV_VIDEO_HEAD];
	struct flv_sets sets;
	int r = find_sets(t->video, &sets);

	if (r == 0)
		r = flv_avc_config(&sets, config);
	if (r < 0)
		return r;
	flv_video_head(head, FLV_CONFIG, true, 0);
	r = put(rt, CHUNK_VIDEO, head, FLV_VIDEO_HEAD, config, (size_t) r);
	return r < 0 ? r : rtmp_flush(rt->session);
}

static int put_configs(struct muxer_rtmp *rt, const struct tracks *t)
{
	uint8_t head[FLV_AUDIO_HEAD];
	int r = put_picture_config(rt, t);

	if (r < 0 || !t->audio)
		return r;
	if (t->audio->codec_id != AV_CODEC_ID_AAC || t->audio->extradata_size < 2)
		return -EINVAL;
	flv_audio_head(head, FLV_CONFIG);
	r = put(rt, CHUNK_AUDIO, head, FLV_AUDIO_HEAD, t->audio->extradata,
		(size_t) t->audio->extradata_size);
	return r < 0 ? r : rtmp_flush(rt->session);
}

static int open_rtmp(struct muxer *m, const char *url, const struct tracks *tracks)
{
	struct muxer_rtmp *rt = m->rtmp;
	int r;

	rt->sound = tracks->audio;
	rt->writing = false;
	rt->now_msec = 0;
	r = rtmp_open(rt->session, url, muxer_tcp_buffer(tracks));
	if (r == 0)
		r = put_metadata(rt, tracks);
	if (r == 0)
		r = put_configs(rt, tracks);
	return r;
}

/* Players take what describes the pictures whenever it comes. What was held goes out in front. */
static int follow_rtmp(struct muxer *m, const struct tracks *tracks)
{
	const struct AVCodecParameters *now = m->tracks->video, *next = tracks->video;
	struct muxer_rtmp *rt = m->rtmp;
	int r = 0;

	if (next->codec_id != AV_CODEC_ID_H264)
		return -ENOTSUP;
	rt->now_msec = (uint32_t) MAX(m->last[TRACK_VIDEO], 0);
	rt->writing = true;
	if (now->width != next->width || now->height != next->height ||
		m->tracks->rate_num != tracks->rate_num || m->tracks->rate_den != tracks->rate_den)
		r = put_metadata(rt, tracks);
	if (r == 0)
		r = put_picture_config(rt, tracks);
	rt->writing = false;
	if (r == 0)
		let_go(rt);
	return r;
}

/* The units of a picture, each behind its length. */
static int put_units(struct rtmp *s, const uint8_t *data, const uint8_t *stop)
{
	struct annexb_unit u;
	int r = 0;

	while (r == 0 && annexb_next(&data, stop, &u)) {
		const uint8_t length[LENGTH_SIZE] = { (uint8_t) (u.size >> 24),
			(uint8_t) (u.size >> 16), (uint8_t) (u.size >> 8), (uint8_t) u.size };

		r = rtmp_copy(s, length, sizeof(length));
		if (r == 0)
			r = rtmp_put(s, u.data, u.size);
	}
	return r;
}

static size_t size_of_units(const struct packet *p, size_t *ret_units)
{
	const uint8_t *data = p->av->data, *stop = data + p->size;
	struct annexb_unit u;
	size_t size = 0;

	*ret_units = 0;
	while (annexb_next(&data, stop, &u)) {
		size += LENGTH_SIZE + u.size;
		++*ret_units;
	}
	return size;
}

static int put_picture(struct rtmp *s, const struct packet *p, uint32_t msec, size_t size)
{
	const uint8_t *data = p->av->data, *stop = data + p->size;
	int64_t shift = (p->pts_usec - p->dts_usec) / (int64_t) USEC_PER_MSEC;
	uint8_t head[FLV_VIDEO_HEAD];
	int r;

	flv_video_head(head, FLV_DATA, p->key, (int32_t) CLAMP(shift, 0, 0x7fffff));
	r = rtmp_begin(s, CHUNK_VIDEO, msec, sizeof(head) + size);
	if (r == 0)
		r = rtmp_copy(s, head, sizeof(head));
	return r < 0 ? r : put_units(s, data, stop);
}

static int put_sound(struct rtmp *s, const struct packet *p, uint32_t msec)
{
	uint8_t head[FLV_AUDIO_HEAD];
	int r;

	flv_audio_head(head, FLV_DATA);
	r = rtmp_begin(s, CHUNK_AUDIO, msec, sizeof(head) + p->size);
	if (r == 0)
		r = rtmp_copy(s, head, sizeof(head));
	return r < 0 ? r : rtmp_put(s, p->av->data, p->size);
}

/* Sends what has been put, if that is wanted, or the queue of those that wait for it is full. */
static int send_rtmp(struct muxer_rtmp *rt, bool more, int (*flush)(struct rtmp *s))
{
	int r;

	if (more && rt->n < HELD_MAX)
		return 0;
	r = flush(rt->session);
	if (r == 0)
		let_go(rt);
	return r;
}

/* waits: else -EBUSY for what may not go out without. */
static int write_packet(struct muxer *m, struct packet *p, bool more, bool waits)
{
	struct muxer_rtmp *rt = m->rtmp;
	int64_t msec = (p->dts_usec - m->base_usec + 500) / (int64_t) USEC_PER_MSEC;
	size_t size = p->size, units = 1;
	int r;

	if (p->track == TRACK_AUDIO && !rt->sound)
		return 1;
	if (p->track == TRACK_VIDEO)
		size = size_of_units(p, &units);
	if (!waits && !rtmp_has_room(rt->session, units + 1, size))
		return -EBUSY;
	msec = muxer_next_time(m, p->track, msec);
	rt->writing = true;
	rt->held[rt->n++] = packet_ref(p);
	r = p->track == TRACK_VIDEO ? put_picture(rt->session, p, (uint32_t) msec, size)
				    : put_sound(rt->session, p, (uint32_t) msec);
	if (r == 0)
		r = send_rtmp(rt, more, waits ? rtmp_flush : rtmp_try_flush);
	rt->writing = false;
	return r;
}

static int write_rtmp(struct muxer *m, struct packet *p, bool more)
{
	return write_packet(m, p, more, true);
}

static int try_rtmp(struct muxer *m, struct packet *p, bool more)
{
	return write_packet(m, p, more, false);
}

static int finish_rtmp(struct muxer *m)
{
	int r;

	m->rtmp->writing = true;
	r = send_rtmp(m->rtmp, false, rtmp_flush);
	m->rtmp->writing = false;
	return r;
}

static int put_end(struct muxer *m)
{
	uint8_t head[FLV_VIDEO_HEAD];
	int r;

	flv_video_head(head, FLV_END, true, 0);
	r = rtmp_begin(
		m->rtmp->session, CHUNK_VIDEO, (uint32_t) m->last[TRACK_VIDEO], sizeof(head));
	return r < 0 ? r : rtmp_copy(m->rtmp->session, head, sizeof(head));
}

static void close_rtmp(struct muxer *m)
{
	bool goodbye = !m->failed;

	if (goodbye && m->written)
		goodbye = put_end(m) == 0;
	rtmp_close(m->rtmp->session, goodbye);
	let_go(m->rtmp);
}

static int explain(struct muxer *m, int error, bool opening, char *why, size_t why_size)
{
	const char *words = rtmp_words(m->rtmp->session);

	if (words[0])
		(void) utf8_text(words, why, why_size);
	else if (error == -EPIPE)
		snprintf(why, why_size, "the server closed the connection%s",
			opening ? " before the stream began" : "");
	else if (error == -EBADMSG || error == -EMSGSIZE)
		snprintf(why, why_size, "what the peer says is no RTMP");
	else
		(void) av_errno_words(error, why, why_size);
	return error;
}

const struct muxer_ops muxer_rtmp_ops = {
	.open = open_rtmp,
	.write = write_rtmp,
	.try = try_rtmp,
	.finish = finish_rtmp,
	.follow = follow_rtmp,
	.close = close_rtmp,
	.explain = explain,
};
