/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a session is, whatever its way out: when it begins and ends, what its clock counts from, and
 * until when a call may take. The deadline is set before each call of a way out.
 */
#include "media/muxer.h"

#include <libavcodec/codec_par.h>
#include <stdarg.h>
#include <string.h>
#include <sys/eventfd.h>

#include "common/destination.h"
#include "common/usec.h"
#include "media/muxer-private.h"

int muxer_new(struct muxer **ret)
{
	struct muxer *m = calloc(1, sizeof(*m));
	int r;

	if (!m)
		return -ENOMEM;
	atomic_init(&m->interrupted, false);
	atomic_init(&m->hurry_usec, USEC_INFINITY);
	m->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = m->wake_fd < 0 ? -errno : muxer_av_new(m);
	if (r == 0)
		r = muxer_rtmp_new(m);
	if (r < 0)
		muxer_free(m);
	else
		*ret = m;
	return r;
}

struct muxer *muxer_free(struct muxer *m)
{
	if (!m)
		return NULL;
	muxer_close(m);
	recorder_free(m);
	muxer_rtmp_free(m);
	muxer_av_free(m);
	closep(&m->wake_fd);
	free(m);
	return NULL;
}

static bool is_late(const struct muxer *m)
{
	return usec_now() > MIN(m->deadline_usec, atomic_load(&m->hurry_usec));
}

/* What is said to a recording counts for its segments, but each has its own deadline: one that is
 * whole is closed as such when the next one cannot be opened. */
bool muxer_should_stop(const struct muxer *m)
{
	const struct muxer *p = m->parent;

	return atomic_load(&m->interrupted) || is_late(m) ||
	       (p && (atomic_load(&p->interrupted) || usec_now() > atomic_load(&p->hurry_usec)));
}

static void begin(struct muxer *m, uint64_t timeout_usec)
{
	m->deadline_usec =
		timeout_usec == USEC_INFINITY ? USEC_INFINITY : usec_now() + timeout_usec;
}

/* The errno for what a way out returned, with words. */
static int explain(
	struct muxer *m, int error, uint64_t limit_usec, bool opening, char *why, size_t why_size)
{
	double limit_sec = (double) limit_usec / USEC_PER_SEC;

	if (atomic_load(&m->interrupted)) {
		snprintf(why, why_size, "interrupted");
		return -ECANCELED;
	}
	if (is_late(m)) {
		snprintf(why, why_size,
			opening ? "no answer within %g s%s" : "took no data for %g s%s", limit_sec,
			opening && m->tls ? " (is TLS spoken there?)" : "");
		return -ETIMEDOUT;
	}
	return m->ops->explain(m, error, opening, why, why_size);
}

static const struct muxer_ops *ops_of(const char *url)
{
	if (destination_is_recording(url))
		return &recorder_ops;
	return muxer_rtmp_takes(url) ? &muxer_rtmp_ops : &muxer_av_ops;
}

/* The settings say so, too, but not of a URL that is a secret, nor while another encoder is to be
 * used from the next start on. */
static int check_codec(const char *url, const struct tracks *t, char *why, size_t why_size)
{
	if (t->video->codec_id != AV_CODEC_ID_HEVC || destination_takes_hevc(url))
		return 0;
	snprintf(why, why_size, "HEVC cannot be sent there, only to %s", destination_hevc_words);
	return -ENOTSUP;
}

int muxer_open(struct muxer *m, const char *url, const struct muxer_settings *settings,
	struct tracks *tracks, char *why, size_t why_size)
{
	int r;

	muxer_close(m);
	r = check_codec(url, tracks, why, why_size);
	if (r < 0)
		return r;
	m->settings = *settings;
	m->ops = ops_of(url);
	m->tracks = tracks_ref(tracks);
	m->created = m->based = m->written = m->failed = false;
	m->tls = destination_is(url, "rtmps");
	m->bytes = 0;
	for (int i = 0; i < _TRACK_MAX; i++)
		m->last[i] = INT64_MIN;
	begin(m, destination_listens(url) ? USEC_INFINITY : settings->connect_usec);
	r = muxer_should_stop(m) ? -ECANCELED : m->ops->open(m, url, tracks);
	if (r >= 0)
		return 0;
	r = explain(m, r, settings->connect_usec, true, why, why_size);
	m->failed = true;
	muxer_close(m);
	return r;
}

int64_t muxer_next_time(struct muxer *m, enum track track, int64_t time)
{
	int64_t *last = &m->last[track];

	if (*last != INT64_MIN)
		time = MAX(time, *last + 1);
	*last = time;
	return time;
}

