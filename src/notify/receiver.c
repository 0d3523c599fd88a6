/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/receiver.h"

#include <pthread.h>
#include <string.h>

#include "common/stage.h"
#include "common/usec.h"
#include "common/words.h"
#include "notify/copy.h"
#include "notify/spool.h"

#define DISK_USEC USEC_PER_SEC /* between two tries at a disk that does not work */

enum receiver_state {
	RECEIVER_IDLE, /* nothing was told yet */
	RECEIVER_OK,
	RECEIVER_FAILING,
	_RECEIVER_STATE_MAX
};

static const char *const state_names[_RECEIVER_STATE_MAX] = {
	[RECEIVER_IDLE] = "idle",
	[RECEIVER_OK] = "ok",
	[RECEIVER_FAILING] = "failing",
};

struct letter {
	struct letter *next;
	struct notice *notice;
};

struct receiver {
	/* set by new */
	const char *kind;
	char *name, *url, *states, *folder;
	bool numbers;
	size_t spool_notices, spool_bytes;
	char thread_name[16];
	struct receiver_transport transport;
	struct stage stage;

	/* the thread's */
	struct spool *spool;
	int spool_error; /* the last that was said */

	pthread_mutex_t hook_lock; /* held while one is called */
	/* protected by hook_lock */
	struct notifier_hooks hooks; /* all NULL: the owner has let go */

	pthread_mutex_t lock;
	/* protected by lock */
	struct letter *inbox, **inbox_end;
	size_t n_inbox;
	uint64_t inbox_dropped; /* not told to the hook yet */
	struct notice *newest;
	enum receiver_state state;
	int code;
	char last_error[RECEIVER_WORDS_MAX];
	uint64_t sent, retries, dropped;
	size_t in_spool;
	bool on_disk;
	bool left; /* what is lost with the memory has been counted */
};

static void free_letter(struct letter *l)
{
	notice_unref(l->notice);
	free(l);
}

static void destroy(struct receiver *r)
{
	struct letter *l;

	while ((l = r->inbox)) {
		r->inbox = l->next;
		free_letter(l);
	}
	if (r->transport.free)
		r->transport.free(r->transport.self);
	notice_unref(r->newest);
	stage_deinit(&r->stage);
	pthread_mutex_destroy(&r->lock);
	pthread_mutex_destroy(&r->hook_lock);
	free(r->name);
	free(r->url);
	free(r->states);
	free(r->folder);
	free(r);
}

int receiver_new(struct receiver **ret, const struct receiver_settings *settings,
	const struct receiver_transport *transport, const struct notifier_hooks *hooks)
{
	struct receiver *r = calloc(1, sizeof(*r));

	if (!r) {
		transport->free(transport->self);
		return -ENOMEM;
	}
	r->kind = settings->kind;
	r->numbers = settings->numbers;
	r->spool_notices = settings->spool_notices;
	r->spool_bytes = settings->spool_bytes;
	r->transport = *transport;
	r->hooks = *hooks;
	r->stage = STAGE_NULL;
	r->inbox_end = &r->inbox;
	pthread_mutex_init(&r->lock, NULL);
	pthread_mutex_init(&r->hook_lock, NULL);
	snprintf(r->thread_name, sizeof(r->thread_name), "tell-%.10s", settings->name);
	if (copy_text(&r->name, settings->name) < 0 || copy_text(&r->url, settings->url) < 0 ||
		copy_text(&r->states, settings->states) < 0 ||
		copy_text(&r->folder, settings->folder) < 0) {
		destroy(r);
		return -ENOMEM;
	}
	*ret = r;
	return 0;
}

/* ---- hooks ---- */

static void tell_receiver(struct receiver *r, const char *kind, const char *why)
{
	pthread_mutex_lock(&r->hook_lock);
	if (r->hooks.receiver)
		r->hooks.receiver(r->hooks.userdata, kind, r->name, why);
	pthread_mutex_unlock(&r->hook_lock);
}

static void count_dropped(struct receiver *r, uint64_t n, const char *why)
{
	uint64_t total;

	if (n == 0)
		return;
	pthread_mutex_lock(&r->lock);
	total = r->dropped += n;
	pthread_mutex_unlock(&r->lock);
	pthread_mutex_lock(&r->hook_lock);
	if (r->hooks.dropped)
		r->hooks.dropped(r->hooks.userdata, r->kind, r->name, why, total);
	pthread_mutex_unlock(&r->hook_lock);
}

