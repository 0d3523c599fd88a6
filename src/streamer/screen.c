/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/screen.h"

#include <pthread.h>
#include <string.h>

#include "common/file.h"
#include "common/log.h"
#include "common/usec.h"
#include "detector/detector.h"
#include "detector/explain.h"
#include "streamer/announcer.h"
#include "streamer/store.h"

#define REPLACE_USEC USEC_PER_SEC /* how long the detector before may take to end */

/* A detector and what it was made of. Constant once it runs. */
struct sight {
	struct rules *rules, *shadow;
	char *folder, *cache, *rules_path; /* the last two: NULL for none */
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
	struct detector_told told;
};

/* ---- what has been told ---- */

static void remember_number(struct detector_told *t, const char *name, const char *text)
{
	int i = 0;

	while (i < t->n_numbers && strcmp(t->numbers[i].name, name) != 0)
		i++;
	if (i == RULES_NUMBERS_MAX)
		return;
	t->n_numbers = MAX(t->n_numbers, i + 1);
	snprintf(t->numbers[i].name, sizeof(t->numbers[i].name), "%s", name);
	snprintf(t->numbers[i].text, sizeof(t->numbers[i].text), "%s", text);
}

static void remember(struct screen *s, const struct detector_change *c)
{
	pthread_mutex_lock(&s->lock);
	if (c->number >= 0)
		remember_number(&s->told, c->rules->numbers[c->number].name, c->text);
	else
		snprintf(s->told.state, sizeof(s->told.state), "%s",
			rules_state_name(c->rules, c->decision->state));
	pthread_mutex_unlock(&s->lock);
}

static bool has_number(const struct rules *rules, const char *name)
{
	for (int i = 0; i < rules->n_numbers; i++)
		if (strcmp(rules->numbers[i].name, name) == 0)
			return true;
	return false;
}

/* Numbers that the rules do not have are forgotten: there is room for those they have. */
static void recall(struct screen *s, const struct rules *rules, struct detector_told *ret)
{
	struct detector_told *t = &s->told;
	int n = 0;

	pthread_mutex_lock(&s->lock);
	for (int i = 0; i < t->n_numbers; i++)
		if (has_number(rules, t->numbers[i].name))
			t->numbers[n++] = t->numbers[i];
	t->n_numbers = n;
	*ret = *t;
	pthread_mutex_unlock(&s->lock);
}

/* ---- called by the detector's threads; on_changed() by tell_off() as well ---- */

