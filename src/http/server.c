/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "http/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "common/usec.h"
#include "http/private.h"

#define CLIENTS_MAX 64
#define CLIENTS_MORE 32 /* who are let in while others are on their way out */
/* A client that comes while so many wait to be accepted is turned away by the kernel, on a Unix
 * socket at once: more than the console ever has under way to one card. */
#define BACKLOG 1024
#define IDLE_SEC 15
#define CLIENT_MEMORY (32 * 1024) /* head included */
#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

/* ---- what the library calls ---- */

static void *on_uri(void *cls, const char *uri, struct MHD_Connection *c)
{
	return request_new(cls, c, uri);
}

static struct http_client *client_of(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

static int refuse(struct http_request *q, unsigned status, const char *words)
{
	q->server->counts.refused++;
	return http_fault(q, status, "%s", words);
}

/* Is the body, as it announces itself, one that is wanted? 1: it has been refused. */
static int check_length(struct http_request *q)
{
	const char *length = http_header(q, MHD_HTTP_HEADER_CONTENT_LENGTH);
	unsigned long long n;
	char *end;
	int r;

	if (!length)
		return 0;
	errno = 0;
	n = strtoull(length, &end, 10);
	if (errno == 0 && *length >= '0' && *length <= '9' && *end == '\0' && n <= q->body_max)
		return 0;
	r = refuse(q, MHD_HTTP_CONTENT_TOO_LARGE, "The body is too large.");
	return r < 0 ? r : 1;
}

static int begin(struct http_request *q, struct MHD_Connection *c, const char *method)
{
	struct http_server *s = q->server;
	int r;

	q->client = client_of(c);
	if (!q->client)
		return -ENOMEM;
	q->begun = true;
	q->client->request = q;
	request_set_method(q, method);
	client_set_state(q->client, CLIENT_BODY);
	q->beginning = true;
	r = s->hooks.begin ? s->hooks.begin(q, s->hooks.userdata) : 0;
	if (r == 0 && !q->answered)
		r = check_length(q);
	q->beginning = false;
	return r;
}

static int go_on(struct http_request *q, const char *data, size_t *size)
{
	struct http_server *s = q->server;
	int r;

	if (*size > 0) {
		r = q->answered ? 0 : request_take_body(q, data, *size);
		s->counts.refused += r < 0;
		*size = 0;
		return r;
	}
	if (q->given_up)
		return -EIO;
	if (q->later)
		return answer_send_later(q);
	if (q->answered)
		return 0;
	return s->hooks.handle(q, s->hooks.userdata);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *c, const char *url,
	const char *method, const char *version, const char *data, size_t *size, void **state)
{
	struct http_request *q = *state;
	int r;

	(void) cls;
	(void) url;
	(void) version;
	if (!q)
		return MHD_NO;
	r = q->begun ? go_on(q, data, size) : begin(q, c, method);
	return r < 0 ? MHD_NO : MHD_YES;
}

static void on_completed(
	void *cls, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode why)
{
	struct http_request *q = *state;

	(void) cls;
	(void) c;
	(void) why;
	*state = NULL;
	if (!q)
		return;
	if (q->client) {
		q->client->request = NULL;
		client_set_state(q->client, CLIENT_IDLE);
	}
	request_free(q);
}

static void on_connection(void *cls, struct MHD_Connection *c, void **context,
	enum MHD_ConnectionNotificationCode what)
{
	struct http_server *s = cls;
	struct http_client *client = *context;
	const union MHD_ConnectionInfo *info;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (client)
			clients_remove(s, client);
		free(client);
		*context = NULL;
		return;
	}
	info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	client = info ? calloc(1, sizeof(*client)) : NULL;
	if (!client)
		return;
	client->fd = info->connect_fd;
	info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	clients_add(s, client, info ? info->client_addr : NULL);
	/* The first one: whoever comes after it must not put it off. */
	if (s->n_clients == 1) {
		(void) sd_event_source_set_time(s->sweep, usec_now() + USEC_PER_SEC);
		(void) sd_event_source_set_enabled(s->sweep, SD_EVENT_ON);
	}
	*context = client;
}

static enum MHD_Result on_accept(void *cls, const struct sockaddr *peer, socklen_t size)
{
	(void) size;
	return clients_admit(cls, peer) ? MHD_YES : MHD_NO;
}

/* ---- in the loop ---- */

