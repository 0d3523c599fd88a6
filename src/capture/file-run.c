/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Item k is due at base + pts. For a file, base is set when the first item is asked for; the thread
 * then stays a few items ahead and waits for room. For a live stream, base is the lowest of arrival
 * - pts: what came fastest sets the pace, others came late by the network's jitter.
 *
 * Who reads too slowly does not hold up the other: a picture that is due with the next one due as
 * well is dropped to make room, and so is sound that is overdue by more than the queue holds.
 *
 * Waking a thread costs more than what it does then, so each is woken for several items at once
 * where that is possible: the file's thread when a queue is half empty, the reader of the sound
 * when two blocks are complete, readers only for what they wait for.
 */
#include "capture/file-run.h"

#include <string.h>
#include <sys/eventfd.h>

#include "capture/file-queue.h"
#include "capture/pace.h"
#include "capture/timeline.h"
#include "common/stage.h"
#include "common/usec.h"

#define IO_TIMEOUT (5 * USEC_PER_SEC) /* to open, and later for each read */
#define STOP_TIMEOUT (2 * USEC_PER_SEC)
#define VIDEO_AHEAD 4               /* pictures decoded ahead … */
#define VIDEO_AHEAD_BYTES (3 << 19) /* … fewer when they are large, but one */
#define VIDEO_MAX 16                /* while the sound starves: files that are badly interleaved */
#define VIDEO_BYTES_MAX (64 << 20)  /* … as long as pictures are not too large */
#define CODED_LATE INT64_C(1000000) /* µs: so late, what is passed on is left out after all */
#define AUDIO_AHEAD INT64_C(500000) /* µs */
#define AUDIO_RIDE INT64_C(50000)   /* µs: how long a complete block may wait for the next one */
#define EARLY INT64_C(5000)         /* µs: so much before the end of its predecessor is early */
#define LATE_MAX INT64_C(2000000)   /* µs: further behind, the file's clock is set anew */
#define LIVE_LATE_MAX INT64_C(1000000)
#define LIVE_WINDOW INT64_C(10000000) /* µs: how often base follows a slow sender … */
#define LIVE_STEP INT64_C(10000)      /* … by at most this */

enum file_state {
	FILE_OPENING,
	FILE_RUNNING,
	FILE_OVER, /* err and why say how */
};

struct track {
	bool attached;
	bool expected; /* its reader may join before the other one begins to read */
	struct file_queue queue;
	bool hungry;     /* its reader waits for whatever comes next */
	int64_t next;    /* when that is to be expected: the end of what was taken last */
	uint64_t errors; /* not yet asked for */
};

struct file_run {
	atomic_int refs;
	/* set before start */
	char *url;
	bool loop, coded; /* coded: pictures with what they were decoded from */
	struct demux *demux;
	struct stage stage;
	int ready_fd[_FILE_TRACK_MAX]; /* readable when there may be news for that reader */
	/* the thread's own */
	struct timeline timeline;
	uint32_t sequence;
	uint64_t items; /* that somebody wanted, since the last start of the file */
	int64_t live_lag, live_since;
	/* written by the thread while opening, constant afterwards */
	struct demux_info info;
	enum sample_format sample_format; /* constant once there is sound */
	size_t sample_bytes;              /* of all channels */
	pthread_mutex_t lock;
	/* protected by lock */
	enum file_state state;
	int err;
	char why[96];
	struct track track[_FILE_TRACK_MAX];
	enum file_track full;    /* has no room for what the thread holds; _FILE_TRACK_MAX: none */
	struct file_block *held; /* with the reader of the sound */
	bool based;
	int64_t base, end; /* end: of the newest item */
};

static bool accepts(const struct file_run *r, const struct track *t)
{
	return t->attached || (t->expected && !r->based);
}

static void notify(struct file_run *r, enum file_track track)
{
	(void) eventfd_write(r->ready_fd[track], 1);
}

static int64_t due_of(const struct file_run *r, const struct file_item *item)
{
	return r->base + item->pts;
}

