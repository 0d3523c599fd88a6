/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One table by route. Paths and queries go on as they were sent; only what stands for the choice of
 * a card is taken off. Towards a card the console has all authority: what a caller may do was
 * looked at before.
 */
#include "console/serve.h"

#include <inttypes.h>
#include <string.h>

#include "common/loop.h"
#include "common/usec.h"
#include "console/cards.h"
#include "console/gather.h"
#include "console/live.h"
#include "console/metrics.h"
#include "console/relay.h"
#include "console/streams.h"
#include "console/upstream.h"
#include "http/tunnel.h"

#define GATHER_USEC USEC_PER_SEC
#define STREAMS_MAX (256 * 1024) /* bytes of a card's answer */
#define METRICS_MAX (1024 * 1024)
#define WAITING_MAX 64 /* answers that are being put together */

struct serve {
	struct loop *loop;
	const struct cards *cards;
	const char *run_dir;
	struct upstreams *upstreams;
	struct lives *lives;
	unsigned waiting;
	void (*counts)(struct http_counts *ret, void *userdata);
	void *counts_userdata;
};

/* An answer that is being put together. */
struct waiting {
	struct serve *serve;
	struct http_request *q;
	struct gather *gather;
	int (*answer)(struct waiting *w, const struct gather_card *cards, size_t n);
};

/* ---- one card ---- */

static int no_card(struct http_request *q)
{
	return http_fault(q, 503, "There is no card.");
}

/* path: what is asked of the card; with the query that came. */
static int hand_on(struct serve *s, struct http_request *q, const struct card *c, const char *path,
	bool lasting, int (*no_answer)(struct http_request *q, const char *words))
{
	const char *query = http_query_text(q);
	_cleanup_(freep) char *target = NULL;
	char socket[UPSTREAM_PATH_MAX + 1];

	if (asprintf(&target, "%s%s%s", path, *query ? "?" : "", query) < 0) {
		target = NULL;
		return -ENOMEM;
	}
	gather_socket(s->run_dir, c->name, socket, sizeof(socket));
	if (lasting && http_method(q) == HTTP_GET && http_wants_upgrade(q, "websocket"))
		return lives_open(s->lives, q, c->name, socket, target);
	return relay_start(s->upstreams, q,
		&(struct relay_target){ .card = c->name,
			.socket = socket,
			.target = target,
			.lasting = lasting,
			.no_answer = no_answer });
}

static bool is_lasting(enum route_id id)
{
	return id == ROUTE_CARD_STREAM || id == ROUTE_STREAM_MJPG || id == ROUTE_EVENTS_LIVE ||
	       id == ROUTE_CARD_LIVE;
}