/* ---- the inbox ---- */

static bool is_wanted(const struct receiver *r, const struct notice *n)
{
	if (n->state)
		return !r->states || words_have(r->states, n->state);
	return !r->states && r->numbers;
}

void receiver_push(struct receiver *r, struct notice *n)
{
	struct letter *l, *oldest = NULL;
	struct notice *before = NULL;

	if (!is_wanted(r, n))
		return;
	l = malloc(sizeof(*l));
	if (l)
		*l = (struct letter){ .notice = notice_ref(n) };
	pthread_mutex_lock(&r->lock);
	if (l) {
		*r->inbox_end = l;
		r->inbox_end = &l->next;
		r->n_inbox++;
	}
	/* The thread is stuck with its disk: the bound holds here as well. */
	if (r->n_inbox > r->spool_notices) {
		oldest = r->inbox;
		r->inbox = oldest->next;
		r->n_inbox--;
	}
	r->inbox_dropped += !l || oldest;
	if (n->state) {
		before = r->newest;
		r->newest = notice_ref(n);
	}
	pthread_mutex_unlock(&r->lock);
	if (oldest)
		free_letter(oldest);
	notice_unref(before);
	stage_wake(&r->stage);
}

struct notice *receiver_newest(struct receiver *r)
{
	struct notice *n;

	pthread_mutex_lock(&r->lock);
	n = r->newest ? notice_ref(r->newest) : NULL;
	pthread_mutex_unlock(&r->lock);
	return n;
}

/* ---- the spool ---- */

/* After everything that may have changed it. */
static void note_spool(struct receiver *r)
{
	int error = spool_error(r->spool);
	char words[RECEIVER_WORDS_MAX];

	count_dropped(r, spool_take_dropped(r->spool), "the spool is full or was damaged");
	pthread_mutex_lock(&r->lock);
	r->in_spool = spool_waiting(r->spool);
	r->on_disk = r->folder && error == 0;
	pthread_mutex_unlock(&r->lock);
	if (error == r->spool_error)
		return;
	r->spool_error = error;
	snprintf(words, sizeof(words), "%s, kept in memory", strerror(-error));
	tell_receiver(r, "spool", error < 0 ? words : NULL);
}

bool receiver_collect(struct receiver *r)
{
	uint64_t dropped;
	struct letter *l;
	bool failing;

	stage_clear(&r->stage);
	pthread_mutex_lock(&r->lock);
	l = r->inbox;
	r->inbox = NULL;
	r->inbox_end = &r->inbox;
	/* They are on their way, and not gone meanwhile. */
	r->in_spool += r->n_inbox;
	r->n_inbox = 0;
	dropped = r->inbox_dropped;
	r->inbox_dropped = 0;
	failing = r->state == RECEIVER_FAILING;
	pthread_mutex_unlock(&r->lock);
	count_dropped(r, dropped, "the disk is too slow");
	if (l) {
		while (l) {
			struct letter *next = l->next;

			spool_push(r->spool, l->notice);
			free_letter(l);
			l = next;
		}
		/* They will lie there for a while. */
		if (failing)
			spool_sync(r->spool);
		note_spool(r);
	}
	return !stage_stopping(&r->stage);
}

bool receiver_wait(struct receiver *r, uint64_t until_usec)
{
	/* What lies there would wait until somebody tells the next one. */
	if (spool_error(r->spool) < 0)
		until_usec = MIN(until_usec, usec_now() + DISK_USEC);
	(void) stage_wait(&r->stage, until_usec);
	return receiver_collect(r);
}

struct notice *receiver_peek(struct receiver *r)
{
	struct notice *n;

	spool_retry(r->spool);
	n = spool_peek(r->spool);
	note_spool(r);
	return n;
}

/* ---- what became of them ---- */

void receiver_delivered(struct receiver *r, const struct notice *n)
{
	spool_pop(r->spool, n);
	pthread_mutex_lock(&r->lock);
	r->sent++;
	pthread_mutex_unlock(&r->lock);
	note_spool(r);
	receiver_works(r);
}

/* Peers and libraries say things in whatever bytes they like. */
static void clean(char *words)
{
	for (char *c = words; *c; c++)
		if ((unsigned char) *c < ' ' || (unsigned char) *c > '~')
			*c = '?';
}