static int64_t now_signed(void)
{
	return (int64_t) usec_now();
}

static int64_t picture_bytes(const struct file_run *r)
{
	return (int64_t) MAX(r->info.width, 1) * MAX(r->info.height, 1) * 2;
}

/* How many pictures may wait while the sound has none: as few as ever for large ones. */
static unsigned video_max(const struct file_run *r)
{
	return (unsigned) CLAMP(VIDEO_BYTES_MAX / picture_bytes(r), VIDEO_AHEAD, VIDEO_MAX);
}

static unsigned video_ahead(const struct file_run *r)
{
	return (unsigned) CLAMP(VIDEO_AHEAD_BYTES / picture_bytes(r), 1, VIDEO_AHEAD);
}

static unsigned items_max(const struct file_run *r, enum file_track track)
{
	return track == FILE_VIDEO ? video_max(r) : FILE_QUEUE_MAX;
}

/* Pictures whose time has come; their reader is at another one. */
static unsigned waiting(struct file_run *r)
{
	struct file_queue *q = &r->track[FILE_VIDEO].queue;
	int64_t now = now_signed();
	unsigned n = 0;

	while (r->based && n < q->n && due_of(r, file_queue_at(q, n)) <= now)
		n++;
	return n;
}

/* How many of them may. A live stream's clock moves with what arrives, and what arrived at once is
 * due at once: the newest tells the time. */
static unsigned waiting_max(const struct file_run *r)
{
	return r->info.live ? 1 : SOURCE_WAITING;
}

/* What is passed on costs all up to the next IDR when one is left out: so long as there is hope it
 * waits for its reader, and what comes after it where it comes from. */
static bool is_coded(struct file_queue *q)
{
	const struct frame *oldest = q->n > 0 ? file_queue_at(q, 0)->frame : NULL;

	return oldest && oldest->coded;
}

/* Is as much decoded ahead as shall be, or a part of that? */
static bool is_ahead(struct file_run *r, enum file_track track, unsigned part)
{
	struct file_queue *q = &r->track[track].queue;

	return track == FILE_VIDEO ? (q->n - waiting(r)) * part >= video_ahead(r)
				   : file_queue_length(q) * part >= AUDIO_AHEAD;
}

/* Has the reader nothing, though there is such a track? */
static bool starves(struct file_run *r, enum file_track track)
{
	return accepts(r, &r->track[track]) && r->track[track].queue.n == 0 &&
	       (track == FILE_VIDEO ? r->info.has_video : r->info.has_audio);
}

/* Is there, or can be made, room for one more item, which begins at pts? Else *ret_until is when to
 * look again. */
static bool make_room(struct file_run *r, enum file_track track, int64_t pts, uint64_t *ret_until)
{
	struct file_queue *q = &r->track[track].queue;
	int64_t until;
	bool drop;

	if (q->n == 0 || !accepts(r, &r->track[track]))
		return true;
	if (q->n < items_max(r, track) && (!is_ahead(r, track, 1) || starves(r, !track)))
		return true;
	*ret_until = USEC_INFINITY;
	if (!r->based)
		return false;
	if (track == FILE_VIDEO && is_coded(q)) {
		until = due_of(r, file_queue_at(q, 0)) + CODED_LATE;
		drop = until <= now_signed();
	} else if (track == FILE_VIDEO) {
		unsigned n = waiting(r);

		until = r->base + (n < q->n ? file_queue_at(q, n)->pts : pts);
		drop = n > waiting_max(r);
	} else {
		until = due_of(r, file_queue_at(q, 0)) + AUDIO_AHEAD;
		drop = until <= now_signed();
	}
	*ret_until = (uint64_t) until;
	if (drop)
		file_queue_drop(q);
	return drop;
}

/* With the lock held; lets it go while it waits. False when the thread shall end. */
static bool wait_for_room(struct file_run *r, enum file_track track, int64_t pts)
{
	uint64_t until;
	bool go_on = !stage_stopping(&r->stage);

	while (go_on && !make_room(r, track, pts, &until)) {
		r->full = track;
		pthread_mutex_unlock(&r->lock);
		go_on = stage_wait(&r->stage, until);
		pthread_mutex_lock(&r->lock);
		r->full = _FILE_TRACK_MAX;
	}
	return go_on;
}

