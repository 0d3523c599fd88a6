/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * That no picture comes is put into the mailbox as a frame of its own: so it is overtaken by a
 * picture, and overtakes one, like any other, and the last word is always the newest.
 */
#include "detector/detector.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#include "common/stage.h"
#include "common/usec.h"
#include "detector/explain.h"
#include "detector/numbers.h"
#include "detector/references-watch.h"
#include "detector/unjpeg.h"
#include "media/mailbox.h"

#define CANDIDATE_USEC USEC_PER_SEC
#define BROKEN_USEC USEC_PER_SEC /* nothing but broken pictures for so long: there are none */
/* Two sets of rules that see the same are not always as quick as each other. */
#define DIFFERS_USEC (250 * USEC_PER_MSEC)
#define HERITAGE_USEC (500 * USEC_PER_MSEC) /* until the state from before must be seen again */
#define JITTER_USEC (2 * USEC_PER_MSEC)     /* that pictures come too early by */

/* What others may see. */
struct shown {
	struct decision decision;
	int other; /* the shadow's state */
	uint64_t decisions, passed, broken, differed;
	uint64_t look_usec, thread_usec; /* of the processor */
	struct references_count references;
	uint64_t loaded_usec; /* monotonic; 0: not yet */
	char problem[256];    /* of the references; "" for none */
};

struct detector {
	/* set before start */
	struct detector_settings settings;
	struct detector_hooks hooks;
	char *folder;
	struct stage stage;
	struct mailbox mailbox;
	struct frame nothing; /* stands in the mailbox for: no picture comes */
	struct references_watch *watch;
	struct numbers *guide; /* who finds out what numbers look like; NULL: there are none */

	/* the recogniser thread's own */
	struct references_set set;
	struct unjpeg unjpeg;
	struct decision decision, other, fresh;
	char numbers[RULES_NUMBERS_MAX][DIGITS_MAX + 1]; /* the last one read */
	bool lost;
	char unknown[RULES_NAME_MAX + 1]; /* a state told last that has no name here; "": none */
	int heritage;           /* the state from before; UNKNOWN: there is none, any more */
	uint64_t heritage_usec; /* capture time at which it ends; 0: there was no picture yet */
	uint64_t last_usec, due_usec, good_usec, candidate_usec;
	uint64_t differs_since; /* 0: it agrees */
	bool differs;           /* … which has been told */

	/* any thread */
	atomic_uint_fast64_t lost_usec;

	pthread_mutex_t lock;
	/* protected by lock */
	struct references_set next; /* live is NULL when there is none */
	struct shown shown;
};

/* --- what others see --- */

static void publish(struct detector *d, uint64_t spent_usec)
{
	struct shown *s = &d->shown;

	pthread_mutex_lock(&d->lock);
	s->decision = d->decision;
	s->other = d->other.state;
	s->decisions += spent_usec > 0;
	s->differed += d->differs_since > 0;
	s->look_usec += spent_usec;
	s->thread_usec = usec_of(CLOCK_THREAD_CPUTIME_ID);
	pthread_mutex_unlock(&d->lock);
}

static void count(struct detector *d, uint64_t *counter)
{
	pthread_mutex_lock(&d->lock);
	++*counter;
	pthread_mutex_unlock(&d->lock);
}

/* --- what is told --- */

static void tell_change(struct detector *d, const char *before, int number)
{
	const struct decision *now = &d->decision;
	uint64_t since = number < 0 ? now->since_usec : now->capture_usec;
	struct detector_change c = {
		.rules = d->settings.rules,
		.decision = now,
		.before = before,
		.since_usec = since,
		.since_realtime = usec_to_realtime(since),
		.number = number,
		.text = number < 0 ? NULL : d->numbers[number],
	};

	d->hooks.changed(d->hooks.userdata, &c);
}

static void tell_numbers(struct detector *d)
{
	for (int i = 0; i < d->settings.rules->n_numbers; i++) {
		const struct digits_reading *n = &d->decision.numbers[i];

		if (!n->sure || strcmp(n->text, d->numbers[i]) == 0)
			continue;
		memcpy(d->numbers[i], n->text, sizeof(d->numbers[i]));
		tell_change(d, rules_state_name(d->settings.rules, d->decision.state), i);
	}
}

static void offer_candidate(struct detector *d, struct frame *f)
{
	if (!d->hooks.candidate || !explain_is_near_miss(d->settings.rules, &d->decision) ||
		(d->candidate_usec && f->capture_usec - d->candidate_usec < CANDIDATE_USEC))
		return;
	d->candidate_usec = f->capture_usec;
	d->hooks.candidate(d->hooks.userdata, d->settings.rules, f, &d->decision);
}

