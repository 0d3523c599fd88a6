/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "common/usec.h"
#include "streamer/video-private.h"

#define REOPEN_USEC (250 * USEC_PER_MSEC) /* between attempts to open the source */

/* ---- the capture stage: the source's opening and closing, which may take a while ---- */

/* By whoever has the source. */
static void note_source(struct video *v, const char *reason)
{
	pthread_mutex_lock(&v->lock);
	if (reason)
		snprintf(v->source_reason, sizeof(v->source_reason), "%s", reason);
	v->status.source = v->source->counters;
	v->status.signal = v->source->signal;
	pthread_mutex_unlock(&v->lock);
}

static int open_source(struct video *v)
{
	struct source *s = v->source;
	int r = s->ops->open(s);
	bool changed;

	if (r < 0) {
		note_source(v, s->reason);
		return r;
	}
	pthread_mutex_lock(&v->lock);
	changed = strcmp(v->status.info.compromise, s->info.compromise) != 0;
	v->status.info = s->info;
	v->status.signal = s->signal;
	snprintf(v->status.warning, sizeof(v->status.warning), "%s", s->warning);
	v->status.opens++;
	snprintf(v->source_reason, sizeof(v->source_reason), "no picture from %.95s",
		s->info.device);
	pthread_mutex_unlock(&v->lock);
	if (changed)
		v->hooks.event(v->hooks.userdata,
			*s->info.compromise ? VIDEO_COMPROMISE : VIDEO_UNCOMPROMISED,
			s->info.compromise);
	return 0;
}

/* Returns why it came back: 0 to be opened again at once, -ECANCELED for the end, or how it was
 * lost. */
static int lend_source(struct video *v)
{
	uint64_t now = usec_now();
	int r;

	v->read_usec = now;
	v->stall_usec = recovery_begin(&v->recovery, now);
	pthread_mutex_lock(&v->lock);
	v->source_error = v->over ? -ECANCELED : 0;
	atomic_store(&v->lent, !v->over);
	pthread_mutex_unlock(&v->lock);
	stage_wake(&v->encode);
	pthread_mutex_lock(&v->lock);
	while (atomic_load(&v->lent))
		pthread_cond_wait(&v->returned, &v->lock);
	r = v->source_error;
	pthread_mutex_unlock(&v->lock);
	recovery_end(&v->recovery, now, v->read_usec);
	note_source(v, v->source->reason);
	return r;
}

/* Reads the open source for as long as that works. Returns as lend_source(), with what is to be
 * done when it was lost. */
static int use_source(struct video *v, enum ladder_step *ret_step)
{
	struct source *s = v->source;
	int r = lend_source(v);

	while (r < 0 && r != -ECANCELED && r != -ENODATA) {
		*ret_step = recovery_next(&v->recovery, r, true);
		if (*ret_step != LADDER_RESTART)
			break;
		r = s->ops->restart(s);
		if (r == 0)
			r = lend_source(v);
	}
	return r;
}

static void reset_source(struct video *v)
{
	int r = recovery_reset(&v->recovery, &v->capture);

	if (r != -EAGAIN)
		v->hooks.event(v->hooks.userdata, r < 0 ? VIDEO_RESET_FAILED : VIDEO_RESET,
			r < 0 ? v->source->reason : "");
}

void video_capture_run(void *userdata)
{
	struct video *v = userdata;
	struct source *s = v->source;
	int r;

	while (!stage_stopping(&v->capture)) {
		enum ladder_step step = LADDER_REOPEN;

		atomic_store(&v->reopen, false);
		r = open_source(v);
		if (r == 0) {
			r = use_source(v, &step);
			s->ops->close(s);
		} else {
			step = recovery_next(&v->recovery, r, false);
		}
		if (r == -ECANCELED)
			break;
		if (r == -ENODATA) {
			atomic_store(&v->ended, true);
			stage_wake(&v->encode);
			break;
		}
		if (r < 0)
			atomic_store(&v->refused, true);
		if (step == LADDER_RESET)
			reset_source(v);
		if (r < 0)
			(void) stage_wait(&v->capture, usec_now() + REOPEN_USEC);
	}
}

/* ---- the encode stage: reading ---- */

void video_return_source(struct video *v, int error)
{
	pthread_mutex_lock(&v->lock);
	if (atomic_exchange(&v->lent, false)) {
		v->source_error = error;
		pthread_cond_signal(&v->returned);
	}
	pthread_mutex_unlock(&v->lock);
}

static int read_source(struct video *v, uint64_t until, struct frame **ret)
{
	struct source *s = v->source;
	int r = s->ops->read_video(s, v->encode.wake_fd, until, ret);

	if (r == 0) {
		v->read_usec = usec_now();
		v->stall_usec = LADDER_PATIENCE_USEC;
		note_source(v, NULL);
		return 0;
	}
	/* While it is lent nobody else writes what was noted. */
	if (s->signal != v->status.signal)
		note_source(v, NULL);
	if (r == -EAGAIN) {
		stage_clear(&v->encode);
		if (usec_now() - v->read_usec > v->stall_usec)
			return recovery_stalled(s);
	}
	return r;
}

struct frame *video_next_picture(struct video *v, uint64_t until_usec)
{
	struct source *s = v->source;
	struct frame *f = NULL;
	int r;

	if (!atomic_load(&v->lent)) {
		(void) stage_wait(&v->encode, until_usec);
		return NULL;
	}
	if (atomic_exchange(&v->reopen, false)) {
		(void) source_fail(s, -ECONNRESET, "%s is opened anew", s->info.device);
		video_return_source(v, 0);
		return NULL;
	}
	r = read_source(v, until_usec, &f);
	if (r == 0)
		return f;
	if (r == -ENODATA)
		atomic_store(&v->ended, true);
	if (r != -EAGAIN)
		video_return_source(v, r == -ESTALE ? 0 : r);
	return NULL;
}
