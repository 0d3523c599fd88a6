/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/webpeer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUESTS_MAX 4096
#define REQUEST_MAX 8192
#define FILLERS_MAX 8

struct webpeer {
	int listen_fd, stop_fd, port;
	int fillers[FILLERS_MAX], n_fillers;
	pthread_t thread;
	atomic_int mode;
	pthread_mutex_t lock;
	/* protected by lock */
	char *requests[REQUESTS_MAX];
	int n;
};

static const char *const answers[] = {
	[WEBPEER_OK] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
	[WEBPEER_BUSY] = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
	[WEBPEER_LATER] = "HTTP/1.1 429 Later\r\nRetry-After: 1\r\nContent-Length: 0\r\n"
			  "Connection: close\r\n\r\n",
	[WEBPEER_REFUSES] = "HTTP/1.1 404 No\r\nConnection: close\r\n\r\n"
			    "{\"ok\":false,\"error_code\":404,\"description\":\"Not\\nFound\"}",
	[WEBPEER_ECHOES] = NULL,
	[WEBPEER_REDIRECTS] = "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n"
			      "Connection: close\r\n\r\n",
	[WEBPEER_SILENT] = NULL,
	[WEBPEER_RESETS] = NULL,
	[WEBPEER_RUBBISH] = "\x15\x03\x01 what?\r\n\r\n",
	[WEBPEER_FLOODS] = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
	[WEBPEER_HEADERS] = "HTTP/1.1 200 OK\r\n",
	[WEBPEER_DEAD] = NULL,
	[WEBPEER_FULL] = NULL,
};

/* True while the peer shall go on and the socket is readable. */
static bool readable(struct webpeer *p, int fd)
{
	struct pollfd f[2] = { { .fd = fd, .events = POLLIN },
		{ .fd = p->stop_fd, .events = POLLIN } };

	return poll(f, 2, -1) > 0 && !f[1].revents;
}

static size_t length_of(const char *request)
{
	const char *end = strstr(request, "\r\n\r\n");
	const char *length = strstr(request, "Content-Length: ");

	return end && length ? (size_t) (end + 4 - request) + (size_t) atoi(length + 16) : SIZE_MAX;
}

/* A whole request, or NULL. */
static char *read_request(struct webpeer *p, int fd)
{
	char *text = calloc(1, REQUEST_MAX + 1);
	size_t size = 0;

	while (size < REQUEST_MAX && size < length_of(text) && readable(p, fd)) {
		ssize_t n = recv(fd, text + size, REQUEST_MAX - size, 0);

		if (n <= 0)
			break;
		size += (size_t) n;
	}
	if (size >= length_of(text))
		return text;
	free(text);
	return NULL;
}

static void keep(struct webpeer *p, char *request)
{
	pthread_mutex_lock(&p->lock);
	if (p->n < REQUESTS_MAX)
		p->requests[p->n++] = request;
	else
		abort();
	pthread_mutex_unlock(&p->lock);
}

static void say(int fd, const char *text)
{
	(void) !send(fd, text, strlen(text), MSG_NOSIGNAL);
}

/* Until the other side has had enough. */
static void flood(int fd, const char *text)
{
	while (send(fd, text, strlen(text), MSG_NOSIGNAL) > 0)
		;
}

/* Every second time with other characters, and not all of it. */
static void echo(int fd, const char *request, bool odd)
{
	const char *path = strchr(request, ' ') + 1, *colon = strchr(path, ':');
	int size = (int) strcspn(path, " "), head = colon ? (int) (colon - path) : 0;
	char text[512];

	if (odd && colon)
		snprintf(text, sizeof(text),
			"HTTP/1.1 403 No\r\nConnection: close\r\n\r\n"
			"{\"description\":\"no %.*s%%3A%.12s\"}",
			head, path, colon + 1);
	else
		snprintf(text, sizeof(text),
			"HTTP/1.1 404 No\r\nConnection: close\r\n\r\n"
			"{\"description\":\"no %.*s\"}",
			size, path);
	say(fd, text);
}

static void answer(struct webpeer *p, int fd, enum webpeer_mode mode)
{
	struct linger hard = { .l_onoff = 1, .l_linger = 0 };
	char byte;

	if (answers[mode])
		say(fd, answers[mode]);
	if (mode == WEBPEER_RESETS)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	if (mode == WEBPEER_SILENT)
		while (readable(p, fd) && recv(fd, &byte, 1, 0) > 0)
			;
	if (mode == WEBPEER_FLOODS)
		flood(fd, "0123456789012345678901234567890123456789012345678901234567890123");
	if (mode == WEBPEER_HEADERS)
		flood(fd, "X-More: 0123456789012345678901234567890123456789012345678901234\r\n");
}

