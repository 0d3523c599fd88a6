/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A thread that had to be abandoned may yet come back: the object is left to it and never freed.
 * Only the hooks belong to somebody else: they are called under a lock of their own, and never
 * again once the owner has let go.
 *
 * What the thread waits for differs by state: the queue while a session runs, the stage's eventfd
 * else. Whoever wants its attention wakes both.
 */
#include "media/output.h"

#include <pthread.h>
#include <string.h>

#include "common/backoff.h"
#include "common/stage.h"
#include "common/usec.h"

struct output {
	/* set by new */
	struct output_settings settings;
	char thread_name[16];
	struct outqueue *queue;
	struct muxer *muxer; /* its calls belong to the thread; interrupt and hurry to anybody */
	struct stage stage;
	struct hist latency, overhead;

	/* the thread's */
	struct backoff backoff;
	struct tracks *session_tracks;
	struct packet *pending; /* the keyframe with which the renewed session begins */
	unsigned pending_generation;
	uint64_t session_usec; /* when the session was opened */
	unsigned attempt;      /* failures in a row */

	pthread_mutex_t hook_lock; /* held by the thread while it calls one */
	/* protected by hook_lock */
	struct output_hooks hooks; /* all NULL: the owner has let go */

	pthread_mutex_t lock;
	/* protected by lock */
	struct tracks *tracks;
	unsigned generation;         /* of the last tracks that were not NULL */
	struct output_settings next; /* limits to adopt; its name and URL are not looked at */
	bool has_next;
	bool renewing; /* one session has ended, the next one is about to begin */
	struct output_stats stats;
};

const char *output_state_name(enum output_state state)
{
	static const char *const names[_OUTPUT_STATE_MAX] = {
		[OUTPUT_IDLE] = "idle",
		[OUTPUT_CONNECTING] = "connecting",
		[OUTPUT_RUNNING] = "running",
		[OUTPUT_WAITING] = "waiting",
	};

	return state < _OUTPUT_STATE_MAX ? names[state] : "?";
}

static void destroy(struct output *o)
{
	stage_deinit(&o->stage);
	muxer_free(o->muxer);
	outqueue_free(o->queue);
	packet_unref(o->pending);
	tracks_unref(o->session_tracks);
	tracks_unref(o->tracks);
	pthread_mutex_destroy(&o->lock);
	pthread_mutex_destroy(&o->hook_lock);
	free(o->settings.url);
	free(o);
}

int output_new(struct output **ret, const struct output_settings *settings,
	const struct output_hooks *hooks)
{
	struct output *o = calloc(1, sizeof(*o));
	int r;

	if (!o)
		return -ENOMEM;
	o->settings = *settings;
	o->settings.url = strdup(settings->url);
	o->stage = STAGE_NULL;
	o->backoff = (struct backoff){ .min_usec = settings->backoff_min_usec,
		.max_usec = settings->backoff_max_usec,
		.seed = (uint32_t) usec_now() ^ (uint32_t) (uintptr_t) o };
	o->hooks = *hooks;
	o->stats.since_usec = usec_now();
	snprintf(o->thread_name, sizeof(o->thread_name), "out-%.11s", settings->name);
	pthread_mutex_init(&o->hook_lock, NULL);
	pthread_mutex_init(&o->lock, NULL);
	r = o->settings.url ? muxer_new(&o->muxer) : -ENOMEM;
	if (r == 0)
		r = outqueue_new(&o->queue, settings->queue_usec, settings->queue_bytes);
	if (r < 0) {
		destroy(o);
		return r;
	}
	*ret = o;
	return 0;
}

static void enter(struct output *o, enum output_state state, const char *error, uint64_t retry_usec)
{
	struct output_event e = { .name = o->settings.name,
		.state = state,
		.error = error,
		.retry_usec = retry_usec,
		.attempt = o->attempt,
		.path = muxer_path(o->muxer) };

	pthread_mutex_lock(&o->lock);
	o->stats.state = state;
	o->stats.since_usec = usec_now();
	if (error)
		snprintf(o->stats.last_error, sizeof(o->stats.last_error), "%s", error);
	snprintf(o->stats.path, sizeof(o->stats.path), "%s", e.path ? e.path : "");
	pthread_mutex_unlock(&o->lock);

	pthread_mutex_lock(&o->hook_lock);
	if (o->hooks.event)
		o->hooks.event(o->hooks.userdata, &e);
	pthread_mutex_unlock(&o->hook_lock);
}

static void want_keyframe(struct output *o)
{
	pthread_mutex_lock(&o->hook_lock);
	if (o->hooks.want_keyframe)
		o->hooks.want_keyframe(o->hooks.userdata);
	pthread_mutex_unlock(&o->hook_lock);
}

/* Lets packets in for the session that has just been opened, unless its tracks are old already. A
 * renewed session goes on with the queue as it is. */
