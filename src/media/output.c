/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A thread that had to be abandoned may yet come back: the object is left to it and never freed.
 * Only the hooks belong to somebody else: they are called under a lock of their own, and never
 * again once the owner has let go.
 *
 * What the thread waits for differs by state: the queue while a session runs, the stage's eventfd
 * else. Whoever wants its attention wakes both.
 */
#include <string.h>

#include "common/destination.h"
#include "common/usec.h"
#include "media/output-private.h"

const char *output_state_name(enum output_state state)
{
	static const char *const names[_OUTPUT_STATE_MAX] = {
		[OUTPUT_IDLE] = "idle",
		[OUTPUT_CONNECTING] = "connecting",
		[OUTPUT_LISTENING] = "listening",
		[OUTPUT_RUNNING] = "running",
		[OUTPUT_WAITING] = "waiting",
	};

	return state < _OUTPUT_STATE_MAX ? names[state] : "?";
}

static void free_urls(struct output_settings *s)
{
	free(s->url);
	for (size_t i = 0; i < ARRAY_SIZE(s->backups); i++)
		free(s->backups[i]);
}

static void destroy(struct output *o)
{
	stage_deinit(&o->stage);
	muxer_free(o->muxer);
	outqueue_free(o->queue);
	packet_unref(o->pending);
	packet_unref(o->turn_packet);
	tracks_unref(o->session_tracks);
	tracks_unref(o->tracks);
	pthread_mutex_destroy(&o->lock);
	pthread_mutex_destroy(&o->hook_lock);
	free_urls(&o->settings);
	free(o);
}

/* The caller's become ours; more than one have a probe. */
static int copy_urls(struct output *o, const struct output_settings *s)
{
	struct output_settings *own = &o->settings;
	unsigned n = 1;

	own->url = strdup(s->url);
	if (!own->url)
		return -ENOMEM;
	memset(own->backups, 0, sizeof(own->backups));
	for (; n < OUTPUT_URLS_MAX && s->backups[n - 1]; n++) {
		own->backups[n - 1] = strdup(s->backups[n - 1]);
		if (!own->backups[n - 1])
			return -ENOMEM;
	}
	output_urls_init(&o->urls, n, s->backoff_min_usec, s->backoff_max_usec,
		s->backup_return_usec, (uint32_t) usec_now() ^ (uint32_t) (uintptr_t) o);
	return n == 1 ? 0 : output_probe_new(&o->probe, s->name, s->url, s->backup_after_usec);
}

int output_new(struct output **ret, const struct output_settings *settings,
	const struct output_hooks *hooks)
{
	struct output *o = calloc(1, sizeof(*o));
	int r;

	if (!o)
		return -ENOMEM;
	o->settings = *settings;
	o->stage = STAGE_NULL;
	o->hooks = *hooks;
	o->stats.since_usec = usec_now();
	snprintf(o->thread_name, sizeof(o->thread_name), "out-%.11s", settings->name);
	pthread_mutex_init(&o->hook_lock, NULL);
	pthread_mutex_init(&o->lock, NULL);
	r = copy_urls(o, settings);
	if (r == 0)
		r = muxer_new(&o->muxer);
	if (r == 0)
		r = outqueue_new(&o->queue, settings->queue_usec, settings->queue_bytes);
	if (r < 0) {
		(void) output_probe_free(o->probe, 0);
		destroy(o);
		return r;
	}
	*ret = o;
	return 0;
}

void output_enter_with(struct output *o, const struct output_event *event)
{
	struct output_event e = *event;

	e.name = o->settings.name;
	e.attempt = o->attempt;
	e.path = muxer_path(o->muxer);
	e.has_backups = o->urls.n > 1;
	e.url = output_url_at(o, e.backup);

	pthread_mutex_lock(&o->lock);
	if (o->stats.state != e.state)
		o->stats.since_usec = usec_now();
	o->stats.state = e.state;
	o->stats.backup = o->urls.used;
	o->stats.switches += e.switched != NULL;
	snprintf(o->stats.url_reason, sizeof(o->stats.url_reason), "%s", o->switch_why);
	if (e.error)
		snprintf(o->stats.last_error, sizeof(o->stats.last_error), "%s", e.error);
	snprintf(o->stats.path, sizeof(o->stats.path), "%s", e.path ? e.path : "");
	pthread_mutex_unlock(&o->lock);

	pthread_mutex_lock(&o->hook_lock);
	if (o->hooks.event)
		o->hooks.event(o->hooks.userdata, &e);
	pthread_mutex_unlock(&o->hook_lock);
}

