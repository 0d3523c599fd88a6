/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "console/live.h"

#include <string.h>

#include "common/card.h"
#include "common/loop.h"
#include "console/dial.h"
#include "console/relay.h"
#include "console/splice.h"
#include "http/tunnel.h"

#define HEADER_MAX 512

/* One, from the request to its end. */
struct live {
	struct live *next;
	struct lives *all;
	char card[CARD_NAME_MAX], socket[128];
	struct http_request *q; /* NULL: it has been answered */
	struct dial *dial;      /* NULL: the tunnel is open */
	struct http_tunnel *tunnel;
	struct splice *splice;
	int fd;
};

struct lives {
	struct loop *loop;
	struct live *first;
	size_t n;
};

static void live_free(struct live *v)
{
	struct live **at;

	for (at = &v->all->first; *at != v; at = &(*at)->next)
		;
	*at = v->next;
	v->all->n--;
	splice_free(v->splice);
	dial_free(v->dial);
	closep(&v->fd);
	http_tunnel_close(v->tunnel);
	free(v);
}

static void on_end(void *userdata)
{
	live_free(userdata);
}

/* The tunnel is no longer ours to close. */
static void on_tunnel_gone(void *userdata)
{
	struct live *v = userdata;

	v->tunnel = NULL;
	live_free(v);
}

static void on_open(struct http_tunnel *t, int fd, const void *early, size_t size, void *userdata)
{
	struct live *v = userdata;
	struct splice_side browser = { fd, early, size }, card;
	int r;

	v->tunnel = t;
	v->fd = dial_take(v->dial, &card.early, &card.early_size);
	card.fd = v->fd;
	r = splice_new(&v->splice, v->all->loop, &browser, &card, on_end, v);
	v->dial = dial_free(v->dial);
	if (r < 0)
		live_free(v);
}

static const struct http_tunnel_hooks tunnel_hooks = { .open = on_open, .gone = on_tunnel_gone };

static void accept_it(struct live *v)
{
	static const char *const names[] = { "Sec-WebSocket-Accept", "Sec-WebSocket-Protocol",
		"Sec-WebSocket-Extensions" };
	struct http_tunnel_hooks hooks = tunnel_hooks;
	struct http_request *q = TAKE_PTR(v->q);
	char value[HEADER_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (dial_header(v->dial, names[i], value, sizeof(value)))
			(void) http_set_header(q, names[i], value);
	hooks.userdata = v;
	/* On failure gone() is called. */
	(void) http_answer_upgrade(q, "websocket", &hooks);
	http_give_up(q);
}

static void on_dialled(int error, void *userdata)
{
	struct live *v = userdata;
	struct http_request *q = v->q;
	unsigned status = error < 0 ? 0 : dial_status(v->dial);

	if (status == 101) {
		accept_it(v);
		return;
	}
	if (error < 0)
		(void) relay_fault(q, v->card, error);
	else
		(void) http_fault(q, status >= 400 && status < 600 ? status : 502,
			"The card %s does not open it: status %u.", v->card, status);
	live_free(v);
	http_give_up(q);
}

/* The request ends before it is answered. */
static void on_gone(void *userdata)
{
	live_free(userdata);
}

static int make_head(struct http_request *q, const char *target, char **ret)
{
	static const char *const names[] = { "Sec-WebSocket-Key", "Sec-WebSocket-Version",
		"Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions" };
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return -ENOMEM;
	fprintf(f,
		"GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
		"Connection: Upgrade\r\n",
		target);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (http_header(q, names[i]))
			fprintf(f, "%s: %s\r\n", names[i], http_header(q, names[i]));
	fputs("\r\n", f);
	if (fclose(f) != 0) {
		free(text);
		return -ENOMEM;
	}
	*ret = text;
	return 0;
}

static size_t count_of(const struct lives *l, const char *socket)
{
	size_t n = 0;

	for (const struct live *v = l->first; v; v = v->next)
		n += strcmp(v->socket, socket) == 0;
	return n;
}

int lives_open(struct lives *l, struct http_request *q, const char *card, const char *socket,
	const char *target)
{
	_cleanup_(freep) char *head = NULL;
	struct live *v;
	int r;

	if (count_of(l, socket) >= LIVES_CARD_MAX)
		return relay_fault(q, card, -EBUSY);
	r = make_head(q, target, &head);
	v = r < 0 ? NULL : calloc(1, sizeof(*v));
	if (!v)
		return -ENOMEM;
	*v = (struct live){ .next = l->first, .all = l, .q = q, .fd = -1 };
	snprintf(v->card, sizeof(v->card), "%s", card);
	snprintf(v->socket, sizeof(v->socket), "%s", socket);
	l->first = v;
	l->n++;
	r = dial_new(&v->dial, l->loop, socket, head, on_dialled, v);
	if (r < 0) {
		live_free(v);
		return relay_fault(q, card, r);
	}
	return http_defer(q, on_gone, v);
}

int lives_new(struct lives **ret, struct loop *loop)
{
	struct lives *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	l->loop = loop;
	*ret = l;
	return 0;
}

struct lives *lives_free(struct lives *l)
{
	free(l);
	return NULL;
}

size_t lives_count(const struct lives *l)
{
	return l->n;
}
