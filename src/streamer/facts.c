/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/facts.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#include "common/stage.h"
#include "common/usec.h"
#include "detector/unjpeg.h"
#include "media/mailbox.h"

/* What somebody wants to be looked for. */
struct wanted {
	bool enabled;
	uint64_t after_usec;
	int frozen_ms;
};

struct facts {
	/* set by new */
	struct events *events;
	void (*changed)(void *userdata);
	void *userdata;
	struct stage stage;
	struct mailbox mailbox;

	/* of whoever hands pictures */
	uint64_t due_usec;

	/* the stage's own */
	struct unjpeg unjpeg;
	struct pixels pixels;
	uint64_t looked_usec; /* when it last had a picture */

	/* of whoever ticks */
	struct arrival arrival;

	/* any thread */
	atomic_bool enabled;

	pthread_mutex_t lock; /* held while events are told, so that they come in their order */
	/* protected by lock */
	struct facts_view view;
	struct wanted wanted;
	bool anew;          /* wanted has changed, or is still to be looked at */
	uint64_t lost_usec; /* what was got hold of before tells nothing any more */
};

int facts_new(
	struct facts **ret, struct events *events, void (*changed)(void *userdata), void *userdata)
{
	struct facts *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	f->events = events;
	f->changed = changed;
	f->userdata = userdata;
	f->stage = STAGE_NULL;
	mailbox_init(&f->mailbox, 1);
	pthread_mutex_init(&f->lock, NULL);
	*ret = f;
	return 0;
}

/* ---- what is told; locked ---- */

static bool set_picture(struct facts *f, enum pixels_fact fact)
{
	enum pixels_fact before = f->view.picture;

	if (fact == before)
		return false;
	f->view.picture = fact;
	f->view.picture_usec = usec_now();
	events_picture(f->events, fact, before);
	return true;
}

static bool set_rate(struct facts *f, enum arrival_fact fact, const struct arrival *a)
{
	enum arrival_fact before = f->view.rate;

	f->view.promised = a->promised;
	f->view.measured = a->measured;
	if (fact == before)
		return false;
	f->view.rate = fact;
	f->view.rate_usec = usec_now();
	events_rate(f->events, fact, before, a->measured, a->promised);
	return true;
}

static bool set_signal(struct facts *f, enum signal signal)
{
	enum signal before = f->view.signal;

	if (signal == before)
		return false;
	f->view.signal = signal;
	f->view.signal_usec = usec_now();
	events_signal(f->events, signal, before);
	return true;
}

static void tell(struct facts *f, bool changed)
{
	if (changed)
		f->changed(f->userdata);
}

/* ---- the stage ---- */

/* What is to be looked for from now on. */
static void begin(struct facts *f)
{
	struct wanted w;
	bool anew;

	pthread_mutex_lock(&f->lock);
	w = f->wanted;
	anew = f->anew;
	f->anew = false;
	pthread_mutex_unlock(&f->lock);
	if (!anew)
		return;
	pixels_deinit(&f->pixels);
	/* Without memory what stands still is not noticed; the rest needs none. */
	(void) pixels_init(&f->pixels, w.after_usec, w.frozen_ms);
	f->looked_usec = 0;
}

static void look(struct facts *f, struct frame *picture)
{
	_cleanup_(frame_unrefp) struct frame *plain = NULL;
	enum pixels_fact fact;
	bool changed = false;
	uint64_t lost;

	begin(f);
	pthread_mutex_lock(&f->lock);
	lost = f->lost_usec;
	pthread_mutex_unlock(&f->lock);
	if (picture->dequeue_usec <= lost)
		return;
	if (f->looked_usec <= lost)
		pixels_lost(&f->pixels);
	f->looked_usec = picture->dequeue_usec;
	if (unjpeg(&f->unjpeg, picture, &plain) < 0)
		return; /* broken ones are counted elsewhere */
	fact = pixels_push(&f->pixels, plain);
	pthread_mutex_lock(&f->lock);
	if (picture->dequeue_usec > f->lost_usec && f->wanted.enabled && !f->anew)
		changed = set_picture(f, fact);
	pthread_mutex_unlock(&f->lock);
	tell(f, changed);
}

static void facts_run(void *userdata)
{
	struct facts *f = userdata;

	while (!stage_stopping(&f->stage)) {
		_cleanup_(frame_unrefp) struct frame *picture =
			mailbox_take(&f->mailbox, USEC_INFINITY);

		if (picture)
			look(f, picture);
	}
}

int facts_start(struct facts *f)
{
	return stage_start(&f->stage, "facts", facts_run, f);
}

