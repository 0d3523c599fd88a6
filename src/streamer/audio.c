/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/audio.h"

#include <pthread.h>
#include <string.h>

#include "common/stage.h"
#include "common/usec.h"
#include "media/aac.h"

#define TICK_USEC (20 * USEC_PER_MSEC)  /* between blocks of silence */
#define READ_USEC (100 * USEC_PER_MSEC) /* for samples of an open source */
#define REOPEN_USEC (500 * USEC_PER_MSEC)
/* How far behind the clock the sound may be before silence is put in: an open source gets time for
 * a late wake-up, a missing one needs none. */
#define STARVED_USEC (800 * USEC_PER_MSEC)
#define SILENT_USEC TICK_USEC
#define LOST_USEC USEC_PER_SEC /* no samples for so long: the sound is not live */

struct audio {
	/* set before start */
	struct audio_hooks hooks;
	struct source *source; /* may be NULL */
	struct stage stage;

	/* the stage's own */
	struct sync *sync;
	struct aac *aac;
	struct levels levels;
	bool open, ended;
	uint64_t reopen_usec, last_usec;

	/* any thread */
	atomic_uint_fast64_t progress;
	atomic_bool reopen; /* the source is to be closed and opened again */

	pthread_mutex_t lock;
	/* protected by lock */
	struct audio_status status;
};

static void set_live(struct audio *a, bool live, const char *reason)
{
	bool changed;

	pthread_mutex_lock(&a->lock);
	changed = a->status.live != live;
	a->status.live = live;
	snprintf(a->status.reason, sizeof(a->status.reason), "%s", live ? "" : reason);
	pthread_mutex_unlock(&a->lock);
	if (changed)
		a->hooks.live(a->hooks.userdata, live, reason);
}

static void open_source(struct audio *a, uint64_t now)
{
	if (!a->source || a->ended || now < a->reopen_usec)
		return;
	if (a->source->ops->open(a->source) < 0) {
		a->reopen_usec = usec_now() + REOPEN_USEC;
		set_live(a, false, a->source->reason);
		return;
	}
	a->open = true;
	a->last_usec = usec_now();
	sync_forget(a->sync);
	pthread_mutex_lock(&a->lock);
	a->status.info = a->source->info;
	a->status.opens++;
	pthread_mutex_unlock(&a->lock);
}

static void close_source(struct audio *a, int r)
{
	a->source->ops->close(a->source);
	a->open = false;
	a->ended = r == -ENODATA;
	a->reopen_usec = usec_now();
	set_live(a, false, a->ended ? "the file has ended" : a->source->reason);
}

/* Reads one block, or waits for the next tick. */
static void read_source(struct audio *a, uint64_t until)
{
	struct samples in;
	int r;

	if (!a->open) {
		(void) stage_wait(&a->stage, until);
		return;
	}
	r = a->source->ops->read_audio(a->source, a->stage.wake_fd, until, &in);
	if (r == 0) {
		a->last_usec = usec_now();
		/* Nothing is heard in the future: a card that says so would silence itself until
		 * then. */
		in.capture_usec = MIN(in.capture_usec, a->last_usec);
		(void) sync_push(a->sync, &in);
		set_live(a, true, "");
	} else if (r == -EAGAIN) {
		stage_clear(&a->stage);
		if (usec_now() - a->last_usec > LOST_USEC)
			set_live(a, false, "no sound comes");
	} else {
		close_source(a, r);
	}
}

/* False when memory is out: the block stays for the next turn. */
static bool encode_block(struct audio *a)
{
	_cleanup_(packet_unrefp) struct packet *p = NULL;
	float *left = aac_input(a->aac, 0), *right = aac_input(a->aac, 1);
	int64_t pts;
	int r;

	if (!left || !right || !sync_pull(a->sync, left, right, &pts))
		return false;
	levels_push(&a->levels, left, right, SYNC_BLOCK);
	if (!a->hooks.wanted(a->hooks.userdata))
		return true;
	r = aac_encode(a->aac, pts, &p);
	pthread_mutex_lock(&a->lock);
	a->status.encode_errors += r < 0;
	a->status.packets += p != NULL;
	a->status.bytes += p ? p->size : 0;
	pthread_mutex_unlock(&a->lock);
	if (p)
		a->hooks.packet(a->hooks.userdata, p);
	return true;
}

static void note(struct audio *a)
{
	pthread_mutex_lock(&a->lock);
	levels_view(&a->levels, &a->status.levels);
	sync_stats(a->sync, &a->status.sync);
	if (a->source)
		a->status.source = a->source->counters;
	pthread_mutex_unlock(&a->lock);
}

static void audio_run(void *userdata)
{
	struct audio *a = userdata;

	while (!stage_stopping(&a->stage)) {
		uint64_t now;

		if (atomic_exchange(&a->reopen, false) && a->open)
			close_source(a, source_fail(a->source, -ECONNRESET, "it is opened anew"));
		if (!a->open)
			open_source(a, usec_now());
		read_source(a, usec_now() + (a->open ? READ_USEC : TICK_USEC));
		now = usec_now();
		sync_fill(a->sync, now - (a->open ? STARVED_USEC : SILENT_USEC));
		while (sync_ready(a->sync) && encode_block(a))
			;
		note(a);
		atomic_fetch_add(&a->progress, 1);
	}
	if (a->open)
		a->source->ops->close(a->source);
}

int audio_new(struct audio **ret, struct source *source, uint64_t epoch_usec, int64_t bitrate,
	const struct audio_hooks *hooks, char *why, size_t why_size)
{
	struct audio *a = calloc(1, sizeof(*a));
	int r;

	if (!a) {
		source_free(source);
		return -ENOMEM;
	}
	a->hooks = *hooks;
	a->source = source;
	a->stage = STAGE_NULL;
	pthread_mutex_init(&a->lock, NULL);
	snprintf(a->status.reason, sizeof(a->status.reason), "%s",
		source ? "no sound yet" : "no sound source");
	levels_view(&a->levels, &a->status.levels);
	snprintf(why, why_size, "no memory");
	r = sync_new(&a->sync, epoch_usec);
	if (r >= 0)
		r = aac_new(&a->aac, bitrate, why, why_size);
	if (r < 0) {
		(void) audio_free(a, 0);
		return r;
	}
	*ret = a;
	return 0;
}

int audio_parameters(const struct audio *a, struct AVCodecParameters **ret)
{
	return aac_parameters(a->aac, ret);
}

int audio_start(struct audio *a)
{
	return stage_start(&a->stage, "audio", audio_run, a);
}

void audio_status(struct audio *a, struct audio_status *ret)
{
	pthread_mutex_lock(&a->lock);
	*ret = a->status;
	pthread_mutex_unlock(&a->lock);
}

void audio_reopen(struct audio *a)
{
	if (!a)
		return;
	atomic_store(&a->reopen, true);
	stage_wake(&a->stage);
}

uint64_t audio_progress(const struct audio *a)
{
	return atomic_load(&a->progress);
}

void audio_stop(struct audio *a)
{
	if (a)
		stage_stop(&a->stage);
}

int audio_free(struct audio *a, uint64_t until_usec)
{
	if (!a)
		return 0;
	if (stage_join(&a->stage, until_usec) < 0)
		return -ETIMEDOUT;
	source_free(a->source);
	sync_free(a->sync);
	aac_free(a->aac);
	stage_deinit(&a->stage);
	pthread_mutex_destroy(&a->lock);
	free(a);
	return 0;
}
