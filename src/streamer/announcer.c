/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/announcer.h"

#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "common/usec.h"
#include "notify/notifier.h"
#include "settings/settings-notify.h"
#include "streamer/store.h"

#define REPLACE_USEC USEC_PER_SEC /* how long the notifier before may take to end */
#define WAITING_MAX 32 /* notices of that time: a state lasts for some pictures at least */

struct announcer {
	/* set by new */
	struct events *events;
	/* the main thread's own */
	char *made_of; /* what the notifier was made of, secrets included */
	size_t made_of_size;
	int abandoned;
	pthread_mutex_t lock;
	/* protected by lock */
	struct notifier *notifier; /* NULL: nobody is told */
	char *card, *machine, *role;
	char state[NOTICE_TEXT_MAX + 1]; /* told last; "": none */
	bool between;                    /* one notifier ends, the next one has not begun */
	struct notice *waiting[WAITING_MAX];
	int n_waiting;
};

/* ---- called by the notifier's threads ---- */

static void on_receiver(void *userdata, const char *kind, const char *name, const char *why)
{
	struct announcer *a = userdata;

	events_receiver(a->events, kind, name, why);
}

static void on_dropped(
	void *userdata, const char *kind, const char *name, const char *why, uint64_t total)
{
	struct announcer *a = userdata;

	events_notice_dropped(a->events, kind, name, why, total);
}

/* ---- what a notifier is made of ---- */

static void put_words(FILE *f, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fprintf(f, "%s%c", words[i] ? words[i] : "", '\0');
}

/* All of it in one piece, so that a credential that has changed in its file is noticed as well. */
static int write_down(const struct notifier_settings *s, char **ret, size_t *ret_size)
{
	const struct notifier_telegram *t = &s->telegram;
	const struct notifier_mqtt *m = &s->mqtt;
	const char *words[] = { s->card, s->machine, s->role, s->folder, t->base, t->token, t->chat,
		t->client, t->states, m->host, m->ca_file, m->user, m->password, m->prefix };
	FILE *f = open_memstream(ret, ret_size);

	if (!f)
		return -ENOMEM;
	put_words(f, words, ARRAY_SIZE(words));
	for (size_t i = 0; i < s->n_webhooks; i++) {
		const struct notifier_webhook *w = &s->webhooks[i];
		const char *own[] = { w->name, w->url, w->secret, w->ca_file, w->states };

		put_words(f, own, ARRAY_SIZE(own));
	}
	fprintf(f, "%d %d %d %zu %zu %" PRIu64 " %" PRIu64 " %" PRIu64, m->port, m->tls,
		m->discovery, s->spool_notices, s->spool_bytes, s->backoff_min_usec,
		s->backoff_max_usec, s->timeout_usec);
	if (fclose(f) == 0)
		return 0;
	free(*ret);
	return -ENOMEM;
}

static void forget(char *secret, size_t size)
{
	if (secret)
		explicit_bzero(secret, size);
	free(secret);
}

static void forget_settings(struct announcer *a)
{
	forget(a->made_of, a->made_of_size);
	a->made_of = NULL;
	a->made_of_size = 0;
}

static bool tells_anybody(const struct notifier_settings *s)
{
	return s->n_webhooks > 0 || (s->telegram.token && *s->telegram.token) ||
	       (s->mqtt.host && *s->mqtt.host);
}

/* ---- the outside ---- */

int announcer_new(struct announcer **ret, struct events *events)
{
	struct announcer *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	a->events = events;
	pthread_mutex_init(&a->lock, NULL);
	*ret = a;
	return 0;
}

static void set_names(struct announcer *a, const struct notifier_settings *s)
{
	free(a->card);
	free(a->machine);
	free(a->role);
	a->card = s->card ? strdup(s->card) : NULL;
	a->machine = strdup(s->machine);
	a->role = strdup(s->role);
}

/* state: room for the one told last. */
static struct notifier *leave(struct announcer *a, const struct notifier_settings *s, char *state)
{
	struct notifier *before;

	pthread_mutex_lock(&a->lock);
	before = a->notifier;
	a->notifier = NULL;
	a->between = tells_anybody(s);
	memcpy(state, a->state, sizeof(a->state));
	set_names(a, s);
	pthread_mutex_unlock(&a->lock);
	return before;
}

static void enter(struct announcer *a, struct notifier *next)
{
	pthread_mutex_lock(&a->lock);
	a->notifier = next;
	a->between = false;
	for (int i = 0; i < a->n_waiting; i++) {
		if (next)
			notifier_tell(next, a->waiting[i]);
		notice_unref(a->waiting[i]);
	}
	a->n_waiting = 0;
	pthread_mutex_unlock(&a->lock);
}