/* ---- from outside ---- */

void facts_apply(struct facts *f, const struct settings *s)
{
	const struct wanted w = { s->facts.enabled, s->facts.after_usec,
		(int) (s->facts.frozen_usec / USEC_PER_MSEC) };
	bool changed = false;

	pthread_mutex_lock(&f->lock);
	if (w.enabled != f->wanted.enabled || w.after_usec != f->wanted.after_usec ||
		w.frozen_ms != f->wanted.frozen_ms) {
		f->wanted = w;
		f->anew = true;
		changed = set_picture(f, PIXELS_UNKNOWN);
	}
	atomic_store(&f->enabled, w.enabled);
	pthread_mutex_unlock(&f->lock);
	tell(f, changed);
}

/* Sources may begin with times of their own after a loss, so what is far ahead is not waited for.
 */
static bool is_due(struct facts *f, const struct frame *picture)
{
	const uint64_t now = picture->capture_usec, every = picture->pixel == PIXEL_MJPEG
								    ? FACTS_EVERY_JPEG_USEC
								    : FACTS_EVERY_USEC;

	if (now < f->due_usec && f->due_usec - now <= every)
		return false;
	f->due_usec = now + every;
	return true;
}

void facts_frame(struct facts *f, struct frame *picture)
{
	if (atomic_load_explicit(&f->enabled, memory_order_relaxed) && is_due(f, picture))
		mailbox_put(&f->mailbox, frame_ref(picture));
}

void facts_lost(struct facts *f)
{
	bool changed;

	pthread_mutex_lock(&f->lock);
	f->lost_usec = usec_now();
	changed = set_picture(f, PIXELS_UNKNOWN);
	pthread_mutex_unlock(&f->lock);
	tell(f, changed);
}

void facts_signal(struct facts *f, enum signal signal)
{
	bool changed;

	pthread_mutex_lock(&f->lock);
	changed = set_signal(f, signal);
	pthread_mutex_unlock(&f->lock);
	tell(f, changed);
}

static double promised_by(const struct source_info *info)
{
	return info->rate_num > 0 && info->rate_den > 0 ? (double) info->rate_num / info->rate_den
							: 0;
}

void facts_tick(struct facts *f, const struct video_status *video)
{
	const struct source_counters *c = &video->source;
	enum arrival_fact fact = ARRIVAL_UNKNOWN;
	bool changed;

	/* What was skipped because we are slow has arrived all the same. */
	if (atomic_load(&f->enabled))
		fact = arrival_push(&f->arrival, c->frames + c->dropped - c->lost, video->opens,
			promised_by(&video->info), usec_now());
	else
		f->arrival = (struct arrival){ .usec = 0 };
	pthread_mutex_lock(&f->lock);
	changed = set_rate(f, fact, &f->arrival);
	pthread_mutex_unlock(&f->lock);
	tell(f, changed);
	facts_signal(f, video->signal);
}

void facts_view(struct facts *f, struct facts_view *ret)
{
	pthread_mutex_lock(&f->lock);
	*ret = f->view;
	pthread_mutex_unlock(&f->lock);
}

static json_int_t wall(uint64_t usec)
{
	return usec ? (json_int_t) (usec_to_realtime(usec) / USEC_PER_SEC) : 0;
}

static double hundredths(double v)
{
	return round(v * 100) / 100;
}

json_t *facts_json(struct facts *f)
{
	struct facts_view v;

	facts_view(f, &v);
	return json_pack("{s:s, s:I, s:s, s:I, s:s, s:I, s:f, s:f}", "signal",
		signal_name(v.signal), "signal_since", wall(v.signal_usec), "picture",
		pixels_name(v.picture), "picture_since", wall(v.picture_usec), "rate",
		arrival_name(v.rate), "rate_since", wall(v.rate_usec), "rate_promised",
		hundredths(v.promised), "rate_measured", hundredths(v.measured));
}

void facts_stop(struct facts *f)
{
	if (!f)
		return;
	stage_stop(&f->stage);
	mailbox_wake(&f->mailbox);
}

int facts_free(struct facts *f, uint64_t until_usec)
{
	if (!f)
		return 0;
	facts_stop(f);
	if (stage_join(&f->stage, until_usec) < 0)
		return -ETIMEDOUT;
	stage_deinit(&f->stage);
	mailbox_deinit(&f->mailbox);
	unjpeg_deinit(&f->unjpeg);
	pixels_deinit(&f->pixels);
	pthread_mutex_destroy(&f->lock);
	free(f);
	return 0;
}