static void arm(struct http_server *s)
{
	MHD_UNSIGNED_LONG_LONG msec;

	/* A tunnel that ends while it opens is nothing that the library's own time-out tells. */
	if (s->kicked) {
		server_kick(s);
		return;
	}
	if (MHD_get_timeout(s->daemon, &msec) != MHD_YES) {
		(void) sd_event_source_set_enabled(s->timer, SD_EVENT_OFF);
		return;
	}
	(void) sd_event_source_set_time(s->timer, usec_now() + msec * USEC_PER_MSEC);
	(void) sd_event_source_set_enabled(s->timer, SD_EVENT_ONESHOT);
}

/* At its limit of clients the library takes the listening socket out of its epoll, and only at the
 * beginning of a run does it put it back. Somebody may have gone in this one, and nothing else may
 * ever call for another. */
static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct http_server *s = userdata;

	(void) source;
	(void) fd;
	(void) revents;
	(void) MHD_run(s->daemon);
	s->kicked = false;
	(void) MHD_run(s->daemon);
	arm(s);
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t due, void *userdata)
{
	(void) due;
	return on_io(source, -1, 0, userdata);
}

static int on_sweep(sd_event_source *source, uint64_t due, void *userdata)
{
	struct http_server *s = userdata;

	(void) due;
	clients_sweep(s);
	if (s->n_clients == 0)
		return sd_event_source_set_enabled(source, SD_EVENT_OFF);
	return sd_event_source_set_time(source, usec_now() + USEC_PER_SEC);
}

void server_kick(struct http_server *s)
{
	s->kicked = true;
	(void) sd_event_source_set_time(s->timer, usec_now());
	(void) sd_event_source_set_enabled(s->timer, SD_EVENT_ONESHOT);
}

static int add_sources(struct http_server *s, struct loop *loop)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	struct sd_event *event = loop_event(loop);
	int r;

	if (!info)
		return -ENOTSUP;
	r = sd_event_add_io(event, &s->io, info->epoll_fd, EPOLLIN, on_io, s);
	/* A time-out of 0 asks for the next turn at once: no slack, with which a long answer
	 * crawls. */
	if (r >= 0)
		r = sd_event_add_time(
			event, &s->timer, CLOCK_MONOTONIC, UINT64_MAX, 1, on_timer, s);
	if (r >= 0)
		r = sd_event_add_time(
			event, &s->sweep, CLOCK_MONOTONIC, UINT64_MAX, 0, on_sweep, s);
	if (r >= 0)
		r = sd_event_source_set_enabled(s->sweep, SD_EVENT_OFF);
	if (r < 0)
		return r;
	(void) sd_event_source_set_description(s->io, "http");
	(void) sd_event_source_set_description(s->timer, "http time-out");
	(void) sd_event_source_set_description(s->sweep, "http late");
	arm(s);
	return 0;
}

/* ---- listening ---- */

static void remove_socket(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		(void) unlink(path);
}

/* Returns the listening socket. What an unbound socket has for a mode limits the file's (unix(7)),
 * so that nobody but the owner can connect before it is as wanted. */
static int listen_local(const char *path, mode_t mode)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	_cleanup_(closep) int fd = -1;
	int r;

	if (strlen(path) >= sizeof(un.sun_path))
		return -ENAMETOOLONG;
	snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	remove_socket(path);
	if (fchmod(fd, 0600) < 0 || bind(fd, (const struct sockaddr *) &un, sizeof(un)) < 0)
		return -errno;
	if (chmod(path, mode) < 0 || listen(fd, BACKLOG) < 0) {
		r = -errno;
		remove_socket(path);
		return r;
	}
	return TAKE_FD(fd);
}

static int to_sockaddr(const struct http_listen *l, struct sockaddr_storage *ret, socklen_t *size)
{
	struct sockaddr_in *in = (void *) ret;
	struct sockaddr_in6 *in6 = (void *) ret;

	if (l->port > UINT16_MAX)
		return -EINVAL;
	memset(ret, 0, sizeof(*ret));
	if (inet_pton(AF_INET, l->address, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t) l->port);
		*size = sizeof(*in);
		return 0;
	}
	if (inet_pton(AF_INET6, l->address, &in6->sin6_addr) != 1)
		return -EINVAL;
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons((uint16_t) l->port);
	*size = sizeof(*in6);
	return 0;
}