void output_enter(struct output *o, enum output_state state)
{
	const struct output_event e = { .state = state, .backup = o->urls.used };

	output_enter_with(o, &e);
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

void output_set_renewing(struct output *o, bool renewing)
{
	pthread_mutex_lock(&o->lock);
	o->renewing = renewing;
	pthread_mutex_unlock(&o->lock);
}

/* Some servers do not say that the stream is busy but close, before the session has begun or as
 * soon as it has. */
static enum output_end end_of(const struct output *o, int error)
{
	bool closed = error == -EPIPE || error == -ECONNRESET;

	if (error == -EBUSY)
		return OUTPUT_END_BUSY;
	if (o->session_usec == 0)
		return error == -EPIPE ? OUTPUT_END_BUSY : OUTPUT_END_FAILED;
	return closed && usec_now() - o->session_usec < OUTPUT_BRIEF_USEC ? OUTPUT_END_BUSY
									  : OUTPUT_END_FAILED;
}

/* The next URL, why it is another one, and when. */
static uint64_t next_url(struct output *o, const char *why, int error)
{
	unsigned lost = o->urls.used;
	uint64_t until = output_urls_lost(&o->urls, end_of(o, error), usec_now());

	if (o->urls.used != lost && lost == 0)
		snprintf(o->switch_why, sizeof(o->switch_why), "primary URL: %s", why);
	else if (o->urls.used != lost)
		snprintf(o->switch_why, sizeof(o->switch_why), "backup %u: %s", lost, why);
	return until;
}

/* After a failure: nobody is connected, so packets pass by. */
static void back_off(struct output *o, const char *why, int error)
{
	unsigned lost = o->urls.used;
	uint64_t until = next_url(o, why, error), now = usec_now();
	const struct output_event e = { .state = OUTPUT_WAITING,
		.error = why,
		.retry_usec = until > now ? until - now : 0,
		.backup = lost,
		.next = o->urls.used };

	outqueue_restart(o->queue, false);
	o->pending = packet_unref(o->pending);
	o->attempt++;
	pthread_mutex_lock(&o->lock);
	o->stats.failures++;
	pthread_mutex_unlock(&o->lock);
	output_enter_with(o, &e);
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
		s->backup_after_usec = o->next.backup_after_usec;
		s->backup_return_usec = o->next.backup_return_usec;
		output_urls_set(&o->urls, o->next.backoff_min_usec, o->next.backoff_max_usec,
			o->next.backup_return_usec);
		s->stable_usec = o->next.stable_usec;
		s->session_usec = o->next.session_usec;
		s->muxer.connect_usec = o->next.muxer.connect_usec;
		s->muxer.write_usec = o->next.muxer.write_usec;
		s->muxer.hls_seconds = o->next.muxer.hls_seconds;
		s->muxer.hls_segments = o->next.muxer.hls_segments;
		s->muxer.hls_fmp4 = o->next.muxer.hls_fmp4;
		s->muxer.tls_unverified = o->next.muxer.tls_unverified;
		s->muxer.recording = o->next.muxer.recording;
		memcpy(s->muxer.ca_file, o->next.muxer.ca_file, sizeof(s->muxer.ca_file));
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
		output_enter(o, OUTPUT_CONNECTING);
		o->session_tracks = wait_tracks(o);
		if (!o->session_tracks)
			break;
		snprintf(why, sizeof(why), "unknown error");
		r = output_session(o, why, sizeof(why));
		o->session_tracks = tracks_unref(o->session_tracks);
		if (r < 0)
			output_set_renewing(o, false);
		if (r < 0 && !stage_stopping(&o->stage))
			back_off(o, why, r);
		else if (r < 0)
			o->pending = packet_unref(o->pending);
	}
	outqueue_restart(o->queue, false);
	output_enter(o, OUTPUT_IDLE);
}

int output_start(struct output *o)
{
	int r = o->probe ? output_probe_start(o->probe) : 0;

	return r < 0 ? r : stage_start(&o->stage, o->thread_name, output_run, o);
}

void output_set_tracks(struct output *o, struct tracks *t)
{
	struct tracks *old;

	pthread_mutex_lock(&o->lock);
	old = o->tracks;
	o->tracks = t ? tracks_ref(t) : NULL;
	/* What the new encoder makes must not get into a session that began with the old one. */
	if (t && t->generation != o->generation) {
		o->restarts = outqueue_restart(o->queue, o->follows);
		o->generation = t->generation;
	}
	pthread_mutex_unlock(&o->lock);
	tracks_unref(old);
	stage_wake(&o->stage);
	outqueue_wake(o->queue);
}

void output_put(struct output *o, struct packet *p)
{
	bool lent;

	/* No lock around the hook: whoever puts keeps the owner from letting go. */
	if (outqueue_put(o->queue, p, &lent) && o->hooks.want_keyframe)
		o->hooks.want_keyframe(o->hooks.userdata);
	if (lent)
		output_lent_turn(o);
}

void output_stop(struct output *o)
{
	stage_stop(&o->stage);
	output_probe_stop(o->probe);
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
	/* A thread that is stuck may yet ask its probe; a probe that is stuck has its output kept,
	 * so that what is left behind hangs together. */
	if (r == 0)
		r = output_probe_free(o->probe, until_usec);
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

bool output_load(struct output *o, struct muxer_load *ret)
{
	return muxer_load(o->muxer, ret);
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

const char *output_url_at(const struct output *o, unsigned i)
{
	if (i == 0)
		return o->settings.url;
	return i < OUTPUT_URLS_MAX ? o->settings.backups[i - 1] : NULL;
}

bool output_takes_jpeg(const struct output *o)
{
	for (unsigned i = 0; i < o->urls.n; i++)
		if (!destination_takes_jpeg(output_url_at(o, i)))
			return false;
	return true;
}
