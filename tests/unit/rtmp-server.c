/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/rtmp-server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "rtmp/amf0.h"
#include "rtmp/chunk.h"

#define HANDSHAKE 1536
#define WINDOW 200 /* bytes after which the publisher has to say that it got them */

struct rtmp_server {
	enum rtmp_server_kind kind;
	const char *redirect;
	int listen_fd, stop_fd;
	char url[64];
	pthread_t thread;
	/* the thread's, until it has been joined */
	int fd;
	struct chunk_out out;
	struct rtmp_server_seen seen;
};

uint32_t rtmp_server_sum(uint32_t sum, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		sum = sum * 31 + data[i];
	return sum;
}

/* False at the end of the connection, or of the server. */
static bool ready(struct rtmp_server *s, int fd)
{
	struct pollfd f[2] = { { .fd = fd, .events = POLLIN },
		{ .fd = s->stop_fd, .events = POLLIN } };

	return poll(f, 2, -1) > 0 && f[0].revents;
}

static bool read_all(struct rtmp_server *s, uint8_t *data, size_t size)
{
	while (size > 0) {
		ssize_t n = ready(s, s->fd) ? recv(s->fd, data, size, 0) : 0;

		if (n <= 0)
			return false;
		data += n;
		size -= (size_t) n;
	}
	return true;
}

static void say(struct rtmp_server *s, uint8_t type, uint32_t stream, const void *data, size_t size)
{
	const struct chunk_message m = { .type = type, .stream = stream, .size = size };
	struct chunk_out *o = &s->out;
	const uint8_t *p = data;

	chunk_out_init(o);
	chunk_out_begin(o, &m);
	while (size > 0) {
		size_t n = chunk_out_put(o, p, size);

		p += n;
		size -= n;
	}
	for (size_t i = 0; i < o->n; i++)
		(void) !send(s->fd, o->piece[i].iov_base, o->piece[i].iov_len, MSG_NOSIGNAL);
}

static void say_command(struct rtmp_server *s, const struct amf0_writer *w)
{
	say(s, CHUNK_COMMAND, 0, w->data, w->size);
}

static void put_member(struct amf0_writer *w, const char *name, const char *text)
{
	amf0_put_name(w, name);
	amf0_put_string(w, text);
}

static void say_status(struct rtmp_server *s, const char *name, double number, const char *level,
	const char *code, const char *words)
{
	uint8_t data[1024];
	struct amf0_writer w = { .data = data, .room = sizeof(data) };

	amf0_put_string(&w, name);
	amf0_put_number(&w, number);
	amf0_put_null(&w);
	amf0_begin_object(&w);
	put_member(&w, "level", level);
	put_member(&w, "code", code);
	put_member(&w, "description", words);
	if (s->redirect) {
		amf0_put_name(&w, "ex");
		amf0_begin_object(&w);
		amf0_put_name(&w, "code");
		amf0_put_number(&w, 302);
		put_member(&w, "redirect", s->redirect);
		amf0_end(&w);
	}
	amf0_end(&w);
	say_command(s, &w);
}

static void say_created(struct rtmp_server *s, double number)
{
	uint8_t data[64];
	struct amf0_writer w = { .data = data, .room = sizeof(data) };

	amf0_put_string(&w, "_result");
	amf0_put_number(&w, number);
	amf0_put_null(&w);
	amf0_put_number(&w, 7);
	say_command(s, &w);
}

static void say_more(struct rtmp_server *s)
{
	static const uint8_t window[] = { 0, 0, 0, WINDOW }, bandwidth[] = { 0, 0, 64, 0, 2 },
			     ping[] = { 0, 6, 1, 2, 3, 4 };
	uint8_t data[64];
	struct amf0_writer w = { .data = data, .room = sizeof(data) };

	say(s, CHUNK_WINDOW, 0, window, sizeof(window));
	say(s, CHUNK_BANDWIDTH, 0, bandwidth, sizeof(bandwidth));
	say(s, CHUNK_USER_CONTROL, 0, ping, sizeof(ping));
	amf0_put_string(&w, "onBWDone");
	amf0_put_number(&w, 0);
	amf0_put_null(&w);
	say_command(s, &w);
}

static void copy_text(const struct amf0_reader *object, const char *name, char *ret, size_t size)
{
	struct amf0_reader value;
	struct amf0_text text;

	if (amf0_find(object, name, &value) && amf0_string(&value, &text))
		snprintf(ret, size, "%.*s", (int) text.size, text.data);
}

static int on_connect(struct rtmp_server *s, const struct amf0_reader *r)
{
	copy_text(r, "app", s->seen.app, sizeof(s->seen.app));
	copy_text(r, "tcUrl", s->seen.tc_url, sizeof(s->seen.tc_url));
	switch (s->kind) {
	case RTMP_SERVER_LEAVES:
		return -1;
	case RTMP_SERVER_GARBAGE:
		(void) !send(s->fd, "\xff\xfe\xfd garbage that goes on and on", 30, MSG_NOSIGNAL);
		return 0;
	case RTMP_SERVER_HUGE:
		(void) !send(s->fd, "\x03\0\0\0\xff\xff\xff\x14\0\0\0\0", 12, MSG_NOSIGNAL);
		return 0;
	case RTMP_SERVER_NO_APP:
	case RTMP_SERVER_REDIRECTS:
		say_status(s, "_error", 1, "error", "NetConnection.Connect.Rejected", "not\nhere");
		return 0;
	case RTMP_SERVER_TAKES:
		say_more(s);
		break;
	case RTMP_SERVER_BUSY:
	case RTMP_SERVER_KICKS:
	case RTMP_SERVER_CLOSES:
	case RTMP_SERVER_WEB:
		break;
	}
	say_status(s, "_result", 1, "status", "NetConnection.Connect.Success", "");
	return 0;
}

