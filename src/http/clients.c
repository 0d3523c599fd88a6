/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include <sys/socket.h>

#include "common/network.h"
#include "common/usec.h"
#include "http/private.h"

#define HEAD_USEC (20 * USEC_PER_SEC)
#define BODY_USEC (15 * USEC_PER_SEC)
#define BODY_BYTES_PER_SEC 16384 /* that a body must come with, from then on */
#define ANSWER_USEC (120 * USEC_PER_SEC)

/* Zero on a Unix socket. */
static void address_of(const struct sockaddr *peer, uint8_t ret[NETWORK_ADDRESS_SIZE])
{
	if (!network_address(peer, ret))
		memset(ret, 0, NETWORK_ADDRESS_SIZE);
}

/* The library hears of it by its epoll and lets it go. */
static void hang_up(struct http_client *c)
{
	(void) shutdown(c->fd, SHUT_RDWR);
}

static bool is_older(const struct http_client *a, const struct http_client *b)
{
	return !b || a->since_usec < b->since_usec;
}

/* address: only of that one; NULL: of all. */
static bool evict(struct http_server *s, const uint8_t *address)
{
	struct http_client *c, *oldest = NULL;

	for (c = LIST_FIRST(&s->clients); c; c = LIST_NEXT(c, entry))
		if (c->state == CLIENT_IDLE && is_older(c, oldest) &&
			(!address || memcmp(c->address, address, NETWORK_ADDRESS_SIZE) == 0))
			oldest = c;
	if (!oldest)
		return false;
	client_set_state(oldest, CLIENT_ANSWER); /* not twice */
	hang_up(oldest);
	s->counts.evicted++;
	return true;
}

static unsigned count_of(const struct http_server *s, const uint8_t *address)
{
	const struct http_client *c;
	unsigned n = 0;

	for (c = LIST_FIRST(&s->clients); c; c = LIST_NEXT(c, entry))
		n += memcmp(c->address, address, NETWORK_ADDRESS_SIZE) == 0;
	return n;
}

bool http_has_room(const struct http_request *q)
{
	const struct http_server *s = q->server;
	const struct http_client *c;
	unsigned n = 0;

	for (c = LIST_FIRST(&s->clients); c; c = LIST_NEXT(c, entry))
		n += c->state == CLIENT_ENDLESS;
	return n < s->clients_max - s->clients_max / 4;
}

bool clients_admit(struct http_server *s, const struct sockaddr *peer)
{
	uint8_t address[NETWORK_ADDRESS_SIZE];
	bool fits = true;

	address_of(peer, address);
	if (count_of(s, address) >= s->clients_per_address_max)
		fits = evict(s, address);
	else if (s->n_clients >= s->clients_max)
		fits = evict(s, NULL);
	s->counts.refused += !fits;
	return fits;
}

void clients_add(struct http_server *s, struct http_client *c, const struct sockaddr *peer)
{
	address_of(peer, c->address);
	LIST_INSERT_HEAD(&s->clients, c, entry);
	s->n_clients++;
	client_set_state(c, CLIENT_IDLE);
}

void clients_remove(struct http_server *s, struct http_client *c)
{
	LIST_REMOVE(c, entry);
	s->n_clients--;
}

void client_set_state(struct http_client *c, enum client_state state)
{
	c->state = state;
	c->since_usec = usec_now();
}

static bool is_late(const struct http_client *c, uint64_t now)
{
	uint64_t age = now - c->since_usec;

	switch (c->state) {
	case CLIENT_IDLE:
		return age > HEAD_USEC;
	case CLIENT_BODY:
		return age > BODY_USEC && c->request &&
		       c->request->body_size <
			       (age - BODY_USEC) / USEC_PER_SEC * BODY_BYTES_PER_SEC + 1;
	case CLIENT_ANSWER:
		return age > ANSWER_USEC;
	case CLIENT_ENDLESS:
		break;
	}
	return false;
}

void clients_sweep(struct http_server *s)
{
	uint64_t now = usec_now();
	struct http_client *c;

	for (c = LIST_FIRST(&s->clients); c; c = LIST_NEXT(c, entry))
		if (is_late(c, now)) {
			s->counts.late++;
			hang_up(c);
		}
}
