/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/preview.h"

#include <pthread.h>
#include <string.h>

#include "common/stage.h"
#include "common/usec.h"
#include "media/jpeg-maker.h"
#include "media/mailbox.h"
#include "media/pacer.h"
#include "media/placeholder.h"

#define PLACEHOLDER_USEC USEC_PER_SEC
#define PATIENCE_USEC (3 * USEC_PER_SEC)
#define DEFAULT_WIDTH 1280
#define DEFAULT_HEIGHT 720
#define SIDE_MIN 16

struct preview {
	/* set by new */
	struct preview_settings settings;
	struct stage stage;
	struct mailbox mailbox;

	/* of whoever hands pictures */
	struct pacer pacer;
	int pacer_rate;

	/* the stage's own */
	struct jpeg_maker *maker;
	struct placeholder *placeholder;
	int placeholder_width, placeholder_height;
	int width, height;      /* of the last picture; 0: there was none */
	uint64_t good_usec;     /* when a picture was last shown, or somebody began to watch */
	uint64_t interval_usec; /* between the last two */
	bool watched;           /* since good_usec at the earliest */
	uint64_t shown_usec;    /* when the placeholder was last shown; 0: not since then */

	/* any thread */
	atomic_int watchers, rate;
	atomic_bool lost;
	atomic_uint_fast64_t lost_usec; /* what had been captured before is old */

	pthread_mutex_t listen_lock; /* held while ready is called */
	/* protected by listen_lock */
	void (*ready)(void *userdata);
	void *ready_userdata;

	pthread_mutex_t lock;
	/* protected by lock */
	struct preview_picture *newest;
	uint64_t sequence;
	bool begins; /* somebody began to watch */
	char reason[128];
	struct preview_stats stats;
};

int preview_new(struct preview **ret, const struct preview_settings *settings)
{
	struct preview *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return -ENOMEM;
	r = jpeg_maker_new(&p->maker);
	if (r < 0) {
		free(p);
		return r;
	}
	p->settings = *settings;
	if (!p->settings.placeholder_usec)
		p->settings.placeholder_usec = PLACEHOLDER_USEC;
	if (!p->settings.patience_usec)
		p->settings.patience_usec = PATIENCE_USEC;
	p->stage = STAGE_NULL;
	mailbox_init(&p->mailbox, 1);
	atomic_init(&p->rate, PREVIEW_RATE_MAX);
	pthread_mutex_init(&p->listen_lock, NULL);
	pthread_mutex_init(&p->lock, NULL);
	*ret = p;
	return 0;
}

/* ---- pictures ---- */

static struct preview_picture *picture_new(const struct jpeg *jpeg, const struct frame *f)
{
	struct preview_picture *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->jpeg = jpeg->data;
	p->size = jpeg->size;
	p->width = jpeg->width;
	p->height = jpeg->height;
	p->capture_usec = f->capture_usec;
	p->capture_realtime_usec = usec_to_realtime(f->capture_usec);
	atomic_init(&p->refs, 1);
	return p;
}

struct preview_picture *preview_picture_unref(struct preview_picture *p)
{
	if (!p || atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) != 1)
		return NULL;
	free(p->jpeg);
	free(p);
	return NULL;
}

static int encode(struct preview *p, const struct frame *f, struct preview_picture **ret)
{
	struct jpeg jpeg;
	int r = jpeg_maker_run(p->maker, f, jpeg_quantiser_of(PREVIEW_QUALITY), &jpeg);

	if (r < 0)
		return r;
	*ret = picture_new(&jpeg, f);
	if (!*ret)
		free(jpeg.data);
	return *ret ? 0 : -ENOMEM;
}

/* ---- the stage ---- */

static void tell(struct preview *p)
{
	pthread_mutex_lock(&p->listen_lock);
	if (p->ready)
		p->ready(p->ready_userdata);
	pthread_mutex_unlock(&p->listen_lock);
}