/* Something was taken: shall the thread go on reading? */
static bool wants_more(struct file_run *r)
{
	return r->full != _FILE_TRACK_MAX && (!is_ahead(r, r->full, 2) || starves(r, !r->full));
}

/* Live: the item has come now. Keeps base at the lowest of arrival - pts, and follows a sender
 * whose clock is slower than ours by a little step now and then. */
static void pace_live(struct file_run *r, int64_t pts)
{
	int64_t now = now_signed(), lag = now - (r->base + pts);

	if (!r->based || lag < 0 || lag > LIVE_LATE_MAX) {
		r->base = now - pts;
		r->based = true;
		r->live_since = now;
		r->live_lag = INT64_MAX;
		return;
	}
	r->live_lag = MIN(r->live_lag, lag);
	if (now - r->live_since < LIVE_WINDOW)
		return;
	r->base += MIN(r->live_lag, LIVE_STEP);
	r->live_since = now;
	r->live_lag = INT64_MAX;
}

/* File: after a stall of the whole process or where the processor is too slow for it, goes on from
 * here instead of running after the clock for ever. */
static void pace_file(struct file_run *r, int64_t pts)
{
	int64_t now = now_signed();

	if (r->based && now - (r->base + pts) > LATE_MAX)
		r->base = now - pts;
}

/* Does its reader wait for this very item? One that sleeps until its predecessor's end need not
 * hear of it, unless it comes before that. */
static bool awaits(const struct file_run *r, const struct track *t, const struct file_item *item)
{
	return t->hungry || r->info.live || (t->queue.n == 0 && item->pts < t->next - EARLY);
}

/* Takes over the item. False when the thread shall end. */
static bool push(struct file_run *r, enum file_track track, struct file_item item)
{
	struct file_queue *q = &r->track[track].queue;
	bool go_on;

	pthread_mutex_lock(&r->lock);
	go_on = wait_for_room(r, track, item.pts);
	if (!go_on || !accepts(r, &r->track[track])) {
		frame_unref(item.frame);
		file_queue_block_put(q, item.block);
	} else {
		if (r->info.live)
			pace_live(r, item.pts);
		else
			pace_file(r, item.pts);
		if (awaits(r, &r->track[track], &item))
			notify(r, track);
		file_queue_push(q, item);
		r->items++;
	}
	r->end = MAX(r->end, item.end);
	pthread_mutex_unlock(&r->lock);
	return go_on;
}

static int push_video(struct file_run *r, struct demux_item *in)
{
	int num = r->info.rate_num ? r->info.rate_num : 25;
	int64_t duration = (int64_t) USEC_PER_SEC * r->info.rate_den / num;
	struct file_item item = { .frame = in->frame };

	in->frame->sequence = r->sequence++;
	item.pts = timeline_map(&r->timeline, FILE_VIDEO, in->pts_usec, duration);
	item.end = item.pts + duration;
	return push(r, FILE_VIDEO, item) ? 0 : -ECANCELED;
}

static struct file_block *block_get(struct file_run *r)
{
	struct file_block *b;

	pthread_mutex_lock(&r->lock);
	b = file_queue_block(&r->track[FILE_AUDIO].queue, r->sample_bytes);
	pthread_mutex_unlock(&r->lock);
	return b;
}

