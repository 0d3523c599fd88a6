/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/screen.h"

#include <pthread.h>
#include <string.h>

#include "common/file.h"
#include "common/log.h"
#include "common/usec.h"
#include "streamer/announcer.h"
#include "streamer/detector.h"
#include "streamer/explain.h"
#include "streamer/store.h"

#define REPLACE_USEC USEC_PER_SEC /* how long the detector before may take to end */

/* A detector and what it was made of. Constant once it runs. */
struct sight {
	struct rules *rules, *shadow;
	char *folder, *cache; /* cache: NULL for none */
	uint64_t every_usec;
	struct detector *detector;
};

struct screen {
	/* set by new */
	struct events *events;
	struct screen_hooks hooks;
	struct announcer *announcer;
	/* the main thread's own, but for the detector */
	struct sight *sight; /* NULL: nothing is recognised */
	int abandoned;
	pthread_mutex_t lock;
	/* protected by lock */
	struct detector *detector; /* the sight's, for the threads that hand it frames */
	bool lost;                 /* no picture comes */
};

/* ---- called by the detector's threads ---- */

static void on_changed(void *userdata, const struct detector_change *c)
{
	struct screen *s = userdata;
	const struct decision *d = c->decision;

	announcer_tell(s->announcer, c);
	if (c->number >= 0) {
		events_number(s->events, c->rules->numbers[c->number].name, c->text);
		return;
	}
	s->hooks.state(s->hooks.userdata, rules_state_name(c->rules, d->state), c->since_usec,
		c->since_realtime);
	events_state(s->events, rules_state_name(c->rules, d->state),
		rules_state_name(c->rules, c->before),
		d->state == STATE_UNKNOWN ? reason_name(d->reason) : NULL, c->since_usec);
	s->hooks.changed(s->hooks.userdata);
}

static void on_candidate(
	void *userdata, const struct rules *rules, struct frame *f, const struct decision *d)
{
	struct screen *s = userdata;
	json_t *decision = explain_json(rules, d);

	if (decision)
		s->hooks.candidate(s->hooks.userdata, f, decision);
	json_decref(decision);
}

static void on_references(void *userdata, const char *path, const char *why, int used, int skipped)
{
	struct screen *s = userdata;

	if (path)
		events_reference_bad(s->events, path, why);
	else
		events_references(s->events, used, skipped);
	s->hooks.changed(s->hooks.userdata);
}

static void on_shadow(void *userdata, const char *live, const char *other, uint64_t capture_usec)
{
	struct screen *s = userdata;

	events_shadow(s->events, live, other, capture_usec);
}

/* ---- a sight ---- */

