/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/http.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-event.h>

#include "common/usec.h"

#define CLIENTS_MAX 32
#define CLIENTS_PER_ADDRESS_MAX 32
#define IDLE_SEC 15
#define CLIENT_MEMORY (32 * 1024) /* headers included */

struct http {
	struct MHD_Daemon *daemon;
	sd_event_source *io, *timer;
	http_handler_fn handler;
	void *userdata;
	char *path; /* of the Unix socket; NULL: TCP */
	unsigned port;
	bool loopback;
};

struct http_request {
	struct MHD_Connection *connection;
	const char *path;
	bool head;
};

static void respond_headers(struct MHD_Response *r, const char *type)
{
	(void) MHD_add_response_header(r, "Content-Type", type);
	(void) MHD_add_response_header(r, "Cache-Control", "no-store");
	(void) MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
	(void) MHD_add_response_header(r, "Content-Security-Policy",
		"default-src 'self'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
		"media-src 'self' blob:; frame-ancestors 'none'");
}

static int send_response(struct http_request *q, unsigned status, struct MHD_Response *r)
{
	enum MHD_Result sent = MHD_queue_response(q->connection, status, r);

	MHD_destroy_response(r);
	return sent == MHD_YES ? 0 : -EIO;
}

int http_answer(
	struct http_request *q, unsigned status, const char *type, const void *data, size_t size)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(
		size, (void *) (uintptr_t) data, MHD_RESPMEM_MUST_COPY);

	if (!r)
		return -ENOMEM;
	respond_headers(r, type);
	return send_response(q, status, r);
}

int http_answer_file(struct http_request *q, const char *type, int fd)
{
	struct MHD_Response *r;
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return -EINVAL;
	}
	r = MHD_create_response_from_fd64((uint64_t) st.st_size, fd);
	if (!r) {
		close(fd);
		return -ENOMEM;
	}
	respond_headers(r, type);
	return send_response(q, MHD_HTTP_OK, r);
}

const char *http_path(const struct http_request *q)
{
	return q->path;
}

static bool is_name(const char *host, const char *name)
{
	size_t n = strlen(name);

	return strncasecmp(host, name, n) == 0 && (host[n] == '\0' || host[n] == ':');
}

static bool host_fits(const struct http *h, struct MHD_Connection *c)
{
	const char *host = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Host");

	if (!h->loopback)
		return true;
	return host &&
	       (is_name(host, "127.0.0.1") || is_name(host, "localhost") || is_name(host, "[::1]"));
}

static int refuse(struct http_request *q, unsigned status, const char *words)
{
	return http_answer(q, status, "text/plain; charset=utf-8", words, strlen(words));
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *c, const char *url,
	const char *method, const char *version, const char *upload, size_t *upload_size,
	void **state)
{
	static int seen;
	struct http *h = cls;
	struct http_request q = { .connection = c, .path = url };
	int r;

	(void) version;
	(void) upload;
	/* The first call shows the headers only; a body is never wanted. */
	if (!*state) {
		*state = &seen;
		return MHD_YES;
	}
	if (*upload_size > 0) {
		*upload_size = 0;
		return MHD_NO;
	}
	q.head = strcmp(method, "HEAD") == 0;
	if (!host_fits(h, c))
		r = refuse(&q, MHD_HTTP_FORBIDDEN, "This name is not served here.\n");
	else if (!q.head && strcmp(method, "GET") != 0)
		r = refuse(&q, MHD_HTTP_METHOD_NOT_ALLOWED, "GET only.\n");
	else
		r = h->handler(&q, h->userdata);
	return r < 0 ? MHD_NO : MHD_YES;
}

static void arm(struct http *h)
{
	MHD_UNSIGNED_LONG_LONG msec;

	if (MHD_get_timeout(h->daemon, &msec) != MHD_YES) {
		(void) sd_event_source_set_enabled(h->timer, SD_EVENT_OFF);
		return;
	}
	(void) sd_event_source_set_time(h->timer, usec_now() + msec * USEC_PER_MSEC);
	(void) sd_event_source_set_enabled(h->timer, SD_EVENT_ONESHOT);
}

/* At its limit of clients the library takes the listening socket out of its epoll, and only at the
 * beginning of a run does it put it back. Somebody may have gone in this one, and nothing else may
 * ever call for another. */
