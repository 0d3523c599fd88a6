/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "console/gather.h"

#include <stdbool.h>
#include <string.h>
#include <systemd/sd-event.h>

#include "common/loop.h"
#include "common/usec.h"
#include "console/upstream.h"

#define STEP 8192

/* One card's part. */
struct part {
	struct gather *gather;
	struct upstream *u;
	size_t room;
	bool over;
};

struct gather {
	sd_event_source *timer; /* the time is over, or there is nobody to ask */
	struct gather_card *cards;
	struct part *parts;
	size_t n, max;
	void (*done)(struct gather_card *cards, size_t n, void *userdata);
	void *userdata;
};

const char *gather_socket(const char *run_dir, const char *card, char *buf, size_t size)
{
	snprintf(buf, size, "%s/%s/http.sock", run_dir, card);
	return buf;
}

static struct gather_card *card_of(const struct part *p)
{
	return &p->gather->cards[p - p->gather->parts];
}

static void look_whether_done(struct gather *g)
{
	for (size_t i = 0; i < g->n; i++)
		if (!g->parts[i].over)
			return;
	g->done(g->cards, g->n, g->userdata);
	gather_free(g);
}

static void end_part(struct part *p, int error)
{
	struct gather_card *c = card_of(p);

	p->u = upstream_free(p->u);
	p->over = true;
	c->error = error;
	if (error == 0 && !c->text) {
		c->text = strdup("");
		c->error = c->text ? 0 : -ENOMEM;
	}
	if (error < 0) {
		free(c->text);
		c->text = NULL;
		c->size = 0;
	}
}

static int make_room(struct part *p, struct gather_card *c)
{
	char *text;

	if (p->room > c->size + 1)
		return 0;
	if (c->size >= p->gather->max)
		return -EMSGSIZE;
	text = realloc(c->text, p->room + STEP);
	if (!text)
		return -ENOMEM;
	c->text = text;
	p->room += STEP;
	return 0;
}

/* 0: there is more to come. */
static int take(struct part *p)
{
	struct gather_card *c = card_of(p);
	ssize_t n;
	int r;

	for (;;) {
		r = make_room(p, c);
		if (r < 0)
			return r;
		n = upstream_read(p->u, c->text + c->size, p->room - 1 - c->size);
		if (n <= 0)
			return (int) n;
		c->size += (size_t) n;
		c->text[c->size] = '\0';
	}
}

static void on_ready(void *userdata)
{
	struct part *p = userdata;
	struct gather *g = p->gather;
	int r = upstream_status(p->u) == 200 ? take(p) : -EREMOTEIO;

	if (r == 0)
		return;
	end_part(p, r == -ENODATA ? 0 : r);
	look_whether_done(g);
}

static void on_failed(int error, void *userdata)
{
	struct part *p = userdata;
	struct gather *g = p->gather;

	end_part(p, error);
	look_whether_done(g);
}

static int on_timer(sd_event_source *source, uint64_t due, void *userdata)
{
	struct gather *g = userdata;

	(void) source;
	(void) due;
	for (size_t i = 0; i < g->n; i++)
		if (!g->parts[i].over)
			end_part(&g->parts[i], -ETIMEDOUT);
	look_whether_done(g);
	return 0;
}

static void ask_one(struct gather *g, size_t i, struct upstreams *all, const struct card *card,
	const struct gather_ask *ask)
{
	const struct upstream_hooks hooks = { on_ready, on_ready, on_failed, &g->parts[i] };
	char socket[UPSTREAM_PATH_MAX + 1];
	const struct upstream_request q = {
		.socket = gather_socket(ask->run_dir, card->name, socket, sizeof(socket)),
		.method = "GET",
		.target = ask->target,
		.head_usec = ask->time_usec,
	};
	/* Also one that the bus does not know of: where nobody listens that is known at once. */
	int r = upstream_new(&g->parts[i].u, all, &q, &hooks);

	g->parts[i].gather = g;
	snprintf(g->cards[i].card, sizeof(g->cards[i].card), "%s", card->name);
	if (r < 0)
		end_part(&g->parts[i], r);
}

static bool asks_somebody(const struct gather *g)
{
	for (size_t i = 0; i < g->n; i++)
		if (!g->parts[i].over)
			return true;
	return false;
}

int gather_new(struct gather **ret, struct upstreams *all, const struct cards *cards,
	const struct gather_ask *ask,
	void (*done)(struct gather_card *cards, size_t n, void *userdata), void *userdata)
{
	_cleanup_(gather_freep) struct gather *g = calloc(1, sizeof(*g));
	const size_t n = cards_count(cards);
	int r;

	if (!g)
		return -ENOMEM;
	g->cards = calloc(n + 1, sizeof(*g->cards));
	g->parts = calloc(n + 1, sizeof(*g->parts));
	if (!g->cards || !g->parts)
		return -ENOMEM;
	g->max = ask->max;
	g->done = done;
	g->userdata = userdata;
	for (g->n = 0; g->n < n; g->n++)
		ask_one(g, g->n, all, cards_at(cards, g->n), ask);
	r = sd_event_add_time(upstreams_event(all), &g->timer, CLOCK_MONOTONIC,
		usec_now() + (asks_somebody(g) ? ask->time_usec : 0), 10 * USEC_PER_MSEC, on_timer,
		g);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(g);
	return 0;
}

struct gather *gather_free(struct gather *g)
{
	if (!g)
		return NULL;
	sd_event_source_disable_unref(g->timer);
	for (size_t i = 0; g->cards && g->parts && i < g->n; i++) {
		upstream_free(g->parts[i].u);
		free(g->cards[i].text);
	}
	free(g->cards);
	free(g->parts);
	free(g);
	return NULL;
}