/* 0, or how many threads it left behind, and then nothing of it is freed. */
static int sight_free(struct sight *t, uint64_t until_usec)
{
	int abandoned;

	if (!t)
		return 0;
	abandoned = detector_free(t->detector, until_usec);
	if (abandoned)
		return abandoned;
	rules_free(t->rules);
	rules_free(t->shadow);
	free(t->folder);
	free(t->cache);
	free(t);
	return 0;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_sight(const struct sight *a, const struct sight *b)
{
	return rules_equal(a->rules, b->rules) && rules_equal(a->shadow, b->shadow) &&
	       same_text(a->folder, b->folder) && same_text(a->cache, b->cache) &&
	       a->every_usec == b->every_usec;
}

/* Beside the references of all cards; made when it is not there. */
static int choose_cache(const char *card, char **ret)
{
	char folder[256];

	*ret = NULL;
	if (!card)
		return 0;
	store_state_folder(folder, sizeof(folder));
	if (asprintf(ret, "%s/cache", folder) < 0)
		return -ENOMEM;
	(void) file_mkdir_p(*ret, 0755);
	free(*ret);
	return asprintf(ret, "%s/cache/%s.json", folder, card) < 0 ? -ENOMEM : 0;
}

/* The folder of the references. Logs what is wrong. */
static int choose_folder(const struct settings *settings, const char *card, char **ret)
{
	char why[160] = "no memory";
	int r = settings_path(settings, settings->detector.refs, card, ret, why, sizeof(why));

	if (r >= 0 && !*ret) {
		snprintf(why, sizeof(why), "where are the references?");
		r = -EINVAL;
	}
	if (r < 0)
		log_error("detector.refs: %s", why);
	return r;
}

/* Without its detector. ret is NULL when there is nothing to recognise. */
static int sight_new(struct sight **ret, const struct settings *settings, const char *card)
{
	struct sight *t;
	int r;

	*ret = NULL;
	if (!settings->detector.rules)
		return 0;
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	t->every_usec = settings->detector.every_usec;
	r = rules_copy(&t->rules, settings->detector.rules);
	if (r >= 0 && settings->detector.shadow)
		r = rules_copy(&t->shadow, settings->detector.shadow);
	if (r >= 0)
		r = choose_folder(settings, card, &t->folder);
	if (r >= 0)
		r = choose_cache(card, &t->cache);
	if (r < 0) {
		(void) sight_free(t, 0);
		return r;
	}
	*ret = t;
	return 0;
}

static int sight_start(struct screen *s, struct sight *t)
{
	const struct sight *before = s->sight;
	const struct detector_settings ds = {
		.rules = t->rules,
		.shadow = t->shadow,
		.folder = t->folder,
		.cache = t->cache,
		.every_usec = t->every_usec,
		.state = before ? detector_state(before->detector) : NULL,
	};
	const struct detector_hooks hooks = {
		.changed = on_changed,
		.candidate = on_candidate,
		.references = on_references,
		.shadow = on_shadow,
		.userdata = s,
	};
	int r = detector_new(&t->detector, &ds, &hooks);

	return r < 0 ? r : detector_start(t->detector);
}

/* ---- the outside ---- */

int screen_new(struct screen **ret, struct events *events, const struct screen_hooks *hooks)
{
	struct screen *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	s->events = events;
	s->hooks = *hooks;
	r = announcer_new(&s->announcer, events);
	if (r < 0) {
		free(s);
		return r;
	}
	pthread_mutex_init(&s->lock, NULL);
	*ret = s;
	return 0;
}

/* The new one takes the place of the old one, which nobody hands frames any more. */
static void replace(struct screen *s, struct sight *next)
{
	struct sight *before = s->sight;

	pthread_mutex_lock(&s->lock);
	s->sight = next;
	s->detector = next ? next->detector : NULL;
	if (s->detector && s->lost)
		detector_lost(s->detector);
	pthread_mutex_unlock(&s->lock);
	s->abandoned += sight_free(before, usec_now() + REPLACE_USEC);
}

void screen_apply(struct screen *s, const struct settings *settings, const char *card)
{
	struct sight *next = NULL;
	int r;

	announcer_apply(s->announcer, settings, card);
	r = sight_new(&next, settings, card);

	if (r >= 0 && next && s->sight && same_sight(next, s->sight)) {
		(void) sight_free(next, 0);
		return;
	}
	if (r >= 0 && next)
		r = sight_start(s, next);
	if (r < 0) {
		(void) log_error_errno(r, "The screen is not recognised: %m");
		s->abandoned += sight_free(next, usec_now() + REPLACE_USEC);
		next = NULL;
	}
	replace(s, next);
}

void screen_frame(struct screen *s, struct frame *f)
{
	pthread_mutex_lock(&s->lock);
	s->lost = false;
	if (s->detector)
		detector_frame(s->detector, f);
	pthread_mutex_unlock(&s->lock);
}

void screen_lost(struct screen *s)
{
	pthread_mutex_lock(&s->lock);
	s->lost = true;
	if (s->detector)
		detector_lost(s->detector);
	pthread_mutex_unlock(&s->lock);
}

json_t *screen_json(struct screen *s)
{
	return s->sight ? detector_json(s->sight->detector) : NULL;
}

json_t *screen_receivers_json(struct screen *s)
{
	return announcer_json(s->announcer);
}

const char *screen_state(struct screen *s, char *buf, size_t size)
{
	snprintf(buf, size, "%s", s->sight ? detector_state(s->sight->detector) : "");
	return buf;
}

int screen_end(struct screen *s, uint64_t until_usec)
{
	struct sight *last = s->sight;

	pthread_mutex_lock(&s->lock);
	s->sight = NULL;
	s->detector = NULL;
	pthread_mutex_unlock(&s->lock);
	s->abandoned += sight_free(last, until_usec);
	return s->abandoned + announcer_end(s->announcer, until_usec);
}

int screen_free(struct screen *s, uint64_t until_usec)
{
	int abandoned;

	if (!s)
		return 0;
	abandoned = screen_end(s, until_usec);
	if (abandoned)
		return abandoned; /* they may still tell */
	(void) announcer_free(s->announcer, until_usec);
	pthread_mutex_destroy(&s->lock);
	free(s);
	return 0;
}
