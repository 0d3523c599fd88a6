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

#include "common/destination.h"
#include "common/stage.h"
#include "common/usec.h"
#include "media/output-probe.h"

struct output {
	/* set by new */
	struct output_settings settings;
	char thread_name[16];
	struct outqueue *queue;
	struct muxer *muxer; /* its calls belong to the thread; interrupt and hurry to anybody */
	struct output_probe *probe; /* NULL: there are no backups */
	struct stage stage;
	struct hist latency, overhead;

	/* the thread's */
	struct output_urls urls;
	unsigned session_url; /* the one of the last session */
	char switch_why[200]; /* the last time another one was taken */
	struct tracks *session_tracks;
	struct packet *pending; /* with which a renewed session begins, or one's next tracks do */
	unsigned pending_generation;
	unsigned session_restarts;  /* of the queue, when packets of the session's tracks began */
	uint64_t session_usec;      /* when the session was opened */
	unsigned attempt;           /* failures in a row */
	bool proven;                /* the session has been told as good */
	uint64_t segments, mishaps; /* of the muxer, as far as they are in the stats */

	pthread_mutex_t hook_lock; /* held by the thread while it calls one */
	/* protected by hook_lock */
	struct output_hooks hooks; /* all NULL: the owner has let go */

	pthread_mutex_t lock;
	/* protected by lock */
	struct tracks *tracks;
	unsigned generation;         /* of the last tracks that were not NULL */
	unsigned restarts;           /* of the queue, when these came, or their session did */
	bool follows;                /* the session may go on with other tracks */
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

static void enter_with(struct output *o, const struct output_event *event)
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

static void enter(struct output *o, enum output_state state)
{
	const struct output_event e = { .state = state, .backup = o->urls.used };

	enter_with(o, &e);
}

/* That a session is good, and at another URL than the last one, why. */
static void enter_proven(struct output *o)
{
	struct output_event e = { .state = OUTPUT_RUNNING, .backup = o->urls.used };

	if (o->urls.used != o->session_url)
		e.switched = o->switch_why;
	else if (o->urls.used == 0)
		o->switch_why[0] = '\0';
	o->session_url = o->urls.used;
	o->proven = true;
	enter_with(o, &e);
}

/* Disks that are full take a file, and servers a stream, only to fail at once: after a failure the
 * end of it is told when it is one. */
static void enter_running(struct output *o)
{
	const struct output_event e = {
		.state = OUTPUT_RUNNING, .backup = o->urls.used, .unproven = true
	};

	o->proven = false;
	if (o->attempt == 0)
		enter_proven(o);
	else
		enter_with(o, &e);
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
		o->restarts = outqueue_restart(o->queue, true);
	if (current)
		o->session_restarts = o->restarts;
	o->follows = muxer_can_follow(o->muxer);
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

/* What the muxer did besides. */
static void note_files(struct output *o)
{
	uint64_t segments = muxer_segments(o->muxer), mishaps = muxer_mishaps(o->muxer);

	if (segments == o->segments && mishaps == o->mishaps)
		return;
	pthread_mutex_lock(&o->lock);
	if (muxer_path(o->muxer))
		snprintf(o->stats.path, sizeof(o->stats.path), "%s", muxer_path(o->muxer));
	o->stats.mishaps = mishaps;
	if (mishaps != o->mishaps)
		snprintf(o->stats.last_error, sizeof(o->stats.last_error), "%s",
			muxer_mishap(o->muxer));
	pthread_mutex_unlock(&o->lock);
	o->segments = segments;
	o->mishaps = mishaps;
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
	output_urls_flowed(&o->urls, now - o->session_usec, o->settings.stable_usec, now);
	if (!o->proven && now - o->session_usec >= MIN(OUTPUT_BRIEF_USEC, o->settings.stable_usec))
		enter_proven(o);
	note_files(o);
	if (now - o->session_usec >= o->settings.stable_usec)
		o->attempt = 0;
}

/* Back to the primary? It is then the one that is used next. */
static bool is_return(struct output *o, uint64_t now)
{
	if (o->urls.used == 0 || !output_urls_returns(&o->urls, output_probe_good(o->probe), now))
		return false;
	snprintf(o->switch_why, sizeof(o->switch_why), "the primary URL has been good for %g s",
		(double) output_urls_hold(&o->urls) / USEC_PER_SEC);
	output_urls_return(&o->urls, now);
	return true;
}

/* A keyframe is the place where an old session may end and a new one begin without a loss. One in
 * which nothing has been sent yet need not. */
static bool is_renewal(struct output *o, const struct packet *p)
{
	uint64_t now;

	if (!p->key || p->track != TRACK_VIDEO || muxer_bytes(o->muxer) == 0)
		return false;
	now = usec_now();
	return (o->settings.session_usec && now - o->session_usec >= o->settings.session_usec) ||
	       is_return(o, now);
}

/* A recording's session may last for ever. */
static void adopt_recording(struct output *o)
{
	struct muxer_recording next;
	bool has_next;

	pthread_mutex_lock(&o->lock);
	has_next = o->has_next;
	if (has_next)
		next = o->next.muxer.recording;
	pthread_mutex_unlock(&o->lock);
	if (has_next)
		muxer_set_recording(o->muxer, &next);
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

/* A packet of other tracks than the session's waits until they are the session's. */
static bool is_foreign(struct output *o, struct packet *p, unsigned restarts, bool stopping)
{
	if (restarts == o->session_restarts)
		return false;
	if (stopping) {
		packet_unref(p);
		return true;
	}
	/* Others still may have come since it was taken. */
	pthread_mutex_lock(&o->lock);
	if (restarts == o->restarts) {
		o->pending = TAKE_PTR(p);
		o->pending_generation = o->generation;
	}
	pthread_mutex_unlock(&o->lock);
	packet_unref(p);
	return true;
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
		unsigned restarts;
		struct packet *p;

		adopt_recording(o);
		p = outqueue_take(o->queue, stopping ? 0 : USEC_INFINITY, &restarts);
		if (!p && stopping)
			break;
		if (!p)
			continue;
		if (is_foreign(o, p, restarts, stopping))
			break;
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

/* Goes on with the tracks that have come, where the protocol has a way to say so; the queue has
 * let their packets in from the first one on. False: the session is over, with *ret_error. */
static bool follow_tracks(struct output *o, int *ret_error, char *why, size_t why_size)
{
	struct tracks *t = NULL;
	int r = -ENOTSUP;

	if (o->renewing)
		return false;
	pthread_mutex_lock(&o->lock);
	if (o->tracks && o->tracks->generation != o->session_tracks->generation)
		t = tracks_ref(o->tracks);
	pthread_mutex_unlock(&o->lock);
	if (t && !stage_stopping(&o->stage))
		r = muxer_follow(o->muxer, t, why, why_size);
	if (r < 0) {
		o->pending = packet_unref(o->pending);
		*ret_error = r == -ENOTSUP ? 0 : r;
		tracks_unref(t);
		return false;
	}
	tracks_unref(o->session_tracks);
	o->session_tracks = t;
	pthread_mutex_lock(&o->lock);
	if (o->generation == t->generation)
		o->session_restarts = o->restarts;
	if (o->pending && o->pending_generation != t->generation)
		o->pending = packet_unref(o->pending);
	pthread_mutex_unlock(&o->lock);
	return true;
}

/* Patience ends where a backup is waiting. With a connection, when there is none that could be
 * tried, it does not: over a bad network all of them take their time. */
static struct muxer_settings patience(const struct output *o)
{
	struct muxer_settings s = o->settings.muxer;

	if (o->urls.n > 1)
		s.write_usec = MIN(s.write_usec, o->settings.backup_after_usec);
	if (output_urls_spare(&o->urls, usec_now()))
		s.connect_usec = MIN(s.connect_usec, o->settings.backup_after_usec);
	return s;
}

/* One session from connect to close. Returns 0 when it ended well. */
static int session(struct output *o, char *why, size_t why_size)
{
	const struct muxer_settings s = patience(o);
	bool listens = destination_listens(output_url_at(o, o->urls.used));
	int r;

	o->session_usec = 0;
	if (listens)
		enter(o, OUTPUT_LISTENING);
	r = muxer_open(
		o->muxer, output_url_at(o, o->urls.used), &s, o->session_tracks, why, why_size);
	if (r < 0)
		return r;
	o->session_usec = usec_now();
	if (accept_packets(o)) {
		enter_running(o);
		output_probe_want(o->probe, o->urls.used > 0, o->settings.backup_return_usec);
		if (!o->pending)
			want_keyframe(o);
		do
			r = pump(o, why, why_size);
		while (r == 0 && follow_tracks(o, &r, why, why_size));
	}
	pthread_mutex_lock(&o->lock);
	o->follows = false;
	if (!o->renewing)
		o->restarts = outqueue_restart(o->queue, false);
	pthread_mutex_unlock(&o->lock);
	muxer_close(o->muxer);
	output_probe_want(o->probe, false, 0);
	/* Whoever came may go again. */
	return listens ? 0 : r;
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
	enter_with(o, &e);
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
		enter(o, OUTPUT_CONNECTING);
		o->session_tracks = wait_tracks(o);
		if (!o->session_tracks)
			break;
		snprintf(why, sizeof(why), "unknown error");
		r = session(o, why, sizeof(why));
		o->session_tracks = tracks_unref(o->session_tracks);
		if (r < 0)
			set_renewing(o, false);
		if (r < 0 && !stage_stopping(&o->stage))
			back_off(o, why, r);
		else if (r < 0)
			o->pending = packet_unref(o->pending);
	}
	outqueue_restart(o->queue, false);
	enter(o, OUTPUT_IDLE);
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
	/* No lock around the hook: whoever puts keeps the owner from letting go. */
	if (outqueue_put(o->queue, p) && o->hooks.want_keyframe)
		o->hooks.want_keyframe(o->hooks.userdata);
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