/* Takes the picture over. A live one of the time before a loss comes too late: that was told. */
static bool publish(struct preview *p, struct preview_picture *picture, uint64_t dequeue_usec)
{
	struct preview_picture *old = picture;
	bool shown = false;

	pthread_mutex_lock(&p->lock);
	if (atomic_load(&p->watchers) > 0 &&
		(!picture->live || dequeue_usec > atomic_load(&p->lost_usec))) {
		old = p->newest;
		p->newest = picture;
		picture->sequence = ++p->sequence;
		p->stats.made += picture->live;
		p->stats.placeholders += !picture->live;
		if (picture->live)
			*p->reason = '\0';
		shown = true;
	}
	pthread_mutex_unlock(&p->lock);
	preview_picture_unref(old);
	if (shown)
		tell(p);
	return shown;
}

static void show_picture(struct preview *p, const struct frame *f)
{
	struct preview_picture *picture = NULL;
	uint64_t now;
	int r;

	if (atomic_load(&p->watchers) == 0)
		return;
	r = encode(p, f, &picture);
	if (r < 0) {
		pthread_mutex_lock(&p->lock);
		p->stats.broken++;
		snprintf(p->reason, sizeof(p->reason), "%s",
			r == -EBADMSG ? "broken pictures" : strerror(-r));
		pthread_mutex_unlock(&p->lock);
		return;
	}
	p->width = picture->width;
	p->height = picture->height;
	picture->live = true;
	if (!publish(p, picture, f->dequeue_usec))
		return;
	now = usec_now();
	p->interval_usec = now - p->good_usec;
	p->good_usec = now;
	p->shown_usec = 0;
}

static int prepare_placeholder(struct preview *p)
{
	int width = MAX(p->width ? p->width : DEFAULT_WIDTH, SIDE_MIN);
	int height = MAX(p->height ? p->height : DEFAULT_HEIGHT, SIDE_MIN);

	if (p->placeholder && p->placeholder_width == width && p->placeholder_height == height)
		return 0;
	p->placeholder = placeholder_free(p->placeholder);
	p->placeholder_width = width;
	p->placeholder_height = height;
	return placeholder_new(&p->placeholder, width, height);
}

static void show_placeholder(struct preview *p, uint64_t now)
{
	_cleanup_(frame_unrefp) struct frame *f = NULL;
	struct preview_picture *picture = NULL;
	char reason[sizeof(p->reason)];

	p->shown_usec = now;
	if (prepare_placeholder(p) < 0)
		return;
	pthread_mutex_lock(&p->lock);
	snprintf(reason, sizeof(reason), "%s", *p->reason ? p->reason : "no picture comes");
	pthread_mutex_unlock(&p->lock);
	f = placeholder_frame(p->placeholder, p->settings.title, reason,
		atomic_load(&p->lost) ? atomic_load(&p->lost_usec) : p->good_usec, now);
	if (f && encode(p, f, &picture) == 0)
		(void) publish(p, picture, now);
}

/* Until when pictures may keep away before the last one is old. */
static uint64_t patience_until(const struct preview *p)
{
	return p->good_usec + MAX(p->settings.patience_usec, p->interval_usec * 5 / 2);
}

static bool is_absent(const struct preview *p, uint64_t now)
{
	return atomic_load(&p->lost) || now >= patience_until(p);
}

static uint64_t next_time(const struct preview *p)
{
	if (!p->watched)
		return USEC_INFINITY;
	if (is_absent(p, usec_now()))
		return p->shown_usec ? p->shown_usec + p->settings.placeholder_usec : 0;
	return patience_until(p);
}

/* Who begins to watch right after this wakes the stage up again. */
static void look_for_watchers(struct preview *p)
{
	bool begins;

	pthread_mutex_lock(&p->lock);
	p->watched = atomic_load(&p->watchers) > 0;
	begins = p->begins;
	p->begins = false;
	pthread_mutex_unlock(&p->lock);
	if (!begins)
		return;
	p->good_usec = usec_now();
	p->interval_usec = p->shown_usec = 0;
}