/* The old one ends before the next one begins: they would share a spool. What is told in between
 * waits here. */
static int replace(struct announcer *a, struct notifier_settings *s)
{
	const struct notifier_hooks hooks = { on_receiver, on_dropped, a };
	char why[160] = "no memory", state[sizeof(a->state)];
	struct notifier *next = NULL;
	int r = 0;

	a->abandoned += notifier_free(leave(a, s, state), usec_now() + REPLACE_USEC);
	s->state = state;
	if (tells_anybody(s))
		r = notifier_new(&next, s, &hooks, why, sizeof(why));
	if (r >= 0 && next) {
		snprintf(why, sizeof(why), "no thread");
		r = notifier_start(next);
	}
	enter(a, next);
	if (r < 0)
		(void) log_error_errno(
			r, "Changes of the screen are not told to everybody: %s (%m)", why);
	return r;
}

/* Where the spools of this card lie; NULL: nowhere. */
static char *choose_folder(const char *card)
{
	char folder[256], *path;

	if (!card)
		return NULL;
	store_state_folder(folder, sizeof(folder));
	return asprintf(&path, "%s/spool/%s", folder, card) < 0 ? NULL : path;
}

void announcer_apply(struct announcer *a, const struct settings *settings, const char *card)
{
	_cleanup_(freep) char *folder = choose_folder(card);
	struct settings_notifier n;
	char why[160] = "no memory", *text;
	size_t size;
	int r = settings_notifier(settings, card, &n, why, sizeof(why));

	if (r != 0)
		log_error("Not everybody is told about changes of the screen: %s", why);
	if (r < 0)
		return;
	n.settings.folder = folder;
	r = write_down(&n.settings, &text, &size);
	if (r < 0) {
		(void) log_error_errno(r, "The receivers of changes stay as they are: %m");
	} else if (a->made_of && size == a->made_of_size && memcmp(text, a->made_of, size) == 0) {
		forget(text, size);
	} else {
		forget_settings(a);
		a->made_of = text;
		a->made_of_size = size;
		/* Next time it may go well. */
		if (replace(a, &n.settings) < 0)
			forget_settings(a);
	}
	settings_notifier_deinit(&n);
}

static struct notice *notice_of(const struct announcer *a, const struct detector_change *c)
{
	const struct rules *rules = c->rules;
	struct notice n = {
		.realtime_usec = c->since_realtime,
		.card = a->card,
		.machine = a->machine,
		.role = a->role,
		.margin = NAN,
	};

	if (c->number >= 0) {
		n.number = rules->numbers[c->number].name;
		n.value = (char *) c->text;
		return notice_new(&n);
	}
	n.state = (char *) rules_state_name(rules, c->decision->state);
	n.previous = (char *) c->before;
	n.margin = c->decision->margin;
	if (c->decision->state == STATE_UNKNOWN)
		n.reason = (char *) reason_name(c->decision->reason);
	return notice_new(&n);
}

void announcer_tell(struct announcer *a, const struct detector_change *c)
{
	struct notice *n = NULL;

	pthread_mutex_lock(&a->lock);
	if (c->number < 0)
		snprintf(a->state, sizeof(a->state), "%s",
			rules_state_name(c->rules, c->decision->state));
	if (a->notifier || (a->between && a->n_waiting < WAITING_MAX))
		n = notice_of(a, c);
	if (n && a->notifier)
		notifier_tell(a->notifier, n);
	else if (n)
		a->waiting[a->n_waiting++] = notice_ref(n);
	notice_unref(n);
	pthread_mutex_unlock(&a->lock);
}

json_t *announcer_json(struct announcer *a)
{
	return a->notifier ? notifier_json(a->notifier) : json_array();
}

int announcer_end(struct announcer *a, uint64_t until_usec)
{
	struct notifier *last;

	pthread_mutex_lock(&a->lock);
	last = a->notifier;
	a->notifier = NULL;
	pthread_mutex_unlock(&a->lock);
	a->abandoned += notifier_free(last, until_usec);
	return a->abandoned;
}

int announcer_free(struct announcer *a, uint64_t until_usec)
{
	int abandoned;

	if (!a)
		return 0;
	abandoned = announcer_end(a, until_usec);
	if (abandoned)
		return abandoned; /* they may still tell what became of a notice */
	forget_settings(a);
	free(a->card);
	free(a->machine);
	free(a->role);
	pthread_mutex_destroy(&a->lock);
	free(a);
	return 0;
}
