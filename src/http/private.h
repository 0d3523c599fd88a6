/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the server share: they alone include libmicrohttpd. A client is a connection,
 * a request one turn on it.
 */
#pragma once

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <systemd/sd-event.h>

#include "common/network.h"
#include "http/server.h"
#include "http/tunnel.h"

#define HTTP_HEADERS_MAX 12 /* that http_set_header() takes */

enum client_state {
	CLIENT_IDLE, /* waits for a head */
	CLIENT_BODY, /* waits for a body */
	CLIENT_ANSWER,
	CLIENT_ENDLESS, /* reads a stream, or has left HTTP */
};

struct http_client {
	LIST_ENTRY(http_client) entry;
	int fd;
	enum client_state state;
	uint64_t since_usec;                   /* of the state */
	struct http_request *request;          /* NULL: none */
	uint8_t address[NETWORK_ADDRESS_SIZE]; /* zero on a Unix socket */
};

LIST_HEAD(http_clients, http_client);
LIST_HEAD(http_tunnels, http_tunnel);

struct http_server {
	struct MHD_Daemon *daemon;
	sd_event_source *io, *timer, *sweep;
	struct http_hooks hooks;
	struct http_clients clients;
	struct http_tunnels tunnels;
	unsigned n_clients, clients_max, clients_per_address_max;
	size_t bodies; /* bytes of all bodies that are held */
	struct http_counts counts;
	char *path; /* of the Unix socket; NULL: TCP */
	unsigned port;
	bool tls;
	bool kicked; /* since the last run of the library began */
};

struct http_kept { /* what lives as long as its request */
	struct http_kept *next;
	max_align_t memory[];
};

struct http_stream_state {
	struct http_request *q; /* NULL: it has ended before its response */
	struct http_stream ops;
	void *userdata;
};

struct http_request {
	struct http_server *server;
	struct http_client *client;
	struct MHD_Connection *connection;
	enum http_method method;
	char *path, *query;
	char *body;
	size_t body_size, body_room, body_max;
	struct http_kept *kept;
	struct {
		char *name, *value;
	} headers[HTTP_HEADERS_MAX];
	unsigned n_headers;
	void *data;
	struct MHD_Response *later; /* of a deferred request, and its status */
	unsigned later_status;
	void (*gone)(void *userdata);
	void *gone_userdata;
	struct http_stream_state *stream;
	struct http_tunnel *tunnel;                           /* not open yet */
	bool beginning, begun, answered, suspended, given_up; /* beginning: its head is looked at */
};

/* ---- clients.c ---- */

/* May somebody come in from there? The idle one that waited for longest may be asked to go. */
bool clients_admit(struct http_server *s, const struct sockaddr *peer);
void clients_add(struct http_server *s, struct http_client *c, const struct sockaddr *peer);
void clients_remove(struct http_server *s, struct http_client *c);
void client_set_state(struct http_client *c, enum client_state state);

/* Ends what takes too long; each second. */
void clients_sweep(struct http_server *s);

/* ---- request.c ---- */

/* uri: "/path?query", as it was sent. */
struct http_request *request_new(struct http_server *s, struct MHD_Connection *c, const char *uri);
void request_set_method(struct http_request *q, const char *method);

/* Its turn is over: whoever waits is told. */
struct http_request *request_free(struct http_request *q);

/* More of the body: 0, or a negative errno with which the connection ends. */
int request_take_body(struct http_request *q, const char *data, size_t size);

/* ---- answer.c ---- */

/* Sends it now or, of a deferred request, when the server asks for it again. Takes r over. */
int answer_send(struct http_request *q, unsigned status, struct MHD_Response *r);

/* Of a deferred request that the server has asked about again. */
int answer_send_later(struct http_request *q);

/* Sends nothing now; resumes a connection that was suspended. */
void request_resume(struct http_request *q);

/* ---- tunnel.c ---- */

void tunnel_never_opened(struct http_tunnel *t);
void tunnels_end(struct http_server *s);

/* ---- server.c ---- */

/* The library has work to do that no descriptor tells. */
void server_kick(struct http_server *s);