static void preview_run(void *userdata)
{
	struct preview *p = userdata;

	while (!stage_stopping(&p->stage)) {
		_cleanup_(frame_unrefp) struct frame *f = NULL;
		uint64_t now;

		look_for_watchers(p);
		f = mailbox_take(&p->mailbox, next_time(p));
		now = usec_now();
		if (f)
			show_picture(p, f);
		else if (p->watched && is_absent(p, now) && now >= next_time(p))
			show_placeholder(p, now);
	}
}

int preview_start(struct preview *p)
{
	return stage_start(&p->stage, "preview", preview_run, p);
}

/* ---- from the source ---- */

static bool is_due(struct preview *p, const struct frame *f)
{
	int rate = atomic_load_explicit(&p->rate, memory_order_relaxed);

	if (rate != p->pacer_rate)
		pacer_init(&p->pacer, rate, 1);
	p->pacer_rate = rate;
	return pacer_accept(&p->pacer, f->capture_usec);
}

void preview_frame(struct preview *p, struct frame *f)
{
	atomic_store(&p->lost, false);
	if (atomic_load(&p->watchers) > 0 && is_due(p, f))
		mailbox_put(&p->mailbox, frame_ref(f));
}

void preview_lost(struct preview *p, const char *reason)
{
	pthread_mutex_lock(&p->lock);
	snprintf(p->reason, sizeof(p->reason), "%s", reason);
	pthread_mutex_unlock(&p->lock);
	atomic_store(&p->lost_usec, usec_now());
	atomic_store(&p->lost, true);
	mailbox_wake(&p->mailbox);
}

/* ---- watchers ---- */

void preview_watch(struct preview *p)
{
	bool first;

	pthread_mutex_lock(&p->lock);
	first = atomic_fetch_add(&p->watchers, 1) == 0;
	p->begins = p->begins || first;
	pthread_mutex_unlock(&p->lock);
	if (first)
		mailbox_wake(&p->mailbox);
}

void preview_unwatch(struct preview *p)
{
	struct preview_picture *old = NULL;

	pthread_mutex_lock(&p->lock);
	/* Whoever comes next is not to see it. */
	if (atomic_fetch_sub(&p->watchers, 1) == 1)
		old = TAKE_PTR(p->newest);
	pthread_mutex_unlock(&p->lock);
	preview_picture_unref(old);
}

void preview_set_rate(struct preview *p, int rate)
{
	atomic_store(&p->rate, CLAMP(rate, 1, PREVIEW_RATE_MAX));
}

void preview_listen(struct preview *p, void (*ready)(void *userdata), void *userdata)
{
	pthread_mutex_lock(&p->listen_lock);
	p->ready = ready;
	p->ready_userdata = userdata;
	pthread_mutex_unlock(&p->listen_lock);
}

struct preview_picture *preview_newest(struct preview *p, uint64_t after_sequence)
{
	struct preview_picture *picture = NULL;

	pthread_mutex_lock(&p->lock);
	if (p->newest && p->newest->sequence > after_sequence)
		picture = preview_picture_ref(p->newest);
	pthread_mutex_unlock(&p->lock);
	return picture;
}

void preview_stats(struct preview *p, struct preview_stats *ret)
{
	pthread_mutex_lock(&p->lock);
	*ret = p->stats;
	pthread_mutex_unlock(&p->lock);
	ret->watchers = atomic_load(&p->watchers);
	ret->dropped = atomic_load(&p->mailbox.dropped);
}

void preview_stop(struct preview *p)
{
	if (!p)
		return;
	stage_stop(&p->stage);
	mailbox_wake(&p->mailbox);
}

int preview_free(struct preview *p, uint64_t until_usec)
{
	if (!p)
		return 0;
	preview_stop(p);
	if (stage_join(&p->stage, until_usec) < 0)
		return -ETIMEDOUT;
	stage_deinit(&p->stage);
	mailbox_deinit(&p->mailbox);
	placeholder_free(p->placeholder);
	jpeg_maker_free(p->maker);
	preview_picture_unref(p->newest);
	pthread_mutex_destroy(&p->lock);
	pthread_mutex_destroy(&p->listen_lock);
	free(p);
	return 0;
}