static void note_failure(struct receiver *r, int code, const char *why, bool retry)
{
	char words[RECEIVER_WORDS_MAX];
	bool changed;

	snprintf(words, sizeof(words), "%s", why);
	clean(words);
	pthread_mutex_lock(&r->lock);
	changed = r->state != RECEIVER_FAILING || r->code != code;
	r->state = RECEIVER_FAILING;
	r->code = code;
	r->retries += retry;
	memcpy(r->last_error, words, sizeof(words));
	pthread_mutex_unlock(&r->lock);
	if (changed) {
		spool_sync(r->spool);
		tell_receiver(r, r->kind, words);
	}
}

void receiver_fails(struct receiver *r, int code, const char *why)
{
	note_failure(r, code, why, true);
}

void receiver_give_up(struct receiver *r, const struct notice *n, int code, const char *why)
{
	note_failure(r, code, why, false);
	spool_pop(r->spool, n);
	note_spool(r);
	count_dropped(r, 1, why);
}

void receiver_works(struct receiver *r)
{
	bool changed;

	pthread_mutex_lock(&r->lock);
	changed = r->state == RECEIVER_FAILING;
	r->state = RECEIVER_OK;
	pthread_mutex_unlock(&r->lock);
	if (changed)
		tell_receiver(r, r->kind, NULL);
}

json_t *receiver_json(struct receiver *r)
{
	json_t *o;

	pthread_mutex_lock(&r->lock);
	o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:b}", "kind", r->kind, "name",
		r->name, "url", r->url ? r->url : "", "state", state_names[r->state], "last_error",
		r->last_error, "sent", (json_int_t) r->sent, "retries", (json_int_t) r->retries,
		"dropped", (json_int_t) r->dropped, "waiting",
		(json_int_t) (r->n_inbox + r->in_spool), "on_disk", r->on_disk);
	pthread_mutex_unlock(&r->lock);
	return o;
}

/* ---- the end ---- */

/* By the thread or by who leaves it behind, whoever comes first. */
static void count_left(struct receiver *r, size_t n)
{
	bool first;

	pthread_mutex_lock(&r->lock);
	first = !r->left;
	r->left = true;
	pthread_mutex_unlock(&r->lock);
	if (first)
		count_dropped(r, n, "told to stop before they were delivered");
}

/* ---- the thread ---- */

/* The spool is opened and closed here: no disk keeps the owner waiting, and a thread that was
 * abandoned gives it back when it comes to its end. */
static void run(void *userdata)
{
	struct receiver *r = userdata;

	if (spool_new(&r->spool, r->folder, r->spool_notices, r->spool_bytes) < 0) {
		tell_receiver(r, r->kind, strerror(ENOMEM));
		return;
	}
	note_spool(r);
	(void) receiver_collect(r);
	r->transport.run(r, r->transport.self);
	(void) receiver_collect(r);
	spool_retry(r->spool);
	spool_sync(r->spool);
	note_spool(r);
	count_left(r, spool_in_memory(r->spool));
	r->spool = spool_free(r->spool);
}

int receiver_start(struct receiver *r)
{
	return stage_start(&r->stage, r->thread_name, run, r);
}

void receiver_stop(struct receiver *r)
{
	stage_stop(&r->stage);
}

bool receiver_stopping(struct receiver *r)
{
	return stage_stopping(&r->stage);
}

int receiver_wake_fd(struct receiver *r)
{
	return r->stage.wake_fd;
}

/* Without a folder, whatever the thread still does; with one, it brings them there in the end. */
static size_t count_homeless(struct receiver *r)
{
	size_t n;

	pthread_mutex_lock(&r->lock);
	n = r->folder ? 0 : r->n_inbox + r->in_spool;
	pthread_mutex_unlock(&r->lock);
	return n;
}

int receiver_free(struct receiver *r, uint64_t until_usec)
{
	int error;

	if (!r)
		return 0;
	receiver_stop(r);
	error = stage_join(&r->stage, until_usec);
	if (error == 0) {
		destroy(r);
		return 0;
	}
	count_left(r, count_homeless(r));
	pthread_mutex_lock(&r->hook_lock);
	r->hooks = (struct notifier_hooks){ 0 };
	pthread_mutex_unlock(&r->hook_lock);
	return error;
}