static void compare_shadow(struct detector *d)
{
	const char *live = rules_state_name(d->settings.rules, d->decision.state);
	const char *other = rules_state_name(d->settings.shadow, d->other.state);
	uint64_t now = d->decision.capture_usec;
	bool differs = strcmp(live, other) != 0;

	if (!differs)
		d->differs_since = 0;
	else if (d->differs_since == 0)
		d->differs_since = now;
	if (differs == d->differs || (differs && now - d->differs_since < DIFFERS_USEC))
		return;
	d->differs = differs;
	d->hooks.shadow(d->hooks.userdata, live, other, differs ? d->differs_since : now);
}

/* --- one picture --- */

/* A named state is known after some pictures only: until then the one from before goes on. */
static void inherit(struct detector *d)
{
	struct decision *now = &d->fresh;

	if (d->heritage == STATE_UNKNOWN)
		return;
	if (d->heritage_usec == 0)
		d->heritage_usec = now->capture_usec + HERITAGE_USEC;
	if (d->lost || now->state >= 0 || now->capture_usec >= d->heritage_usec)
		d->heritage = STATE_UNKNOWN;
	else
		now->state = d->heritage;
}

static void take_decision(struct detector *d, uint64_t spent_usec)
{
	int before = d->decision.state;

	inherit(d);
	d->decision = d->fresh;
	d->decision.changed = d->decision.state != before;
	publish(d, spent_usec);
	if (d->decision.changed)
		tell_change(d, rules_state_name(d->settings.rules, before), -1);
	tell_numbers(d);
	if (d->set.shadow)
		compare_shadow(d);
}

static int look(struct detector *d, struct frame *f)
{
	uint64_t begin = usec_of(CLOCK_THREAD_CPUTIME_ID), spent;
	int r = recogniser_look(d->set.live, f, &d->fresh);

	spent = usec_of(CLOCK_THREAD_CPUTIME_ID) - begin;
	if (r < 0)
		return r;
	/* The shadow's time is not the decision's. */
	if (d->set.shadow && recogniser_look(d->set.shadow, f, &d->other) < 0)
		d->other.state = STATE_UNKNOWN;
	if (d->guide)
		(void) numbers_follow(d->guide, d->set.live, f, &d->fresh);
	d->last_usec = d->good_usec = f->capture_usec;
	d->lost = false;
	take_decision(d, MAX(spent, 1));
	offer_candidate(d, f);
	return 0;
}

static void lose(struct detector *d, uint64_t usec)
{
	if (d->lost)
		return;
	d->lost = true;
	if (!d->set.live)
		return; /* take_set() will tell */
	recogniser_lost(d->set.live, usec, &d->fresh);
	if (d->set.shadow)
		recogniser_lost(d->set.shadow, usec, &d->other);
	take_decision(d, 0);
}

/* Is it time to look at it? */
static bool is_due(struct detector *d, const struct frame *f)
{
	uint64_t every = d->settings.every_usec, now = f->capture_usec;

	if (d->last_usec && now <= d->last_usec)
		return false;
	if (every == 0)
		return true;
	if (now + JITTER_USEC < d->due_usec)
		return false;
	if (now >= d->due_usec + every)
		d->due_usec = now;
	d->due_usec += every;
	return true;
}

static void handle(struct detector *d, struct frame *f)
{
	_cleanup_(frame_unrefp) struct frame *picture = NULL;
	int r;

	if (!d->set.live || !is_due(d, f)) {
		count(d, &d->shown.passed);
		return;
	}
	r = unjpeg(&d->unjpeg, f, &picture);
	if (r >= 0)
		r = look(d, picture);
	if (r >= 0)
		return;
	count(d, &d->shown.broken);
	if (d->good_usec == 0)
		d->good_usec = f->capture_usec;
	if (f->capture_usec - d->good_usec >= BROKEN_USEC)
		lose(d, f->capture_usec);
}

/* --- the thread --- */

/* Other references take the place of those in use. */
static void take_set(struct detector *d)
{
	struct references_set next;
	bool first;

	pthread_mutex_lock(&d->lock);
	next = d->next;
	d->next = (struct references_set){ 0 };
	pthread_mutex_unlock(&d->lock);
	if (!next.live)
		return;
	first = !d->set.live;
	if (first) {
		/* Nothing has been seen: that is not a picture of no state. */
		recogniser_lost(next.live, usec_now(), &d->fresh);
		if (next.shadow)
			recogniser_lost(next.shadow, usec_now(), &d->other);
	} else {
		recogniser_continue(next.live, d->set.live);
		if (next.shadow)
			recogniser_continue(next.shadow, d->set.shadow);
	}
	references_set_deinit(&d->set);
	d->set = next;
	if (d->guide)
		numbers_again(d->guide, TAKE_PTR(d->set.lessons));
	if (first && d->lost)
		take_decision(d, 0);
}