/* 0: the packet is for the session; 1: it comes before it; or -ENOTCONN. */
static int admit(struct muxer *m, const struct packet *p, char *why, size_t why_size)
{
	if (!m->ops || m->failed) {
		snprintf(why, why_size, "not connected");
		return -ENOTCONN;
	}
	if (!m->based && p->track == TRACK_VIDEO && p->key) {
		m->based = true;
		m->base_usec = p->pts_usec;
	}
	if (!m->based || p->dts_usec < m->base_usec)
		return 1;
	begin(m, m->settings.write_usec);
	return 0;
}

static int fail(struct muxer *m, int error, char *why, size_t why_size)
{
	m->failed = true;
	return explain(m, error, m->settings.write_usec, false, why, why_size);
}

static void count(struct muxer *m, const struct packet *p)
{
	m->bytes += p->size;
	m->written |= p->track == TRACK_VIDEO;
}

int muxer_write(struct muxer *m, struct packet *p, bool more, char *why, size_t why_size)
{
	int r = admit(m, p, why, why_size);

	if (r != 0)
		return MIN(r, 0);
	r = m->ops->write(m, p, more);
	if (r < 0)
		return fail(m, r, why, why_size);
	if (r == 0)
		count(m, p);
	return 0;
}

bool muxer_can_try(const struct muxer *m)
{
	return m->ops && m->ops->try && !m->failed;
}

int muxer_try(struct muxer *m, struct packet *p, bool more, char *why, size_t why_size)
{
	int r = admit(m, p, why, why_size);

	if (r != 0)
		return MIN(r, 0);
	r = m->ops->try(m, p, more);
	if (r == -EBUSY)
		return r;
	if (r < 0 && r != -EAGAIN)
		return fail(m, r, why, why_size);
	if (r <= 0)
		count(m, p);
	return MIN(r, 0);
}

int muxer_finish(struct muxer *m, char *why, size_t why_size)
{
	int r = m->ops->finish(m);

	return r < 0 ? fail(m, r, why, why_size) : 0;
}

bool muxer_can_follow(const struct muxer *m)
{
	return m->ops && m->ops->follow && !m->failed;
}

static bool same_bytes(const AVCodecParameters *a, const AVCodecParameters *b)
{
	return a->extradata_size == b->extradata_size &&
	       (a->extradata_size <= 0 ||
		       memcmp(a->extradata, b->extradata, (size_t) a->extradata_size) == 0);
}

static bool same_sound(const AVCodecParameters *a, const AVCodecParameters *b)
{
	return a && b ? a->codec_id == b->codec_id && same_bytes(a, b) : a == b;
}

int muxer_follow(struct muxer *m, struct tracks *tracks, char *why, size_t why_size)
{
	const struct tracks *now = m->tracks;
	int r;

	if (!muxer_can_follow(m) || now->video->codec_id != tracks->video->codec_id ||
		!same_sound(now->audio, tracks->audio))
		return -ENOTSUP;
	begin(m, m->settings.write_usec);
	r = m->ops->follow(m, tracks);
	if (r == -ENOTSUP)
		return r;
	if (r < 0)
		return fail(m, r, why, why_size);
	tracks_unref(m->tracks);
	m->tracks = tracks_ref(tracks);
	return 0;
}

void muxer_close(struct muxer *m)
{
	/* To a peer that has failed nothing is said. */
	begin(m, m->failed ? 0 : m->settings.close_usec);
	if (m->ops)
		m->ops->close(m);
	m->ops = NULL;
	if (m->created && !m->written && m->path)
		(void) unlink(m->path);
	free(m->path);
	m->path = NULL;
	m->tracks = tracks_unref(m->tracks);
}

void muxer_set_recording(struct muxer *m, const struct muxer_recording *r)
{
	m->settings.recording = *r;
}

void muxer_count_mishap(struct muxer *m, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void) vsnprintf(m->mishap, sizeof(m->mishap), fmt, ap);
	va_end(ap);
	m->mishaps++;
}

uint64_t muxer_mishaps(const struct muxer *m)
{
	return m->mishaps;
}

const char *muxer_mishap(const struct muxer *m)
{
	return m->mishap;
}

uint64_t muxer_segments(const struct muxer *m)
{
	return m->segments;
}

uint64_t muxer_bytes(const struct muxer *m)
{
	return m->bytes;
}

const char *muxer_path(const struct muxer *m)
{
	return m->path;
}

bool muxer_load(struct muxer *m, struct muxer_load *ret)
{
	return muxer_rtmp_load(m, ret) == 0;
}

static void wake(struct muxer *m)
{
	uint64_t one = 1;

	(void) !write(m->wake_fd, &one, sizeof(one));
}

void muxer_interrupt(struct muxer *m)
{
	atomic_store(&m->interrupted, true);
	wake(m);
}

void muxer_hurry(struct muxer *m, uint64_t until_usec)
{
	uint_fast64_t old = atomic_load(&m->hurry_usec);

	while (until_usec < old && !atomic_compare_exchange_weak(&m->hurry_usec, &old, until_usec))
		;
	wake(m);
}
