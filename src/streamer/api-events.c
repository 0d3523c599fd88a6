/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happens, over HTTP: pages out of the history, and a stream of server-sent events. A stream
 * holds one piece of text that is on its way, and its place in the history: who reads slowly costs
 * nothing more, and goes on with what is still there. The figures of each second are made once for
 * all who listen.
 */
#include <string.h>

#include "common/usec.h"
#include "streamer/api-private.h"
#include "streamer/control-json.h"
#include "streamer/events.h"

#define LIMIT_MAX 500
#define LIMIT 100
#define FIGURES_USEC USEC_PER_SEC
#define KEEP_ALIVE_USEC (15 * USEC_PER_SEC)
#define BACKLOG (64 << 10) /* of a slow reader in the kernel */
#define ID_MAX (INT64_C(1) << 53)

struct listener {
	struct api_events *events;
	struct http_request *http;
	struct listener *next;
	uint64_t after;   /* number of the last event that was sent */
	uint64_t figures; /* of the figures sent last */
	uint64_t sent_usec;
	char *text; /* on its way; NULL: nothing */
	size_t size, at;
};

struct api_events {
	struct api *api;
	struct listener *listeners;
	char *figures; /* the event as text, of the last second */
	uint64_t n_figures, figures_usec;
};

static struct history *history_of(struct api *a)
{
	return events_history(pipeline_events(a->control->pipeline));
}

/* ---- pages ---- */

int api_events(struct api *a, struct face_request *q)
{
	int64_t before, after, limit;

	if (http_query_number(q->http, "before", 0, ID_MAX, 0, &before) < 0 ||
		http_query_number(q->http, "after", 0, ID_MAX, 0, &after) < 0 ||
		http_query_number(q->http, "limit", 1, LIMIT_MAX, LIMIT, &limit) < 0)
		return http_fault(q->http, 422,
			"before and after are numbers of events, limit is from 1 to %d.",
			LIMIT_MAX);
	return face_answer_json(q->http, 200,
		history_json(history_of(a), (uint64_t) before, (uint64_t) after, (size_t) limit));
}

/* ---- what is to be sent next ---- */

static void put(struct listener *l, char *text, int size)
{
	if (size < 0)
		return; /* no memory: the next turn tries again */
	free(l->text);
	l->text = text;
	l->size = (size_t) size;
	l->at = 0;
	l->sent_usec = usec_now();
}

static bool next_event(struct listener *l)
{
	struct history_event e;
	char *text = NULL;
	int n;

	if (!history_next(history_of(l->events->api), l->after, &e))
		return false;
	n = asprintf(&text, "id: %llu\nevent: %s\ndata: %s\n\n", (unsigned long long) e.id,
		history_type_name(e.type), e.json);
	free(e.json);
	put(l, text, n);
	l->after = e.id;
	return n > 0;
}

static bool next_figures(struct listener *l)
{
	char *copy;

	if (!l->events->figures || l->figures == l->events->n_figures)
		return false;
	copy = strdup(l->events->figures);
	if (!copy)
		return false;
	put(l, copy, (int) strlen(copy));
	l->figures = l->events->n_figures;
	return true;
}

static bool next_keep_alive(struct listener *l)
{
	static const char words[] = ": keep-alive\n\n";
	char *copy;

	if (usec_now() - l->sent_usec < KEEP_ALIVE_USEC)
		return false;
	copy = strdup(words);
	if (copy)
		put(l, copy, (int) strlen(words));
	return copy;
}

static ssize_t on_read(void *userdata, char *buf, size_t max)
{
	struct listener *l = userdata;
	size_t n;

	if (l->at == l->size && !next_event(l) && !next_figures(l) && !next_keep_alive(l))
		return 0;
	n = MIN(max, l->size - l->at);
	memcpy(buf, l->text + l->at, n);
	l->at += n;
	return (ssize_t) n;
}

/* ---- the figures ---- */

static void make_figures(struct api_events *e, uint64_t now)
{
	json_t *j = control_figures_json(e->api->control);
	_cleanup_(freep) char *json =
		j ? json_dumps(j, JSON_COMPACT | JSON_REAL_PRECISION(15)) : NULL;
	char *text = NULL;

	json_decref(j);
	if (!json || asprintf(&text, "event: figures\ndata: %s\n\n", json) < 0)
		return;
	free(e->figures);
	e->figures = text;
	e->n_figures++;
	e->figures_usec = now;
}

/* A tick that comes a little early counts. */
static bool is_due(const struct api_events *e, uint64_t now)
{
	return now - e->figures_usec >= FIGURES_USEC - FIGURES_USEC / 20;
}

/* ---- who listens ---- */

static void on_gone(void *userdata)
{
	struct listener *l = userdata, **at = &l->events->listeners;

	while (*at && *at != l)
		at = &(*at)->next;
	if (*at)
		*at = l->next;
	free(l->text);
	free(l);
}

/* Who comes back goes on behind what he has; a number of a process before this one is none. */
static uint64_t place_of(struct api *a, struct http_request *q)
{
	const char *text = http_header(q, "Last-Event-ID");
	uint64_t last = history_last(history_of(a)), id;
	char *end;

	if (!text || *text < '0' || *text > '9')
		return last;
	id = strtoull(text, &end, 10);
	return *end ? last : id > last ? 0 : id;
}

int api_events_live(struct api *a, struct face_request *q)
{
	static const char begin[] = "retry: 2000\n\n";
	const struct http_stream stream = {
		.read = on_read, .gone = on_gone, .backlog_max = BACKLOG
	};
	struct listener *l = calloc(1, sizeof(*l));
	char *text = strdup(begin);

	if (!l || !text) {
		free(l);
		free(text);
		return -ENOMEM;
	}
	l->events = a->events;
	l->http = q->http;
	l->after = place_of(a, q->http);
	put(l, text, (int) strlen(begin));
	if (is_due(a->events, usec_now()))
		make_figures(a->events, usec_now());
	l->next = a->events->listeners;
	a->events->listeners = l;
	(void) http_set_header(q->http, "X-Accel-Buffering", "no");
	return http_answer_stream(q->http, 200, "text/event-stream", &stream, l);
}

void api_events_update(struct api_events *e)
{
	const uint64_t now = usec_now(), last = history_last(history_of(e->api));

	if (!e->listeners)
		return;
	if (is_due(e, now))
		make_figures(e, now);
	for (struct listener *l = e->listeners, *next; l; l = next) {
		next = l->next;
		if (l->after < last || l->figures != e->n_figures ||
			now - l->sent_usec >= KEEP_ALIVE_USEC)
			http_stream_wake(l->http);
	}
}

int api_events_new(struct api_events **ret, struct api *a)
{
	struct api_events *e = calloc(1, sizeof(*e));

	if (!e)
		return -ENOMEM;
	e->api = a;
	*ret = e;
	return 0;
}

struct api_events *api_events_free(struct api_events *e)
{
	if (!e)
		return NULL;
	free(e->figures);
	free(e);
	return NULL;
}