static bool accept_packets(struct output *o)
{
	bool current;

	pthread_mutex_lock(&o->lock);
	current = o->generation == o->session_tracks->generation;
	if (o->pending && o->pending_generation != o->generation)
		o->pending = packet_unref(o->pending);
	if (current && !o->pending)
		outqueue_restart(o->queue, true);
	o->renewing = false;
	o->stats.sessions++;
	pthread_mutex_unlock(&o->lock);
	return current;
}

/* Waits until there is an encoder. A reference, or NULL when the thread shall end. */
static struct tracks *wait_tracks(struct output *o)
{
	struct tracks *t = NULL;

	do {
		pthread_mutex_lock(&o->lock);
		if (o->tracks)
			t = tracks_ref(o->tracks);
		pthread_mutex_unlock(&o->lock);
	} while (!t && stage_wait(&o->stage, USEC_INFINITY));
	return t;
}

static void set_renewing(struct output *o, bool renewing)
{
	pthread_mutex_lock(&o->lock);
	o->renewing = renewing;
	pthread_mutex_unlock(&o->lock);
}

static bool tracks_changed(struct output *o)
{
	bool changed;

	pthread_mutex_lock(&o->lock);
	changed = o->generation != o->session_tracks->generation;
	pthread_mutex_unlock(&o->lock);
	return changed;
}

static void count_sent(struct output *o, const struct packet *p)
{
	uint64_t now = usec_now();

	if (p->track == TRACK_VIDEO && p->dequeue_usec && now > p->dequeue_usec) {
		uint64_t age = now - p->dequeue_usec;

		hist_add(&o->latency, now - MIN(p->capture_usec, p->dequeue_usec));
		hist_add(&o->overhead, age > p->encode_usec ? age - p->encode_usec : 0);
	}
	pthread_mutex_lock(&o->lock);
	o->stats.bytes += p->size;
	o->stats.frames += p->track == TRACK_VIDEO;
	if (p->track == TRACK_VIDEO && o->stats.first_sent_usec == 0)
		o->stats.first_sent_usec = now;
	pthread_mutex_unlock(&o->lock);
	if (o->attempt && now - o->session_usec >= o->settings.stable_usec) {
		o->attempt = 0;
		backoff_reset(&o->backoff);
	}
}

/* A keyframe is the place where an old session may end and a new one begin without a loss. One in
 * which nothing has been sent yet need not. */
static bool is_renewal(struct output *o, const struct packet *p)
{
	return o->settings.session_usec && muxer_bytes(o->muxer) > 0 && p->track == TRACK_VIDEO &&
	       p->key && usec_now() - o->session_usec >= o->settings.session_usec;
}

static int send_packet(struct output *o, struct packet *p, char *why, size_t why_size)
{
	uint64_t before = muxer_bytes(o->muxer);
	int r;

	r = muxer_write(o->muxer, p, outqueue_more(o->queue), why, why_size);
	if (r == 0 && muxer_bytes(o->muxer) != before)
		count_sent(o, p);
	packet_unref(p);
	return r;
}

/* Sends until the session has to end. Returns 0 when that is nobody's fault. At a stop, what is in
 * the queue still goes out: the muxer knows how long that may take. */
static int pump(struct output *o, char *why, size_t why_size)
{
	int r = 0;

	if (o->pending)
		r = send_packet(o, TAKE_PTR(o->pending), why, why_size);
	while (r == 0 && !tracks_changed(o)) {
		bool stopping = stage_stopping(&o->stage);
		struct packet *p;

		p = outqueue_take(o->queue, stopping ? 0 : USEC_INFINITY);
		if (!p && stopping)
			break;
		if (!p)
			continue;
		if (!stopping && is_renewal(o, p)) {
			o->pending = p;
			o->pending_generation = o->session_tracks->generation;
			set_renewing(o, true);
			break;
		}
		r = send_packet(o, p, why, why_size);
	}
	return r;
}

/* One session from connect to close. Returns 0 when it ended well. */
static int session(struct output *o, char *why, size_t why_size)
{
	int r;

	r = muxer_open(
		o->muxer, o->settings.url, &o->settings.muxer, o->session_tracks, why, why_size);
	if (r < 0)
		return r;
	o->session_usec = usec_now();
	if (accept_packets(o)) {
		enter(o, OUTPUT_RUNNING, NULL, 0);
		if (!o->pending)
			want_keyframe(o);
		r = pump(o, why, why_size);
	}
	muxer_close(o->muxer);
	return r;
}

/* After a failure: nobody is connected, so packets pass by. */
static void back_off(struct output *o, const char *why)
{
	uint64_t wait = backoff_next(&o->backoff), until = usec_now() + wait;

	outqueue_restart(o->queue, false);
	o->pending = packet_unref(o->pending);
	o->attempt++;
	pthread_mutex_lock(&o->lock);
	o->stats.failures++;
	pthread_mutex_unlock(&o->lock);
	enter(o, OUTPUT_WAITING, why, wait);
	while (usec_now() < until && stage_wait(&o->stage, until))
		;
}