static void run(void *userdata)
{
	struct detector *d = userdata;

	if (d->unknown[0])
		tell_change(d, d->unknown, -1);
	while (!stage_stopping(&d->stage)) {
		_cleanup_(frame_unrefp) struct frame *f = mailbox_take(&d->mailbox, USEC_INFINITY);

		take_set(d);
		if (f == &d->nothing)
			lose(d, atomic_load(&d->lost_usec));
		else if (f)
			handle(d, f);
	}
}

/* --- called by the thread of the references --- */

static void on_ready(void *userdata, const struct references_set *set)
{
	struct detector *d = userdata;
	struct references_set unused;

	pthread_mutex_lock(&d->lock);
	unused = d->next;
	d->next = *set;
	d->shown.references = set->count;
	d->shown.loaded_usec = usec_now();
	memcpy(d->shown.problem, set->problem, sizeof(d->shown.problem));
	pthread_mutex_unlock(&d->lock);
	references_set_deinit(&unused);
	mailbox_wake(&d->mailbox);
}

static void on_unnumbered(void *userdata, const struct frame *picture)
{
	struct detector *d = userdata;

	if (d->guide)
		(void) numbers_show(d->guide, picture);
}

/* Called by two threads: see numbers.h. */
static void on_said(void *userdata, int level, const char *number, const char *words)
{
	const struct detector *d = userdata;

	if (d->hooks.learning)
		d->hooks.learning(d->hooks.userdata, level, number, words);
}

static void on_told(void *userdata, const char *path, const char *why, int used, int skipped)
{
	struct detector *d = userdata;

	pthread_mutex_lock(&d->lock);
	if (path)
		snprintf(d->shown.problem, sizeof(d->shown.problem), "%s: %s", path, why);
	pthread_mutex_unlock(&d->lock);
	d->hooks.references(d->hooks.userdata, path, why, used, skipped);
}

/* --- the outside --- */

/* The original begins with OTHER, which is no news then; else nothing is known yet, but what was
 * told before. */
static void begin_state(struct detector *d, const char *before)
{
	const struct rules *rules = d->settings.rules;
	int state = rules->mode == MODE_COMPATIBLE ? STATE_OTHER : STATE_UNKNOWN;

	d->decision.reason = REASON_NO_SIGNAL;
	if (*before && rules_find_state(rules, before, &state) < 0) {
		snprintf(d->unknown, sizeof(d->unknown), "%s", before);
		state = STATE_UNKNOWN;
		d->decision.reason = REASON_NEW_RULES;
	}
	d->heritage = *before ? state : STATE_UNKNOWN;
	d->decision.raw = STATE_UNKNOWN;
	d->decision.state = state;
	d->decision.since_usec = usec_now();
	d->other = d->shown.decision = d->decision;
}

static void begin_numbers(struct detector *d, const struct detector_told *told)
{
	const struct rules *rules = d->settings.rules;

	for (int i = 0; i < rules->n_numbers; i++)
		for (int k = 0; k < told->n_numbers; k++)
			if (strcmp(told->numbers[k].name, rules->numbers[i].name) == 0)
				memcpy(d->numbers[i], told->numbers[k].text, sizeof(d->numbers[i]));
}

int detector_new(struct detector **ret, const struct detector_settings *settings,
	const struct detector_hooks *hooks)
{
	const struct references_watch_settings ws = { settings->rules, settings->shadow,
		settings->folder, settings->cache, settings->rules_path };
	struct detector *d = calloc(1, sizeof(*d));
	const struct references_watch_hooks wh = {
		.ready = on_ready, .unnumbered = on_unnumbered, .told = on_told, .userdata = d
	};
	const struct numbers_settings ns = {
		.rules = settings->rules, .said = on_said, .userdata = d
	};
	int r = 0;

	if (!d)
		return -ENOMEM;
	d->settings = *settings;
	d->hooks = *hooks;
	d->stage = STAGE_NULL;
	atomic_init(&d->nothing.refs, 1);
	mailbox_init(&d->mailbox, 1);
	pthread_mutex_init(&d->lock, NULL);
	begin_state(d, settings->told ? settings->told->state : "");
	if (settings->told)
		begin_numbers(d, settings->told);
	d->folder = strdup(settings->folder);
	if (!d->folder)
		r = -ENOMEM;
	if (r >= 0 && settings->rules->n_numbers > 0)
		r = numbers_new(&d->guide, &ns);
	if (r >= 0)
		r = references_watch_new(&d->watch, &ws, &wh);
	if (r < 0) {
		(void) detector_free(d, 0);
		return r;
	}
	*ret = d;
	return 0;
}