static int listen_tcp(const struct http_listen *l, unsigned *ret_port)
{
	struct sockaddr_storage sa;
	socklen_t size;
	_cleanup_(closep) int fd = -1;
	int r = to_sockaddr(l, &sa, &size), on = 1;

	if (r < 0)
		return r;
	fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	(void) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *) &sa, size) < 0 || listen(fd, BACKLOG) < 0 ||
		getsockname(fd, (struct sockaddr *) &sa, &size) < 0)
		return -errno;
	*ret_port =
		ntohs(sa.ss_family == AF_INET ? ((struct sockaddr_in *) (void *) &sa)->sin_port
					      : ((struct sockaddr_in6 *) (void *) &sa)->sin6_port);
	return TAKE_FD(fd);
}

/* Takes the socket over. The library keeps nothing of the texts. */
static int start(struct http_server *s, struct loop *loop, const struct http_listen *l, int fd)
{
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, (void *) (uintptr_t) l->certificate },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, (void *) (uintptr_t) l->key },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, (void *) (uintptr_t) TLS_PRIORITIES },
		{ l->client_ca ? MHD_OPTION_HTTPS_MEM_TRUST : MHD_OPTION_END, 0,
			(void *) (uintptr_t) l->client_ca },
		{ MHD_OPTION_END, 0, NULL },
	};
	unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_ALLOW_UPGRADE;

	s->tls = l->certificate != NULL;
	if (s->tls)
		flags |= MHD_USE_TLS;
	else
		tls[0] = (struct MHD_OptionItem){ MHD_OPTION_END, 0, NULL };
	errno = 0;
	s->daemon = MHD_start_daemon(flags, 0, on_accept, s, on_request, s, MHD_OPTION_ARRAY, tls,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, s, MHD_OPTION_URI_LOG_CALLBACK, on_uri,
		s, MHD_OPTION_CONNECTION_LIMIT, s->clients_max + CLIENTS_MORE,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned) IDLE_SEC,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t) CLIENT_MEMORY, MHD_OPTION_END);
	if (!s->daemon) {
		close(fd);
		return errno ? -errno : -EINVAL;
	}
	return add_sources(s, loop);
}

int http_server_new(struct http_server **ret, struct loop *loop, const struct http_listen *listen,
	const struct http_hooks *hooks)
{
	_cleanup_(http_server_freep) struct http_server *s = calloc(1, sizeof(*s));
	int fd;

	if (!s)
		return -ENOMEM;
	if (!listen->certificate != !listen->key || (listen->client_ca && !listen->certificate))
		return -EINVAL;
	s->hooks = *hooks;
	s->clients_max = listen->clients_max ? listen->clients_max : CLIENTS_MAX;
	s->clients_per_address_max =
		listen->clients_per_address_max ? listen->clients_per_address_max : s->clients_max;
	fd = listen->path ? listen_local(listen->path, listen->mode) : listen_tcp(listen, &s->port);
	if (fd < 0)
		return fd;
	if (listen->path) {
		s->path = strdup(listen->path);
		if (!s->path) {
			close(fd);
			remove_socket(listen->path);
			return -ENOMEM;
		}
	}
	fd = start(s, loop, listen, fd);
	if (fd < 0)
		return fd;
	*ret = TAKE_PTR(s);
	return 0;
}

static void end_all(struct http_server *s)
{
	struct http_client *c;

	tunnels_end(s);
	/* The library takes it ill when one is asleep at its end. */
	for (c = LIST_FIRST(&s->clients); c; c = LIST_NEXT(c, entry))
		if (c->request)
			request_resume(c->request);
	MHD_stop_daemon(s->daemon);
}

struct http_server *http_server_free(struct http_server *s)
{
	if (!s)
		return NULL;
	if (s->daemon)
		end_all(s);
	sd_event_source_unref(s->io);
	sd_event_source_unref(s->timer);
	sd_event_source_unref(s->sweep);
	if (s->path)
		remove_socket(s->path);
	free(s->path);
	free(s);
	return NULL;
}

unsigned http_server_port(const struct http_server *s)
{
	return s->port;
}

void http_server_counts(const struct http_server *s, struct http_counts *ret)
{
	const struct http_client *c;

	*ret = s->counts;
	ret->connections = s->n_clients;
	for (c = LIST_FIRST(&s->clients); c; c = LIST_NEXT(c, entry))
		ret->requests += c->request != NULL;
}