static int to_card(struct serve *s, struct face_request *q)
{
	const struct card *c = cards_find(s->cards, q->match.card);
	_cleanup_(freep) char *path = NULL;

	if (!c)
		return http_fault(q->http, 404, "There is no such card.");
	if (asprintf(&path, "/api/v1/%s", q->match.rest) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	return hand_on(s, q->http, c, path, is_lasting(q->match.id), NULL);
}

/* ---- the original's, of one card ---- */

static int to_recogniser(struct serve *s, struct face_request *q)
{
	const struct card *c = streams_recogniser(s->cards);

	return c ? hand_on(s, q->http, c, http_path(q->http), false, NULL) : no_card(q->http);
}

static int unknown_state(struct http_request *q, const char *words)
{
	return face_answer_json(
		q, 200, json_pack("{s:s, s:s}", "error", words, "state", "UNKNOWN"));
}

/* Who asks for the state wants a state, whatever happens. */
static int get_state(struct serve *s, struct face_request *q)
{
	const struct card *c = streams_recogniser(s->cards);

	if (!c)
		return unknown_state(q->http, "There is no card.");
	return hand_on(s, q->http, c, http_path(q->http), false, unknown_state);
}

static int to_picture(struct serve *s, struct face_request *q)
{
	const struct card *c = streams_picture(s->cards);

	return c ? hand_on(s, q->http, c, http_path(q->http), false, NULL) : no_card(q->http);
}

/* With ?card= of that one. */
static int to_chosen(struct serve *s, struct face_request *q)
{
	const char *name = http_query(q->http, "card");
	const struct card *c = name ? cards_find(s->cards, name) : streams_picture(s->cards);

	if (!c)
		return name ? http_fault(q->http, 404, "There is no such card.") : no_card(q->http);
	return hand_on(s, q->http, c, http_path(q->http), is_lasting(q->match.id), NULL);
}

/* The card calls its own stream by its role. */
static int control_stream(struct serve *s, struct face_request *q)
{
	const struct card *c = streams_find(s->cards, q->match.args[0]);
	char path[CARDS_WORD_MAX + 32];

	if (!c)
		return http_fault(q->http, 404, "There is no such stream.");
	if (c->role[strspn(c->role, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._-")])
		return http_fault(q->http, 502, "The card %s has no name for it.", c->name);
	snprintf(path, sizeof(path), "/api/streams/%s/control", c->role);
	return hand_on(s, q->http, c, path, false, NULL);
}

/* ---- of all cards ---- */

static void waiting_free(struct waiting *w)
{
	w->serve->waiting--;
	gather_free(w->gather);
	free(w);
}

static void on_gathered(struct gather_card *cards, size_t n, void *userdata)
{
	struct waiting *w = userdata;
	struct http_request *q = w->q;

	w->gather = NULL;
	(void) w->answer(w, cards, n);
	waiting_free(w);
	http_give_up(q);
}

static void on_gone(void *userdata)
{
	waiting_free(userdata);
}

static int gather(struct serve *s, struct http_request *q, const char *target, size_t max,
	int (*answer)(struct waiting *w, const struct gather_card *cards, size_t n))
{
	const struct gather_ask ask = {
		.run_dir = s->run_dir, .target = target, .time_usec = GATHER_USEC, .max = max
	};
	struct waiting *w;
	int r;

	if (s->waiting >= WAITING_MAX) {
		(void) http_set_header(q, "Retry-After", "1");
		return http_fault(q, 503, "Too many ask for that at once.");
	}
	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	*w = (struct waiting){ .serve = s, .q = q, .answer = answer };
	s->waiting++;
	r = gather_new(&w->gather, s->upstreams, s->cards, &ask, on_gathered, w);
	if (r < 0) {
		waiting_free(w);
		return r;
	}
	return http_defer(q, on_gone, w);
}

/* Its place in the list: it may have changed while we waited. */
static bool place_of(const struct cards *cards, const char *name, size_t *ret)
{
	for (size_t i = 0; i < cards_count(cards); i++) {
		if (strcmp(cards_at(cards, i)->name, name) != 0)
			continue;
		*ret = i;
		return true;
	}
	return false;
}

/* What the card tells of its one stream, under the name it has here. */
static json_t *stream_of(const struct gather_card *g, const char *name)
{
	json_t *all = g->text ? json_loads(g->text, 0, NULL) : NULL, *stream;
	void *first = json_object_iter(all);

	stream = first ? json_incref(json_object_iter_value(first)) : NULL;
	json_decref(all);
	if (!json_is_object(stream)) {
		char words[128];

		json_decref(stream);
		(void) relay_words(g->card, g->error, words, sizeof(words));
		return json_pack("{s:s, s:b, s:s}", "name", name, "running", 0, "error", words);
	}
	if (json_object_set_new(stream, "name", json_string(name)) < 0) {
		json_decref(stream);
		return NULL;
	}
	return stream;
}

static int answer_streams(struct waiting *w, const struct gather_card *cards, size_t n)
{
	json_t *all = json_object();
	char name[STREAMS_NAME_MAX];

	for (size_t i = 0; i < n; i++) {
		size_t place;

		if (!place_of(w->serve->cards, cards[i].card, &place))
			continue;
		streams_name(w->serve->cards, place, name);
		(void) json_object_set_new(all, name, stream_of(&cards[i], name));
	}
	return face_answer_json(w->q, 200, all);
}

static int get_streams(struct serve *s, struct face_request *q)
{
	return gather(s, q->http, "/api/streams", STREAMS_MAX, answer_streams);
}

static void tell_own(const struct serve *s, const struct gather_card *cards, size_t n, FILE *f)
{
	struct http_counts c = { 0 };

	if (s->counts)
		s->counts(&c, s->counts_userdata);
	fprintf(f, "# HELP egm_console_card_up Whether the card's figures could be had.\n"
		   "# TYPE egm_console_card_up gauge\n");
	for (size_t i = 0; i < n; i++)
		fprintf(f, "egm_console_card_up{card=\"%s\"} %d\n", cards[i].card, !cards[i].error);
	fprintf(f,
		"# HELP egm_console_connections Connections that are open.\n"
		"# TYPE egm_console_connections gauge\n"
		"egm_console_connections %u\n"
		"# HELP egm_console_relayed_requests Requests that cards are working on.\n"
		"# TYPE egm_console_relayed_requests gauge\n"
		"egm_console_relayed_requests %zu\n"
		"# HELP egm_console_live_streams WebSockets that are open.\n"
		"# TYPE egm_console_live_streams gauge\n"
		"egm_console_live_streams %zu\n"
		"# HELP egm_console_answers_total Requests that were answered.\n"
		"# TYPE egm_console_answers_total counter\n"
		"egm_console_answers_total %" PRIu64 "\n"
		"# HELP egm_console_refused_total Connections and requests that were refused.\n"
		"# TYPE egm_console_refused_total counter\n"
		"egm_console_refused_total %" PRIu64 "\n"
		"# HELP egm_console_evicted_total Idle connections that gave way to new ones.\n"
		"# TYPE egm_console_evicted_total counter\n"
		"egm_console_evicted_total %" PRIu64 "\n"
		"# HELP egm_console_late_total Requests that took too long to come.\n"
		"# TYPE egm_console_late_total counter\n"
		"egm_console_late_total %" PRIu64 "\n",
		c.connections, upstreams_count(s->upstreams), lives_count(s->lives), c.served,
		c.refused, c.evicted, c.late);
}

static int add_own(
	struct metrics *m, const struct serve *s, const struct gather_card *cards, size_t n)
{
	_cleanup_(freep) char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return -ENOMEM;
	tell_own(s, cards, n, f);
	return fclose(f) != 0 ? -ENOMEM : metrics_add(m, NULL, text);
}

static int answer_metrics(struct waiting *w, const struct gather_card *cards, size_t n)
{
	_cleanup_(metrics_freep) struct metrics *m = NULL;
	char *text = NULL;
	size_t size;
	int r = metrics_new(&m);

	for (size_t i = 0; i < n && r == 0; i++)
		if (cards[i].text)
			r = metrics_add(m, cards[i].card, cards[i].text);
	if (r == 0)
		r = add_own(m, w->serve, cards, n);
	if (r == 0)
		text = metrics_text(m, &size);
	if (!text)
		return http_fault(w->q, 503, "There is no memory for it.");
	return http_answer_take(w->q, 200, "text/plain; version=0.0.4; charset=utf-8", text, size);
}

static int get_metrics(struct serve *s, struct face_request *q)
{
	return gather(s, q->http, "/metrics", METRICS_MAX, answer_metrics);
}

/* ---- the console's own ---- */

static int get_cards(struct serve *s, struct face_request *q)
{
	json_t *list = json_array();

	for (size_t i = 0; i < cards_count(s->cards); i++) {
		const struct card *c = cards_at(s->cards, i);

		(void) json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:s, s:b, s:s, s:b, s:b}", "name", c->name,
				      "role", c->role, "machine", c->machine, "state", c->state,
				      "input_live", c->input_live, "input_reason", c->input_reason,
				      "recognises", c->recognises, "alive", c->alive));
	}
	return face_answer_json(q->http, 200, json_pack("{s:o}", "cards", list));
}

/* It serves as long as it runs, and is ready to once it knows which cards there are. */
static int get_health(struct serve *s, struct face_request *q)
{
	const bool ready = cards_heard(s->cards);

	return face_answer_json(q->http, ready || q->match.id == ROUTE_HEALTH_LIVE ? 200 : 503,
		json_pack("{s:b, s:b}", "live", 1, "ready", ready));
}

static int (*const handlers[_ROUTE_MAX])(struct serve *s, struct face_request *q) = {
	[ROUTE_STATE] = get_state,
	[ROUTE_CONFIG_STATES] = to_recogniser,
	[ROUTE_STREAMS] = get_streams,
	[ROUTE_STREAM_CONTROL] = control_stream,
	[ROUTE_REFS] = to_recogniser,
	[ROUTE_REF_CAPTURE] = to_recogniser,
	[ROUTE_REF_IMAGE] = to_recogniser,
	[ROUTE_REF_DELETE] = to_recogniser,
	[ROUTE_LIVE_FRAME] = to_picture,
	[ROUTE_SNAPSHOT_LATEST] = to_picture,
	[ROUTE_SNAPSHOT_SAVE] = to_picture,
	[ROUTE_SNAPSHOT_JPG] = to_chosen,
	[ROUTE_STREAM_MJPG] = to_chosen,
	[ROUTE_HEALTH] = get_health,
	[ROUTE_HEALTH_LIVE] = get_health,
	[ROUTE_HEALTH_READY] = get_health,
	[ROUTE_METRICS] = get_metrics,
	[ROUTE_CARDS] = get_cards,
};

int serve_handle(struct face_request *q, void *userdata)
{
	struct serve *s = userdata;

	if (routes[q->match.id].where & ROUTE_CARD)
		return to_card(s, q);
	if (!handlers[q->match.id])
		return http_fault(q->http, 404, "Not Found");
	return handlers[q->match.id](s, q);
}

/* ---- from start to end ---- */

int serve_new(struct serve **ret, struct loop *loop, const struct cards *cards, const char *run_dir)
{
	_cleanup_(serve_freep) struct serve *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	s->loop = loop;
	s->cards = cards;
	s->run_dir = run_dir;
	r = upstreams_new(&s->upstreams, loop);
	if (r >= 0)
		r = lives_new(&s->lives, loop);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(s);
	return 0;
}

struct serve *serve_free(struct serve *s)
{
	if (!s)
		return NULL;
	lives_free(s->lives);
	upstreams_free(s->upstreams);
	free(s);
	return NULL;
}

void serve_set_counts(
	struct serve *s, void (*counts)(struct http_counts *ret, void *userdata), void *userdata)
{
	s->counts = counts;
	s->counts_userdata = userdata;
}