int detector_start(struct detector *d)
{
	int r = stage_start(&d->stage, "recogniser", run, d);

	if (r >= 0 && d->guide)
		r = numbers_start(d->guide);
	return r < 0 ? r : references_watch_start(d->watch);
}

void detector_frame(struct detector *d, struct frame *f)
{
	mailbox_put(&d->mailbox, frame_ref(f));
}

void detector_lost(struct detector *d)
{
	atomic_store(&d->lost_usec, usec_now());
	mailbox_put(&d->mailbox, frame_ref(&d->nothing));
}

void detector_reload(struct detector *d)
{
	references_watch_again(d->watch);
}

int detector_tell_number(struct detector *d, const char *name, const char *text)
{
	return d->guide ? numbers_tell(d->guide, name, text) : -ENOENT;
}

static double seconds(uint64_t usec)
{
	return (double) usec / (double) USEC_PER_SEC;
}

static double milliseconds(uint64_t usec, uint64_t n)
{
	return n ? round((double) usec / (double) n) / 1000 : 0;
}

static json_t *references_json(const struct detector *d, const struct shown *s)
{
	return json_pack("{s:s, s:i, s:i, s:o, s:o}", "folder", d->folder, "used",
		s->references.used, "skipped", s->references.skipped, "loaded",
		s->loaded_usec ? json_real(seconds(usec_to_realtime(s->loaded_usec))) : json_null(),
		"problem", s->problem[0] ? json_string(s->problem) : json_null());
}

static json_t *shadow_json(const struct detector *d, const struct shown *s)
{
	if (!d->settings.shadow)
		return json_null();
	return json_pack("{s:s, s:I}", "state", rules_state_name(d->settings.shadow, s->other),
		"differed", (json_int_t) s->differed);
}

json_t *detector_json(struct detector *d)
{
	struct shown s;
	json_t *o;

	pthread_mutex_lock(&d->lock);
	s = d->shown;
	pthread_mutex_unlock(&d->lock);
	s.passed += atomic_load(&d->mailbox.dropped);
	o = explain_json(d->settings.rules, &s.decision);
	json_object_set_new(o, "timestamp",
		s.decision.capture_usec
			? json_real(seconds(usec_to_realtime(s.decision.capture_usec)))
			: json_null());
	json_object_set_new(
		o, "since", json_real(seconds(usec_to_realtime(s.decision.since_usec))));
	json_object_set_new(o, "references", references_json(d, &s));
	json_object_set_new(o, "decisions", json_integer((json_int_t) s.decisions));
	json_object_set_new(o, "skipped_frames", json_integer((json_int_t) s.passed));
	json_object_set_new(o, "broken_frames", json_integer((json_int_t) s.broken));
	json_object_set_new(o, "cpu_ms", json_real(milliseconds(s.look_usec, s.decisions)));
	json_object_set_new(o, "cpu_total_ms", json_real(milliseconds(s.thread_usec, 1)));
	json_object_set_new(o, "shadow", shadow_json(d, &s));
	return o;
}

void detector_view(struct detector *d, struct detector_view *ret)
{
	const struct shown *s = &d->shown;

	pthread_mutex_lock(&d->lock);
	*ret = (struct detector_view){
		.state = s->decision.state,
		.reason = s->decision.state == STATE_UNKNOWN ? s->decision.reason : REASON_NONE,
		.since_usec = s->decision.since_usec,
		.references = s->references.used,
		.skipped = s->references.skipped,
		.decisions = s->decisions,
	};
	pthread_mutex_unlock(&d->lock);
}

const char *detector_state(struct detector *d)
{
	int state;

	pthread_mutex_lock(&d->lock);
	state = d->shown.decision.state;
	pthread_mutex_unlock(&d->lock);
	return rules_state_name(d->settings.rules, state);
}

int detector_free(struct detector *d, uint64_t until_usec)
{
	int abandoned;

	if (!d)
		return 0;
	references_watch_stop(d->watch);
	stage_stop(&d->stage);
	mailbox_wake(&d->mailbox);
	abandoned = stage_join(&d->stage, until_usec) < 0;
	abandoned += references_watch_free(d->watch, until_usec) < 0;
	if (abandoned)
		return abandoned; /* left behind with all they may touch */
	/* Both of them ask it. */
	if (numbers_free(d->guide, until_usec) < 0)
		return 1;
	references_set_deinit(&d->set);
	references_set_deinit(&d->next);
	unjpeg_deinit(&d->unjpeg);
	mailbox_deinit(&d->mailbox);
	stage_deinit(&d->stage);
	pthread_mutex_destroy(&d->lock);
	free(d->folder);
	free(d);
	return 0;
}