static int on_publish(struct rtmp_server *s)
{
	if (s->kind == RTMP_SERVER_BUSY)
		say_status(s, "onStatus", 0, "error", "NetStream.Publish.BadName",
			"stream s3cret?token=t0ken is \xff busy: t0ken");
	else
		say_status(s, "onStatus", 0, "status", "NetStream.Publish.Start", "");
	return 0;
}

static int on_command(struct rtmp_server *s, const struct chunk_message *m)
{
	struct amf0_reader r = { m->payload, m->payload + m->size };
	struct amf0_text name, stream = { 0 };
	double number = 0;

	if (!amf0_string(&r, &name) || !amf0_number(&r, &number))
		return -1;
	if (amf0_text_is(name, "connect"))
		return on_connect(s, &r);
	(void) amf0_skip(&r);
	(void) amf0_string(&r, &stream);
	s->seen.unpublished |= amf0_text_is(name, "FCUnpublish");
	s->seen.deleted |= amf0_text_is(name, "deleteStream");
	s->seen.checks += amf0_text_is(name, "_checkbw");
	if (amf0_text_is(name, "releaseStream"))
		say_status(s, "_error", number, "error", "NetConnection.Call.Failed", "");
	if (amf0_text_is(name, "createStream"))
		say_created(s, number);
	if (!amf0_text_is(name, "publish"))
		return 0;
	snprintf(s->seen.stream, sizeof(s->seen.stream), "%.*s", (int) stream.size, stream.data);
	return m->stream == 7 ? on_publish(s) : -1;
}

static int on_message(void *userdata, const struct chunk_message *m)
{
	struct rtmp_server *s = userdata;

	switch (m->type) {
	case CHUNK_COMMAND:
		return on_command(s, m);
	case CHUNK_DATA:
		s->seen.metadata = true;
		return 0;
	case CHUNK_WINDOW:
		s->seen.windows++;
		return 0;
	case CHUNK_ACK:
		s->seen.acks++;
		return 0;
	case CHUNK_USER_CONTROL:
		s->seen.pongs += m->size == 6 && memcmp(m->payload, "\0\7\1\2\3\4", 6) == 0;
		return 0;
	case CHUNK_VIDEO:
	case CHUNK_AUDIO:
		s->seen.pictures += m->type == CHUNK_VIDEO;
		s->seen.blocks += m->type == CHUNK_AUDIO;
		s->seen.sum = rtmp_server_sum(s->seen.sum, m->payload, m->size);
		if (s->kind == RTMP_SERVER_KICKS)
			say_status(s, "onStatus", 0, "error", "NetStream.Publish.Kicked",
				"by the operator");
		return s->kind == RTMP_SERVER_KICKS || s->kind == RTMP_SERVER_CLOSES ? -1 : 0;
	default:
		return 0;
	}
}

static void serve(struct rtmp_server *s)
{
	uint8_t hello[1 + HANDSHAKE], data[4096];
	struct chunk_in *c = NULL;
	int r;

	s->seen.sessions++;
	if (s->kind == RTMP_SERVER_WEB) {
		(void) !send(s->fd, "HTTP/1.1 400 Bad Request\r\n\r\n", 28, MSG_NOSIGNAL);
		(void) read_all(s, hello, sizeof(hello));
		return;
	}
	if (!read_all(s, hello, sizeof(hello)))
		return;
	(void) !send(s->fd, hello, sizeof(hello), MSG_NOSIGNAL);
	(void) !send(s->fd, hello + 1, HANDSHAKE, MSG_NOSIGNAL);
	if (!read_all(s, hello, HANDSHAKE))
		return;
	r = chunk_in_new(&c);
	while (r >= 0 && ready(s, s->fd)) {
		ssize_t n = recv(s->fd, data, sizeof(data), 0);

		s->seen.ended |= n == 0;
		r = n > 0 ? chunk_in_feed(c, data, (size_t) n, on_message, s) : -1;
	}
	chunk_in_free(c);
}

static void *run(void *arg)
{
	struct rtmp_server *s = arg;

	while (ready(s, s->listen_fd)) {
		int one = 1;

		s->fd = accept(s->listen_fd, NULL, NULL);
		if (s->fd < 0)
			continue;
		(void) setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		serve(s);
		close(s->fd);
	}
	return NULL;
}

struct rtmp_server *rtmp_server_new(enum rtmp_server_kind kind, const char *redirect)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct rtmp_server *s = calloc(1, sizeof(*s));
	socklen_t size = sizeof(a);

	s->kind = kind;
	s->redirect = redirect;
	s->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	s->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (bind(s->listen_fd, (struct sockaddr *) &a, size) < 0 || listen(s->listen_fd, 8) < 0 ||
		getsockname(s->listen_fd, (struct sockaddr *) &a, &size) < 0)
		abort();
	snprintf(s->url, sizeof(s->url), "rtmp://127.0.0.1:%d/live", ntohs(a.sin_port));
	if (redirect && !redirect[0])
		s->redirect = s->url;
	if (pthread_create(&s->thread, NULL, run, s) != 0)
		abort();
	return s;
}

const char *rtmp_server_url(const struct rtmp_server *s)
{
	return s->url;
}

void rtmp_server_end(struct rtmp_server *s, struct rtmp_server_seen *ret)
{
	uint64_t one = 1;

	(void) !write(s->stop_fd, &one, sizeof(one));
	pthread_join(s->thread, NULL);
	*ret = s->seen;
	close(s->listen_fd);
	close(s->stop_fd);
	free(s);
}