static int push_audio(struct file_run *r, const struct demux_item *in)
{
	const struct samples *s = &in->samples;
	int64_t length = (int64_t) s->frames * 1000000 / s->rate;
	int64_t expect = r->timeline.track[FILE_AUDIO].end;
	int64_t at = timeline_map(&r->timeline, FILE_AUDIO, in->pts_usec, length);
	bool gap = r->items > 0 && at - expect > (int64_t) (20 * USEC_PER_MSEC);

	if (r->sample_bytes == 0) {
		r->sample_format = s->format;
		r->sample_bytes = (s->format == SAMPLE_S16 ? 2 : 4) * (size_t) s->channels;
	}
	for (int done = 0, n; done < s->frames; done += n, gap = false) {
		struct file_item item = { .pts = at + (int64_t) done * 1000000 / s->rate };

		n = MIN(s->frames - done, FILE_BLOCK_FRAMES);
		item.end = item.pts + (int64_t) n * 1000000 / s->rate;
		item.block = block_get(r);
		if (!item.block)
			return -ENOMEM;
		item.block->frames = n;
		item.block->gap = gap;
		memcpy(item.block->data,
			(const uint8_t *) s->data + (size_t) done * r->sample_bytes,
			(size_t) n * r->sample_bytes);
		if (!push(r, FILE_AUDIO, item))
			return -ECANCELED;
	}
	return 0;
}

static void add_errors(struct file_run *r, uint64_t errors)
{
	struct track *t = r->track;

	pthread_mutex_lock(&r->lock);
	t[t[FILE_VIDEO].attached ? FILE_VIDEO : FILE_AUDIO].errors += errors;
	pthread_mutex_unlock(&r->lock);
}

/* The end of the file: from the start again, or -ENODATA. */
static int at_end(struct file_run *r)
{
	if (r->info.live)
		return -EPIPE;
	if (!r->loop)
		return -ENODATA;
	if (r->items == 0)
		return -EBADMSG;
	r->items = 0;
	timeline_restart(&r->timeline);
	return demux_rewind(r->demux);
}

static int step(struct file_run *r)
{
	struct demux_item item = { 0 };
	uint64_t errors = 0;
	int err = demux_read(r->demux, &item, &errors);

	if (errors > 0)
		add_errors(r, errors);
	if (err == -ENODATA)
		return at_end(r);
	if (err < 0)
		return err == -EAGAIN ? 0 : err;
	return item.frame ? push_video(r, &item) : push_audio(r, &item);
}

static void set_state(struct file_run *r, enum file_state state, int err, const char *why)
{
	pthread_mutex_lock(&r->lock);
	r->state = state;
	r->err = err;
	snprintf(r->why, sizeof(r->why), "%s", why);
	notify(r, FILE_VIDEO);
	notify(r, FILE_AUDIO);
	pthread_mutex_unlock(&r->lock);
}

static void run_main(void *userdata)
{
	struct file_run *r = userdata;
	char why[96] = "";
	int err = demux_open(r->demux, r->url, IO_TIMEOUT, why, sizeof(why));

	if (err == 0) {
		r->info = *demux_info(r->demux);
		set_state(r, FILE_RUNNING, 0, "");
		while (err == 0 && !stage_stopping(&r->stage))
			err = step(r);
		if (err == -EPIPE)
			snprintf(why, sizeof(why), "the stream has ended");
		else if (err == -EBADMSG)
			snprintf(why, sizeof(why), "nothing in it can be decoded");
		else
			snprintf(why, sizeof(why), "%s", strerror(-err));
	}
	set_state(r, FILE_OVER, err, why);
}

