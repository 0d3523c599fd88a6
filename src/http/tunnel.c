/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "http/tunnel.h"

#include <errno.h>
#include <fcntl.h>

#include "http/decode.h"
#include "http/private.h"

struct http_tunnel {
	LIST_ENTRY(http_tunnel) entry; /* once it is open */
	struct http_server *server;
	struct http_tunnel_hooks hooks;
	struct MHD_UpgradeResponseHandle *handle; /* NULL: not open yet */
};

bool http_wants_upgrade(const struct http_request *q, const char *protocol)
{
	const char *upgrade = http_header(q, MHD_HTTP_HEADER_UPGRADE);
	const char *connection = http_header(q, MHD_HTTP_HEADER_CONNECTION);

	return upgrade && connection && decode_list_has(upgrade, protocol) &&
	       decode_list_has(connection, "upgrade");
}

static void on_open(void *cls, struct MHD_Connection *c, void *state, const char *early,
	size_t size, MHD_socket fd, struct MHD_UpgradeResponseHandle *handle)
{
	struct http_tunnel *t = cls;
	struct http_request *q = state;

	(void) c;
	t->handle = handle;
	LIST_INSERT_HEAD(&t->server->tunnels, t, entry);
	if (q)
		q->tunnel = NULL;
	(void) fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	t->hooks.open(t, fd, early, size, t->hooks.userdata);
}

int http_answer_upgrade(
	struct http_request *q, const char *protocol, const struct http_tunnel_hooks *hooks)
{
	struct http_tunnel *t = calloc(1, sizeof(*t));
	struct MHD_Response *r = t ? MHD_create_response_for_upgrade(on_open, t) : NULL;

	if (!r) {
		free(t);
		hooks->gone(hooks->userdata);
		return -ENOMEM;
	}
	t->server = q->server;
	t->hooks = *hooks;
	q->tunnel = t;
	(void) MHD_add_response_header(r, MHD_HTTP_HEADER_UPGRADE, protocol);
	return answer_send(q, MHD_HTTP_SWITCHING_PROTOCOLS, r);
}

void tunnel_never_opened(struct http_tunnel *t)
{
	t->hooks.gone(t->hooks.userdata);
	free(t);
}

static void leave(struct http_tunnel *t)
{
	LIST_REMOVE(t, entry);
	(void) MHD_upgrade_action(t->handle, MHD_UPGRADE_ACTION_CLOSE);
	server_kick(t->server);
}

struct http_tunnel *http_tunnel_close(struct http_tunnel *t)
{
	if (!t)
		return NULL;
	leave(t);
	free(t);
	return NULL;
}

void tunnels_end(struct http_server *s)
{
	while (!LIST_EMPTY(&s->tunnels)) {
		struct http_tunnel *t = LIST_FIRST(&s->tunnels);

		t->hooks.gone(t->hooks.userdata);
		leave(t);
		free(t);
	}
}