void output_set_limits(struct output *o, const struct output_settings *settings)
{
	outqueue_set_limits(o->queue, settings->queue_usec, settings->queue_bytes);
	pthread_mutex_lock(&o->lock);
	o->next = *settings;
	o->has_next = true;
	pthread_mutex_unlock(&o->lock);
}

/* Between sessions. close_usec is what output_stop() reads on another thread, so it stays. */
static void adopt_limits(struct output *o)
{
	struct output_settings *s = &o->settings;

	pthread_mutex_lock(&o->lock);
	if (o->has_next) {
		s->backoff_min_usec = o->backoff.min_usec = o->next.backoff_min_usec;
		s->backoff_max_usec = o->backoff.max_usec = o->next.backoff_max_usec;
		s->stable_usec = o->next.stable_usec;
		s->session_usec = o->next.session_usec;
		s->muxer.connect_usec = o->next.muxer.connect_usec;
		s->muxer.write_usec = o->next.muxer.write_usec;
		s->muxer.hls_seconds = o->next.muxer.hls_seconds;
		s->muxer.hls_segments = o->next.muxer.hls_segments;
		s->muxer.hls_fmp4 = o->next.muxer.hls_fmp4;
		o->has_next = false;
	}
	pthread_mutex_unlock(&o->lock);
}

static void output_run(void *userdata)
{
	struct output *o = userdata;
	char why[OUTPUT_ERROR_MAX];
	int r;

	/* A stop while one session was closed for the next one: what is still to go out does. */
	while (!stage_stopping(&o->stage) || o->pending) {
		adopt_limits(o);
		enter(o, OUTPUT_CONNECTING, NULL, 0);
		o->session_tracks = wait_tracks(o);
		if (!o->session_tracks)
			break;
		snprintf(why, sizeof(why), "unknown error");
		r = session(o, why, sizeof(why));
		o->session_tracks = tracks_unref(o->session_tracks);
		if (r < 0)
			set_renewing(o, false);
		if (r < 0 && !stage_stopping(&o->stage))
			back_off(o, why);
		else if (r < 0)
			o->pending = packet_unref(o->pending);
	}
	outqueue_restart(o->queue, false);
	enter(o, OUTPUT_IDLE, NULL, 0);
}

int output_start(struct output *o)
{
	return stage_start(&o->stage, o->thread_name, output_run, o);
}

void output_set_tracks(struct output *o, struct tracks *t)
{
	struct tracks *old;

	pthread_mutex_lock(&o->lock);
	old = o->tracks;
	o->tracks = t ? tracks_ref(t) : NULL;
	/* What the new encoder makes must not get into a session that began with the old one. */
	if (t && t->generation != o->generation) {
		outqueue_restart(o->queue, false);
		o->generation = t->generation;
	}
	pthread_mutex_unlock(&o->lock);
	tracks_unref(old);
	stage_wake(&o->stage);
	outqueue_wake(o->queue);
}

void output_put(struct output *o, struct packet *p)
{
	/* No lock around the hook: whoever puts keeps the owner from letting go. */
	if (outqueue_put(o->queue, p) && o->hooks.want_keyframe)
		o->hooks.want_keyframe(o->hooks.userdata);
}

void output_stop(struct output *o)
{
	stage_stop(&o->stage);
	muxer_hurry(o->muxer, usec_now() + o->settings.muxer.close_usec);
	pthread_mutex_lock(&o->lock);
	if (o->stats.state != OUTPUT_RUNNING && !o->renewing)
		muxer_interrupt(o->muxer);
	pthread_mutex_unlock(&o->lock);
	outqueue_wake(o->queue);
}

int output_free(struct output *o, uint64_t until_usec)
{
	int r;

	output_stop(o);
	r = stage_join(&o->stage, until_usec);
	pthread_mutex_lock(&o->hook_lock);
	o->hooks = (struct output_hooks){ 0 };
	pthread_mutex_unlock(&o->hook_lock);
	if (r == 0)
		destroy(o);
	return r;
}

void output_stats(struct output *o, struct output_stats *ret)
{
	pthread_mutex_lock(&o->lock);
	*ret = o->stats;
	pthread_mutex_unlock(&o->lock);
	outqueue_stats(o->queue, &ret->queue);
}

const struct hist *output_latency(const struct output *o)
{
	return &o->latency;
}

const struct hist *output_overhead(const struct output *o)
{
	return &o->overhead;
}

const char *output_name(const struct output *o)
{
	return o->settings.name;
}

const char *output_url(const struct output *o)
{
	return o->settings.url;
}