int file_run_new(struct file_run **ret, const char *url, struct file_wish wish, bool both,
	enum file_track track)
{
	struct file_run *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	atomic_init(&r->refs, 1);
	pthread_mutex_init(&r->lock, NULL);
	r->stage = STAGE_NULL;
	r->loop = wish.loop;
	r->coded = wish.coded;
	r->full = _FILE_TRACK_MAX;
	r->track[track].attached = true;
	r->track[!track].expected = both;
	r->url = strdup(url);
	for (int i = 0; i < _FILE_TRACK_MAX; i++)
		r->ready_fd[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	err = r->url ? demux_new(&r->demux) : -ENOMEM;
	if (err == 0 && r->coded)
		demux_keep_coded(r->demux);
	if (err == 0 && (r->ready_fd[0] < 0 || r->ready_fd[1] < 0))
		err = -EMFILE;
	if (err == 0)
		err = stage_start(&r->stage, "egm-file", run_main, r);
	if (err < 0) {
		file_run_unref(r);
		return err;
	}
	*ret = r;
	return 0;
}

struct file_run *file_run_unref(struct file_run *r)
{
	if (!r || atomic_fetch_sub(&r->refs, 1) != 1)
		return NULL;
	demux_free(r->demux);
	file_queue_block_put(&r->track[FILE_AUDIO].queue, r->held);
	for (int i = 0; i < _FILE_TRACK_MAX; i++) {
		file_queue_deinit(&r->track[i].queue);
		closep(&r->ready_fd[i]);
	}
	stage_deinit(&r->stage);
	pthread_mutex_destroy(&r->lock);
	free(r->url);
	free(r);
	return NULL;
}

bool file_run_join(struct file_run *r, enum file_track track)
{
	struct track *t = &r->track[track];
	bool good;

	pthread_mutex_lock(&r->lock);
	good = !t->attached &&
	       (r->state != FILE_OVER || (t->expected && !r->based && r->err == -ENODATA));
	if (good) {
		t->attached = true;
		t->expected = false;
		t->queue.gap = false;
		atomic_fetch_add(&r->refs, 1);
	}
	pthread_mutex_unlock(&r->lock);
	if (good)
		stage_wake(&r->stage);
	return good;
}

bool file_run_leave(struct file_run *r, enum file_track track)
{
	bool last;

	pthread_mutex_lock(&r->lock);
	r->track[track].attached = false;
	file_queue_clear(&r->track[track].queue);
	if (track == FILE_AUDIO)
		file_queue_block_put(&r->track[track].queue, TAKE_PTR(r->held));
	last = !r->track[!track].attached;
	pthread_mutex_unlock(&r->lock);
	stage_wake(&r->stage);
	return last;
}

void file_run_stop(struct file_run *r)
{
	stage_stop(&r->stage);
	demux_interrupt(r->demux);
	/* The thread has no reference; one that is stuck gets this one, which nobody gives back. */
	if (stage_join(&r->stage, usec_now() + STOP_TIMEOUT) < 0)
		atomic_fetch_add(&r->refs, 1);
}

int file_run_opened(struct file_run *r, enum file_track track, uint64_t until_usec,
	struct demux_info *ret, char *why, size_t why_size)
{
	enum file_state state;
	int err;

	for (;;) {
		pthread_mutex_lock(&r->lock);
		state = r->state;
		err = r->err;
		if (state == FILE_OVER)
			snprintf(why, why_size, "%s", r->why);
		pthread_mutex_unlock(&r->lock);
		if (state != FILE_OPENING || usec_now() >= until_usec)
			break;
		/* The descriptor stays readable: it is read's to clear, and nothing comes before.
		 */
		(void) pace_wait(-1, r->ready_fd[track], until_usec);
	}
	if (state == FILE_OPENING)
		return -EAGAIN;
	if (state == FILE_OVER && err != -ENODATA)
		return err;
	*ret = r->info;
	return 0;
}

/* When to hand over the oldest item. A file's sound comes as a card's does: when it is complete. */
static int64_t ready_at(const struct file_run *r, enum file_track track, const struct file_item *i)
{
	return r->base + (track == FILE_AUDIO && !r->info.live ? i->end : i->pts);
}

/* When its reader shall look again, whose oldest item is not ready yet: two blocks of sound are
 * handed over at once, unless there is a hole between them. */
static int64_t wake_at(const struct file_run *r, enum file_track track, struct file_queue *q)
{
	int64_t first = ready_at(r, track, file_queue_at(q, 0)), second = first;

	if (track == FILE_AUDIO && q->n > 1)
		second = ready_at(r, track, file_queue_at(q, 1));
	return second - first <= AUDIO_RIDE ? second : first;
}

/* Nothing is there. While the file goes on, the next item is due when the last one ends; before
 * that its reader need not hear of it. */
static int take_nothing(struct file_run *r, struct track *t, int64_t now, uint64_t *ret_until)
{
	int64_t due = r->base + (r->state == FILE_OVER ? r->end : t->next);

	*ret_until = (uint64_t) due;
	if (r->based && due > now)
		return -EAGAIN; /* a track that is shorter than the other one ends with it */
	if (r->state == FILE_OVER)
		return r->err;
	*ret_until = USEC_INFINITY;
	t->hungry = true;
	return -EAGAIN;
}

/* One look into the queue, with the lock held. -EAGAIN: nothing is due before *ret_until. */
static int take_due(
	struct file_run *r, enum file_track track, struct file_item *ret, uint64_t *ret_until)
{
	struct file_queue *q = &r->track[track].queue;
	int64_t now = now_signed();