static void *peer_main(void *arg)
{
	struct webpeer *p = arg;

	while (readable(p, p->listen_fd)) {
		int fd = accept(p->listen_fd, NULL, NULL);
		char *request;

		if (fd < 0)
			continue;
		request = read_request(p, fd);
		if (request) {
			enum webpeer_mode mode = (enum webpeer_mode) atomic_load(&p->mode);

			keep(p, request);
			answer(p, fd, mode);
			if (mode == WEBPEER_ECHOES)
				echo(fd, request, webpeer_count(p) % 2 == 0);
		}
		close(fd);
	}
	return NULL;
}

static void start(struct webpeer *p)
{
	if (listen(p->listen_fd, 16) < 0 || pthread_create(&p->thread, NULL, peer_main, p) != 0)
		abort();
}

/* Takes every place in the queue of those who wait to be accepted, which nobody is. */
static void fill(struct webpeer *p, const struct sockaddr_in *a)
{
	if (listen(p->listen_fd, 0) < 0)
		abort();
	while (p->n_fillers < FILLERS_MAX) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		struct pollfd f = { .fd = fd, .events = POLLOUT };

		(void) !connect(fd, (const struct sockaddr *) a, sizeof(*a));
		p->fillers[p->n_fillers++] = fd;
		if (poll(&f, 1, 20) == 0)
			return;
	}
}

static bool is_alive(int mode)
{
	return mode != WEBPEER_DEAD && mode != WEBPEER_FULL;
}

struct webpeer *webpeer_new(enum webpeer_mode mode)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct webpeer *p = calloc(1, sizeof(*p));
	socklen_t size = sizeof(a);

	pthread_mutex_init(&p->lock, NULL);
	atomic_init(&p->mode, mode);
	p->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	p->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (bind(p->listen_fd, (struct sockaddr *) &a, sizeof(a)) < 0 ||
		getsockname(p->listen_fd, (struct sockaddr *) &a, &size) < 0)
		abort();
	p->port = ntohs(a.sin_port);
	/* Bound but not listening: nobody else gets the port, and connects are refused. */
	if (mode == WEBPEER_FULL)
		fill(p, &a);
	if (is_alive(mode))
		start(p);
	return p;
}

void webpeer_set(struct webpeer *p, enum webpeer_mode mode)
{
	if (atomic_exchange(&p->mode, (int) mode) == WEBPEER_DEAD)
		start(p);
}

void webpeer_free(struct webpeer *p)
{
	uint64_t one = 1;

	(void) !write(p->stop_fd, &one, sizeof(one));
	if (is_alive(atomic_load(&p->mode)))
		pthread_join(p->thread, NULL);
	for (int i = 0; i < p->n_fillers; i++)
		close(p->fillers[i]);
	for (int i = 0; i < p->n; i++)
		free(p->requests[i]);
	close(p->listen_fd);
	close(p->stop_fd);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

int webpeer_port(const struct webpeer *p)
{
	return p->port;
}

int webpeer_count(struct webpeer *p)
{
	int n;

	pthread_mutex_lock(&p->lock);
	n = p->n;
	pthread_mutex_unlock(&p->lock);
	return n;
}

const char *webpeer_request(struct webpeer *p, int i)
{
	const char *request;

	pthread_mutex_lock(&p->lock);
	request = i >= 0 && i < p->n ? p->requests[i] : NULL;
	pthread_mutex_unlock(&p->lock);
	return request;
}

const char *webpeer_body(struct webpeer *p, int i)
{
	const char *request = webpeer_request(p, i);

	return request ? strstr(request, "\r\n\r\n") + 4 : "";
}

const char *webpeer_header(struct webpeer *p, int i, const char *name, char *buf, size_t size)
{
	const char *request = webpeer_request(p, i), *found;
	char key[64];

	snprintf(key, sizeof(key), "\r\n%s: ", name);
	found = request ? strstr(request, key) : NULL;
	*buf = '\0';
	if (found) {
		found += strlen(key);
		snprintf(buf, size, "%.*s", (int) strcspn(found, "\r"), found);
	}
	return buf;
}
