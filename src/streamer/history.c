/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/history.h"

#include <ctype.h>
#include <pthread.h>
#include <string.h>

#include "common/usec.h"
#include "common/utf8.h"

#define PREFIX "EGM_"

struct event {
	enum history_type type;
	char *json;
};

struct history {
	uint64_t epoch; /* set by new */
	pthread_mutex_t lock;
	/* protected by lock */
	uint64_t last;                           /* 0: none yet */
	struct event events[HISTORY_EVENTS_MAX]; /* id stands at (id - 1) % HISTORY_EVENTS_MAX */
};

const char *history_type_name(enum history_type type)
{
	static const char *const names[_HISTORY_TYPE_MAX] = {
		[HISTORY_STATE] = "state",
		[HISTORY_NUMBER] = "number",
		[HISTORY_SIGNAL] = "signal",
		[HISTORY_FACT] = "fact",
		[HISTORY_SOUND] = "sound",
		[HISTORY_OUTPUT] = "output",
		[HISTORY_ENCODER] = "encoder",
		[HISTORY_CONFIG] = "config",
		[HISTORY_REFERENCES] = "references",
		[HISTORY_RECEIVER] = "receiver",
		[HISTORY_CLIP] = "clip",
		[HISTORY_SERVICE] = "service",
	};

	return names[type];
}

int history_new(struct history **ret)
{
	struct history *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	pthread_mutex_init(&h->lock, NULL);
	h->epoch = usec_of(CLOCK_REALTIME);
	*ret = h;
	return 0;
}

struct history *history_free(struct history *h)
{
	if (!h)
		return NULL;
	for (size_t i = 0; i < HISTORY_EVENTS_MAX; i++)
		free(h->events[i].json);
	pthread_mutex_destroy(&h->lock);
	free(h);
	return NULL;
}

uint64_t history_epoch(const struct history *h)
{
	return h->epoch;
}

/* ---- in ---- */

static json_t *text_of(const char *text, size_t max)
{
	char clean[HISTORY_TEXT_MAX];

	return json_string(utf8_text(text, clean, MIN(sizeof(clean), max)));
}

/* Names of outputs and what a screen shows may look like numbers as well. */
static json_t *value_of(const char *key, const char *value)
{
	static const char *const numbers[] = { "capture_usec", "failures" };

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (strcmp(key, numbers[i]) == 0)
			return json_integer((json_int_t) strtoll(value, NULL, 10));
	return text_of(value, HISTORY_VALUE_MAX);
}

static void add_field(json_t *event, const char *name, const char *value)
{
	char key[48];
	size_t n = 0;

	if (strncmp(name, PREFIX, strlen(PREFIX)) == 0)
		name += strlen(PREFIX);
	for (; *name && n + 1 < sizeof(key); name++)
		key[n++] = (char) tolower((unsigned char) *name);
	key[n] = '\0';
	/* What every event has is not to be replaced. */
	if (!json_object_get(event, key))
		json_object_set_new(event, key, value_of(key, value));
}

static char *make(uint64_t id, enum history_type type, const char *const *fields, const char *text)
{
	json_t *event = json_pack("{s:I, s:f, s:s, s:o}", "id", (json_int_t) id, "time",
		(double) (usec_of(CLOCK_REALTIME) / USEC_PER_MSEC) / 1000, "type",
		history_type_name(type), "text", text_of(text, HISTORY_TEXT_MAX));
	char *json;

	for (int i = 0; event && fields && fields[0] && i < HISTORY_FIELDS_MAX; fields += 2, i++)
		if (fields[1])
			add_field(event, fields[0], fields[1]);
	json = event ? json_dumps(event, JSON_COMPACT | JSON_REAL_PRECISION(15)) : NULL;
	json_decref(event);
	return json;
}

void history_put(
	struct history *h, enum history_type type, const char *const *fields, const char *text)
{
	struct event *e;
	char *json;

	/* Numbers are given in the order in which events come in, so it is made here. */
	pthread_mutex_lock(&h->lock);
	json = make(h->last + 1, type, fields, text);
	if (json) {
		e = &h->events[h->last++ % HISTORY_EVENTS_MAX];
		free(e->json);
		e->type = type;
		e->json = json;
	}
	pthread_mutex_unlock(&h->lock);
}

/* ---- out ---- */

/* Locked. The lowest number that is still there, 1 when there is none. */
static uint64_t first(const struct history *h)
{
	return h->last > HISTORY_EVENTS_MAX ? h->last - HISTORY_EVENTS_MAX + 1 : 1;
}

static const struct event *at(const struct history *h, uint64_t id)
{
	return &h->events[(id - 1) % HISTORY_EVENTS_MAX];
}

uint64_t history_last(struct history *h)
{
	uint64_t last;

	pthread_mutex_lock(&h->lock);
	last = h->last;
	pthread_mutex_unlock(&h->lock);
	return last;
}

json_t *history_json(struct history *h, uint64_t before, uint64_t after, size_t limit)
{
	json_t *events = json_array(), *next = json_null();
	uint64_t id, least;

	pthread_mutex_lock(&h->lock);
	id = before > 0 && before <= h->last ? before - 1 : h->last;
	least = after >= h->last ? h->last + 1 : MAX(first(h), after + 1);
	for (; id >= least && json_array_size(events) < limit; id--)
		json_array_append_new(events, json_loads(at(h, id)->json, 0, NULL));
	if (id >= least)
		next = json_integer((json_int_t) id + 1);
	pthread_mutex_unlock(&h->lock);
	return json_pack(
		"{s:I, s:o, s:o}", "epoch", (json_int_t) h->epoch, "events", events, "next", next);
}

bool history_next(struct history *h, uint64_t after, struct history_event *ret)
{
	struct history_event e = { .json = NULL };

	pthread_mutex_lock(&h->lock);
	if (after < h->last) {
		e.id = MAX(first(h), after + 1);
		e.type = at(h, e.id)->type;
		e.json = strdup(at(h, e.id)->json);
	}
	pthread_mutex_unlock(&h->lock);
	if (!e.json)
		return false;
	*ret = e;
	return true;
}