	if (q->n == 0)
		return take_nothing(r, &r->track[track], now, ret_until);
	r->track[track].hungry = false;
	if (!r->based) {
		r->base = now - file_queue_at(q, 0)->pts;
		r->based = true;
		if (!r->track[!track].attached)
			file_queue_clear(&r->track[!track].queue);
		stage_wake(&r->stage);
	}
	while (track == FILE_VIDEO && !is_coded(q) && waiting(r) > waiting_max(r))
		file_queue_drop(q);
	if (ready_at(r, track, file_queue_at(q, 0)) > now) {
		*ret_until = (uint64_t) wake_at(r, track, q);
		return -EAGAIN;
	}
	*ret = file_queue_pop(q);
	r->track[track].next = ret->end;
	if (wants_more(r))
		stage_wake(&r->stage);
	return 0;
}

static int take(struct file_run *r, enum file_track track, int wake_fd, uint64_t until_usec,
	struct file_item *ret, uint64_t *ret_due, char *why, size_t why_size)
{
	for (;;) {
		eventfd_t news;
		uint64_t next;
		int err;

		(void) eventfd_read(r->ready_fd[track], &news);
		pthread_mutex_lock(&r->lock);
		err = take_due(r, track, ret, &next);
		if (err == 0)
			*ret_due = (uint64_t) due_of(r, ret);
		else if (err != -EAGAIN)
			snprintf(why, why_size, "%s", r->why);
		if (track == FILE_AUDIO && err == 0)
			r->held = ret->block;
		pthread_mutex_unlock(&r->lock);
		if (err != -EAGAIN)
			return err;
		if (usec_now() >= until_usec)
			return -EAGAIN;
		err = pace_wait(wake_fd, r->ready_fd[track], MIN(until_usec, next));
		if (err < 0)
			return err;
	}
}

int file_run_video(struct file_run *r, int wake_fd, uint64_t until_usec, struct frame **ret,
	char *why, size_t why_size)
{
	struct file_item item = { 0 };
	uint64_t due;
	int err = take(r, FILE_VIDEO, wake_fd, until_usec, &item, &due, why, why_size);

	if (err < 0)
		return err;
	item.frame->capture_usec = due;
	item.frame->dequeue_usec = usec_now();
	*ret = item.frame;
	return 0;
}

int file_run_audio(struct file_run *r, int wake_fd, uint64_t until_usec, struct samples *ret,
	char *why, size_t why_size)
{
	struct file_item item = { 0 };
	uint64_t due;
	int err;

	pthread_mutex_lock(&r->lock);
	file_queue_block_put(&r->track[FILE_AUDIO].queue, TAKE_PTR(r->held));
	pthread_mutex_unlock(&r->lock);
	err = take(r, FILE_AUDIO, wake_fd, until_usec, &item, &due, why, why_size);
	if (err < 0)
		return err;
	*ret = (struct samples){ .format = r->sample_format,
		.rate = r->info.audio_rate,
		.channels = r->info.audio_channels,
		.frames = item.block->frames,
		.data = item.block->data,
		.capture_usec = due,
		.gap = item.block->gap };
	return 0;
}

void file_run_count(struct file_run *r, enum file_track track, struct source_counters *counters)
{
	struct track *t = &r->track[track];

	pthread_mutex_lock(&r->lock);
	counters->dropped += t->queue.dropped;
	counters->errors += t->errors;
	t->queue.dropped = t->errors = 0;
	pthread_mutex_unlock(&r->lock);
}
