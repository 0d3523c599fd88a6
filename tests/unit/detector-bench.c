/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/detector-bench.h"

#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "media/convert.h"
#include "media/picture.h"
#include "tests/unit/counters.h"

/* ---- what it tells ---- */

static void on_changed(void *userdata, const struct detector_change *c)
{
	struct seen *s = userdata;

	pthread_mutex_lock(&s->lock);
	if (c->number >= 0) {
		s->numbers++;
		snprintf(s->number, sizeof(s->number), "%s", c->text);
	} else {
		snprintf(s->states[s->changes++ % MESSAGES_MAX], sizeof(s->states[0]), "%s",
			rules_state_name(c->rules, c->decision->state));
		s->reason = c->decision->reason;
		snprintf(s->before, sizeof(s->before), "%s", c->before);
		s->since_usec = c->since_usec;
		s->since_realtime = c->since_realtime;
	}
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static void on_candidate(
	void *userdata, const struct rules *rules, struct frame *f, const struct decision *d)
{
	struct seen *s = userdata;

	(void) rules;
	pthread_mutex_lock(&s->lock);
	s->candidates += f->capture_usec == d->capture_usec;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static void on_references(void *userdata, const char *path, const char *why, int used, int skipped)
{
	struct seen *s = userdata;

	pthread_mutex_lock(&s->lock);
	if (path) {
		s->faults++;
		snprintf(s->path, sizeof(s->path), "%s", path);
		snprintf(s->why, sizeof(s->why), "%s", why);
	} else {
		s->read++;
		s->used = used;
		s->skipped = skipped;
	}
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static void on_shadow(void *userdata, const char *live, const char *other, uint64_t capture_usec)
{
	struct seen *s = userdata;

	(void) capture_usec;
	pthread_mutex_lock(&s->lock);
	s->differs++;
	snprintf(s->live, sizeof(s->live), "%s", live);
	snprintf(s->other, sizeof(s->other), "%s", other);
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static void on_learning(void *userdata, int level, const char *number, const char *words)
{
	struct seen *s = userdata;

	pthread_mutex_lock(&s->lock);
	s->taught += level == LOG_INFO && strcmp(number, "CREDIT") == 0 &&
		     strcmp(words, "CREDIT: learnt from 123456, as told.") == 0;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

bool reach(struct seen *s, const int *counter, int n)
{
	return counter_reaches(&s->lock, &s->changed, counter, n);
}

int get(struct seen *s, const int *counter)
{
	return counter_get(&s->lock, counter);
}

/* A decision is counted before its hooks are called: what is to come is waited for. */
bool comes_to(struct seen *s, const int *counter, int n)
{
	return reach(s, counter, n) && get(s, counter) == n;
}

/* ---- a detector, and pictures for it ---- */

/* As a card would yield it. */
static struct frame *load(const char *name)
{
	_cleanup_(converter_freep) struct converter *c = NULL;
	_cleanup_(frame_unrefp) struct frame *f = NULL;
	struct frame *picture;
	char why[128];

	if (picture_load(&f, koi_path(name), why, sizeof(why)) < 0 ||
		converter_new(&c, 640, 480) < 0 || converter_run(c, f, &picture) < 0)
		abort();
	return picture;
}

/* No state at all. */
static struct frame *spoilt(struct frame *f)
{
	uint8_t *data = (uint8_t *) f->data[0];

	for (int y = 0; y < f->height; y++)
		for (int x = 0; x < f->width; x++)
			data[y * f->stride[0] + x] = (uint8_t) ((x / 8 * 37 + y / 8 * 91) % 200);
	return f;
}

struct bench *bench_new(enum rules_mode mode, bool copy)
{
	struct bench *b = calloc(1, sizeof(*b));

	pthread_mutex_init(&b->seen.lock, NULL);
	pthread_cond_init(&b->seen.changed, NULL);
	koi_folder(b->folder);
	snprintf(b->refs, sizeof(b->refs), "%s/refs", b->folder);
	snprintf(b->cache, sizeof(b->cache), "%s/cache.json", b->folder);
	if (copy)
		koi_copy(b->folder);
	koi_rules(&b->rules, mode);
	b->settings = (struct detector_settings){
		.rules = &b->rules, .folder = b->refs, .cache = b->cache
	};
	b->pictures[KOI_SELECT] = load("refs/koi-short/SELECT/ref_0.jpg");
	b->pictures[KOI_PLAYING] = load("refs/koi-short/PLAYING/ref_0.jpg");
	b->pictures[KOI_NORMAL] = load("refs/koi-short/NORMAL/ref_0.jpg");
	b->other = spoilt(load("refs/koi-short/NORMAL/ref_1.jpg"));
	b->now = usec_now();
	return b;
}

void bench_start(struct bench *b)
{
	const struct detector_hooks hooks = { on_changed, on_candidate, on_references, on_shadow,
		on_learning, &b->seen };

	if (detector_new(&b->detector, &b->settings, &hooks) < 0 || detector_start(b->detector) < 0)
		abort();
}

int bench_end(struct bench *b)
{
	int r = detector_free(b->detector, usec_now() + LIMIT);

	for (int s = 0; s < KOI_STATES; s++)
		frame_unref(b->pictures[s]);
	frame_unref(b->other);
	rules_deinit(&b->rules);
	rules_deinit(&b->shadow);
	koi_remove(b->folder);
	pthread_mutex_destroy(&b->seen.lock);
	pthread_cond_destroy(&b->seen.changed);
	free(b);
	return r;
}

static void view_release(struct frame *f)
{
	frame_unref(f->userdata);
	free(f);
}

/* The same pixels at another time. */
static struct frame *view(struct frame *f, uint64_t usec)
{
	struct frame *v = calloc(1, sizeof(*v));

	memcpy(v, f, sizeof(*v));
	atomic_init(&v->refs, 1);
	v->userdata = frame_ref(f);
	v->release = view_release;
	v->capture_usec = usec;
	return v;
}

json_int_t number_of(struct detector *d, const char *key)
{
	json_t *j = detector_json(d);
	json_int_t n = json_integer_value(json_object_get(j, key));

	json_decref(j);
	return n;
}

/* Waits until all that was fed has been looked at or passed over. */
bool settled(struct bench *b)
{
	const struct timespec moment = { .tv_nsec = 200000 };
	uint64_t until = usec_now() + LIMIT;

	while (usec_now() < until) {
		json_t *j = detector_json(b->detector);
		json_int_t n = json_integer_value(json_object_get(j, "decisions")) +
			       json_integer_value(json_object_get(j, "skipped_frames")) +
			       json_integer_value(json_object_get(j, "broken_frames"));

		json_decref(j);
		if ((uint64_t) n >= b->fed)
			return true;
		(void) nanosleep(&moment, NULL);
	}
	return false;
}

void give(struct bench *b, struct frame *f, uint64_t usec)
{
	struct frame *v = view(f, usec);

	detector_frame(b->detector, v);
	frame_unref(v);
	b->fed++;
}

void feed(struct bench *b, struct frame *f, int n)
{
	for (int i = 0; i < n; i++) {
		give(b, f, b->now += STEP);
		(void) settled(b);
	}
}

bool shows(struct bench *b, const char *state)
{
	return strcmp(detector_state(b->detector), state) == 0;
}

const char *problem_of(struct bench *b)
{
	static char text[256];
	json_t *j = detector_json(b->detector);
	const char *s =
		json_string_value(json_object_get(json_object_get(j, "references"), "problem"));

	snprintf(text, sizeof(text), "%s", s ? s : "");
	json_decref(j);
	return text;
}

/* Where it is not known how many will be overtaken. */
bool feed_until(struct bench *b, struct frame *f, const char *state)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	uint64_t until = usec_now() + LIMIT;

	while (!shows(b, state) && usec_now() < until) {
		give(b, f, b->now += STEP);
		(void) nanosleep(&moment, NULL);
	}
	return shows(b, state);
}
