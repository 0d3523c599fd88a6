/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * While the thread waits for a packet of a session that need not wait for its peer, it lends its
 * turn: who puts the next one sends it, and saves waking the thread for each. What cannot be done
 * at once is left to the thread, and so is whatever is out of the ordinary.
 */
#include <string.h>

#include "common/destination.h"
#include "common/usec.h"
#include "media/output-private.h"

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
	output_enter_with(o, &e);
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
		output_enter_with(o, &e);
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

/* May this packet go out in this session? If not, the session has to end, and the packet waits. */
static bool belongs(struct output *o, struct packet *p, unsigned restarts, bool stopping)
{
	if (is_foreign(o, p, restarts, stopping))
		return false;
	if (stopping || !is_renewal(o, p))
		return true;
	o->pending = p;
	o->pending_generation = o->session_tracks->generation;
	output_set_renewing(o, true);
	return false;
}

/* A session that may yet fail has a change of state to tell, which is the thread's to do. */
static bool lends(const struct output *o)
{
	return o->proven && muxer_can_try(o->muxer);
}

static enum output_turn lent_packet(struct output *o, struct packet *p, unsigned restarts)
{
	uint64_t before = muxer_bytes(o->muxer);
	int r;

	if (!belongs(o, p, restarts, false))
		return OUTPUT_TURN_END;
	r = muxer_try(o->muxer, p, outqueue_more(o->queue), o->turn_why, sizeof(o->turn_why));
	if (r == -EAGAIN || r == -EBUSY) {
		o->turn_packet = p;
		return r == -EAGAIN ? OUTPUT_TURN_FINISH : OUTPUT_TURN_SEND;
	}
	if (r == 0 && muxer_bytes(o->muxer) != before)
		count_sent(o, p);
	packet_unref(p);
	o->turn_error = r;
	return r < 0 ? OUTPUT_TURN_END : OUTPUT_TURN_DONE;
}

void output_lent_turn(struct output *o)
{
	enum output_turn turn = OUTPUT_TURN_DONE;
	bool usual = !stage_stopping(&o->stage) && !tracks_changed(o);
	struct packet *p = NULL;
	unsigned restarts;

	o->turn_error = 0;
	while (usual && turn == OUTPUT_TURN_DONE && (p = outqueue_take(o->queue, 0, &restarts)))
		turn = lent_packet(o, p, restarts);
	o->turn = turn;
	outqueue_give_back(o->queue, !usual || turn != OUTPUT_TURN_DONE);
}

/* What a turn that was lent has left. False: the session has to end, with *ret_error. */
static bool end_turn(struct output *o, int *ret_error, char *why, size_t why_size)
{
	enum output_turn turn = o->turn;
	struct packet *p = TAKE_PTR(o->turn_packet);

	*ret_error = 0;
	o->turn = OUTPUT_TURN_DONE;
	switch (turn) {
	case OUTPUT_TURN_DONE:
		return true;
	case OUTPUT_TURN_FINISH:
		*ret_error = muxer_finish(o->muxer, why, why_size);
		if (*ret_error == 0)
			count_sent(o, p);
		packet_unref(p);
		return *ret_error == 0;
	case OUTPUT_TURN_SEND:
		*ret_error = send_packet(o, p, why, why_size);
		return *ret_error == 0;
	case OUTPUT_TURN_END:
		*ret_error = o->turn_error;
		if (o->turn_error < 0)
			snprintf(why, why_size, "%s", o->turn_why);
		return false;
	}
	return true;
}

static struct packet *next_packet(struct output *o, bool stopping, unsigned *ret_restarts)
{
	if (!stopping && lends(o))
		return outqueue_take_or_lend(o->queue, ret_restarts);
	return outqueue_take(o->queue, stopping ? 0 : USEC_INFINITY, ret_restarts);
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
		p = next_packet(o, stopping, &restarts);
		if (!p && stopping)
			break;
		if (!p && !end_turn(o, &r, why, why_size))
			break;
		if (!p)
			continue;
		if (!belongs(o, p, restarts, stopping))
			break;
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
int output_session(struct output *o, char *why, size_t why_size)
{
	const struct muxer_settings s = patience(o);
	bool listens = destination_listens(output_url_at(o, o->urls.used));
	int r;

	o->session_usec = 0;
	if (listens)
		output_enter(o, OUTPUT_LISTENING);
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