static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct http *h = userdata;

	(void) source;
	(void) fd;
	(void) revents;
	(void) MHD_run(h->daemon);
	(void) MHD_run(h->daemon);
	arm(h);
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t due, void *userdata)
{
	(void) due;
	return on_io(source, -1, 0, userdata);
}

static int add_sources(struct http *h, struct loop *loop)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	int r;

	if (!info)
		return -ENOTSUP;
	r = sd_event_add_io(loop_event(loop), &h->io, info->epoll_fd, EPOLLIN, on_io, h);
	/* A time-out of 0 asks for the next turn at once: no slack, with which a long answer
	 * crawls. */
	if (r >= 0)
		r = sd_event_add_time(
			loop_event(loop), &h->timer, CLOCK_MONOTONIC, UINT64_MAX, 1, on_timer, h);
	if (r < 0)
		return r;
	(void) sd_event_source_set_description(h->io, "http");
	(void) sd_event_source_set_description(h->timer, "http time-out");
	arm(h);
	return 0;
}

static unsigned bound_port(struct MHD_Daemon *daemon, unsigned port)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);

	return info ? info->port : port;
}

/* Listens on an address, or on a socket that does so already, which is taken over. */
static int start(struct http *h, struct loop *loop, const struct sockaddr_in *sa, int fd)
{
	struct MHD_OptionItem where[] = {
		{ MHD_OPTION_SOCK_ADDR, 0, (void *) (uintptr_t) sa },
		{ MHD_OPTION_PER_IP_CONNECTION_LIMIT, CLIENTS_PER_ADDRESS_MAX, NULL },
		{ MHD_OPTION_END, 0, NULL },
	};

	if (!sa) {
		where[0] = (struct MHD_OptionItem){ MHD_OPTION_LISTEN_SOCKET, fd, NULL };
		where[1] = (struct MHD_OptionItem){ MHD_OPTION_END, 0, NULL };
	}
	errno = 0;
	h->daemon = MHD_start_daemon(MHD_USE_EPOLL, sa ? ntohs(sa->sin_port) : 0, NULL, NULL,
		on_request, h, MHD_OPTION_ARRAY, where, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned) CLIENTS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned) IDLE_SEC,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t) CLIENT_MEMORY, MHD_OPTION_END);
	if (!h->daemon) {
		closep(&fd);
		return errno ? -errno : -EADDRINUSE;
	}
	return add_sources(h, loop);
}

int http_new(struct http **ret, struct loop *loop, const char *address, unsigned port,
	http_handler_fn handler, void *userdata)
{
	_cleanup_(http_freep) struct http *h = calloc(1, sizeof(*h));
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons((uint16_t) port) };
	int r;

	if (!h)
		return -ENOMEM;
	if (inet_pton(AF_INET, address, &sa.sin_addr) != 1 || port > UINT16_MAX)
		return -EINVAL;
	h->handler = handler;
	h->userdata = userdata;
	h->loopback = ntohl(sa.sin_addr.s_addr) >> 24 == 127;
	r = start(h, loop, &sa, -1);
	if (r < 0)
		return r;
	h->port = bound_port(h->daemon, port);
	*ret = TAKE_PTR(h);
	return 0;
}

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
	if (chmod(path, mode) < 0 || listen(fd, CLIENTS_MAX) < 0) {
		r = -errno;
		remove_socket(path);
		return r;
	}
	return TAKE_FD(fd);
}

int http_new_local(struct http **ret, struct loop *loop, const char *path, mode_t mode,
	http_handler_fn handler, void *userdata)
{
	_cleanup_(http_freep) struct http *h = calloc(1, sizeof(*h));
	int r;

	if (!h)
		return -ENOMEM;
	h->handler = handler;
	h->userdata = userdata;
	r = listen_local(path, mode);
	if (r < 0)
		return r;
	h->path = strdup(path);
	r = start(h, loop, NULL, r);
	if (r >= 0 && !h->path)
		r = -ENOMEM;
	if (r < 0) {
		remove_socket(path);
		return r;
	}
	*ret = TAKE_PTR(h);
	return 0;
}

struct http *http_free(struct http *h)
{
	if (!h)
		return NULL;
	sd_event_source_unref(h->io);
	sd_event_source_unref(h->timer);
	if (h->daemon)
		MHD_stop_daemon(h->daemon);
	if (h->path)
		remove_socket(h->path);
	free(h->path);
	free(h);
	return NULL;
}

unsigned http_port(const struct http *h)
{
	return h->port;
}