static void on_changed(void *userdata, const struct detector_change *c)
{
	struct screen *s = userdata;
	const struct decision *d = c->decision;

	remember(s, c);
	announcer_tell(s->announcer, c);
	if (s->hooks.told)
		s->hooks.told(s->hooks.userdata, c);
	if (c->number >= 0) {
		events_number(s->events, c->rules->numbers[c->number].name, c->text);
		return;
	}
	s->hooks.state(s->hooks.userdata, rules_state_name(c->rules, d->state), c->since_usec,
		c->since_realtime);
	events_state(s->events, rules_state_name(c->rules, d->state), c->before,
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

/* On a thread of the detector's. */
static void on_learning(void *userdata, int level, const char *number, const char *words)
{
	const struct screen *s = userdata;

	events_learning(s->events, level, number, words);
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
	free(t->rules_path);
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
	       same_text(a->rules_path, b->rules_path) && a->every_usec == b->every_usec;
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

/* The file that the rules came from. A template that cannot be filled in named none. */
static int choose_rules_path(const struct settings *settings, const char *card, char **ret)
{
	char why[160];
	int r = settings_path(settings, settings->detector.rules_file, card, ret, why, sizeof(why));

	return r == -ENOMEM ? r : 0;
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
	if (r >= 0)
		r = choose_rules_path(settings, card, &t->rules_path);
	if (r < 0) {
		(void) sight_free(t, 0);
		return r;
	}
	*ret = t;
	return 0;
}

static int sight_start(struct screen *s, struct sight *t)
{
	struct detector_told told;
	const struct detector_settings ds = {
		.rules = t->rules,
		.shadow = t->shadow,
		.folder = t->folder,
		.cache = t->cache,
		.rules_path = t->rules_path,
		.every_usec = t->every_usec,
		.told = &told,
	};
	const struct detector_hooks hooks = {
		.changed = on_changed,
		.candidate = on_candidate,
		.references = on_references,
		.shadow = on_shadow,
		.learning = on_learning,
		.userdata = s,
	};
	int r;

	recall(s, t->rules, &told);
	r = detector_new(&t->detector, &ds, &hooks);
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

/* Nobody hands frames to its detector any more. */
static struct sight *leave(struct screen *s)
{
	struct sight *before = s->sight;

	pthread_mutex_lock(&s->lock);
	s->sight = NULL;
	s->detector = NULL;
	pthread_mutex_unlock(&s->lock);
	return before;
}

static void enter(struct screen *s, struct sight *next)
{
	pthread_mutex_lock(&s->lock);
	s->sight = next;
	s->detector = next->detector;
	if (s->lost)
		detector_lost(s->detector);
	pthread_mutex_unlock(&s->lock);
}

/* There is nobody who could tell that what was told last is not known any more. */
static void tell_off(struct screen *s)
{
	static const struct rules none = { 0 };
	const uint64_t now = usec_now();
	const struct decision unknown = { .state = STATE_UNKNOWN,
		.raw = STATE_UNKNOWN,
		.reason = REASON_OFF,
		.since_usec = now };
	char before[RULES_NAME_MAX + 1];
	const struct detector_change c = {
		.rules = &none,
		.decision = &unknown,
		.before = before,
		.since_usec = now,
		.since_realtime = usec_of(CLOCK_REALTIME),
		.number = -1,
	};

	pthread_mutex_lock(&s->lock);
	memcpy(before, s->told.state, sizeof(before));
	pthread_mutex_unlock(&s->lock);
	if (*before && strcmp(before, "UNKNOWN") != 0)
		on_changed(s, &c);
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
	/* The old one ends before the next one begins: it may tell something until then. Pictures
	 * of that time are dropped. */
	s->abandoned += sight_free(leave(s), usec_now() + REPLACE_USEC);
	if (r >= 0 && next)
		r = sight_start(s, next);
	if (r < 0) {
		(void) log_error_errno(r, "The screen is not recognised: %m");
		s->abandoned += sight_free(next, usec_now() + REPLACE_USEC);
		next = NULL;
	}
	if (next)
		enter(s, next);
	else
		tell_off(s);
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

static void view_rules(const struct rules *rules, struct screen_view *v)
{
	snprintf(v->mode, sizeof(v->mode), "%s",
		rules->mode == MODE_COMPATIBLE ? "compatible" : "better");
	for (; v->n_states < rules->n_states; v->n_states++)
		snprintf(v->states[v->n_states], sizeof(v->states[0]), "%s",
			rules->states[v->n_states].name);
}

static void view_numbers(struct screen *s, const struct rules *rules, struct screen_view *v)
{
	struct detector_told told;

	recall(s, rules, &told);
	for (; v->n_numbers < told.n_numbers; v->n_numbers++) {
		memcpy(v->numbers[v->n_numbers].name, told.numbers[v->n_numbers].name,
			sizeof(v->numbers[0].name));
		memcpy(v->numbers[v->n_numbers].text, told.numbers[v->n_numbers].text,
			sizeof(v->numbers[0].text));
	}
}

void screen_view(struct screen *s, struct screen_view *ret)
{
	const struct rules *rules = s->sight ? s->sight->rules : NULL;
	struct detector_view d;

	memset(ret, 0, sizeof(*ret));
	if (!rules)
		return;
	detector_view(s->sight->detector, &d);
	view_rules(rules, ret);
	view_numbers(s, rules, ret);
	snprintf(ret->state, sizeof(ret->state), "%s", rules_state_name(rules, d.state));
	if (d.reason != REASON_NONE)
		snprintf(ret->reason, sizeof(ret->reason), "%s", reason_name(d.reason));
	ret->since_usec = d.since_usec;
	ret->references = (uint32_t) d.references;
	ret->skipped = (uint32_t) d.skipped;
}

uint64_t screen_decisions(struct screen *s)
{
	struct detector_view d = { 0 };

	if (s->sight)
		detector_view(s->sight->detector, &d);
	return d.decisions;
}

const char *screen_references(struct screen *s)
{
	return s->sight ? s->sight->folder : NULL;
}

int screen_reload(struct screen *s)
{
	if (!s->sight)
		return -ENODEV;
	detector_reload(s->sight->detector);
	return 0;
}

int screen_tell_number(struct screen *s, const char *name, const char *text)
{
	return s->sight ? detector_tell_number(s->sight->detector, name, text) : -ENODEV;
}

const char *screen_number_format(struct screen *s, const char *name)
{
	const struct rules *rules = s->sight ? s->sight->rules : NULL;

	for (int i = 0; rules && i < rules->n_numbers; i++)
		if (strcmp(rules->numbers[i].name, name) == 0)
			return rules->numbers[i].format;
	return NULL;
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
	s->abandoned += sight_free(leave(s), until_usec);
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
