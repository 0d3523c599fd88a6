/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/peers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define HANDSHAKE 1536
#define CLIENTS 32

struct peer {
	enum peer_kind kind;
	int listen_fd, stop_fd;
	char url[64];
	pthread_t thread;
	atomic_int accepted;
};

/* False when the peer shall end. */
static bool pause_msec(struct peer *p, int msec)
{
	struct pollfd f = { .fd = p->stop_fd, .events = POLLIN };

	return poll(&f, 1, msec) == 0;
}

static bool read_all(struct peer *p, int fd, size_t size)
{
	struct pollfd f[2] = { { .fd = fd, .events = POLLIN },
		{ .fd = p->stop_fd, .events = POLLIN } };
	char buf[4096];

	while (size > 0) {
		ssize_t n;

		if (poll(f, 2, -1) < 0 || f[1].revents)
			return false;
		n = recv(fd, buf, size < sizeof(buf) ? size : sizeof(buf), 0);
		if (n <= 0)
			return false;
		size -= (size_t) n;
	}
	return true;
}

/* The replies a publisher waits for (Adobe's RTMP specification 1.0, sections 5.2 and 7.2):
 * handshake, a result for connect, one for createStream, and the status that publishing has begun.
 * What the client sends meanwhile stays unread. */
static void speak(struct peer *p, int fd)
{
	static const char connected[] = "\x03\x00\x00\x00\x00\x00\x18\x14\x00\x00\x00\x00"
					"\x02\x00\x07_result\x00\x3f\xf0\x00\x00\x00\x00\x00\x00"
					"\x05\x03\x00\x00\x09";
	static const char created[] = "\x03\x00\x00\x00\x00\x00\x1d\x14\x00\x00\x00\x00"
				      "\x02\x00\x07_result\x00\x40\x10\x00\x00\x00\x00\x00\x00"
				      "\x05\x00\x3f\xf0\x00\x00\x00\x00\x00\x00";
	static const char status[] = "\x03\x00\x00\x00\x00\x00\x39\x14\x01\x00\x00\x00"
				     "\x02\x00\x08onStatus\x00\x00\x00\x00\x00\x00\x00\x00\x00"
				     "\x05\x03\x00\x04"
				     "code\x02\x00\x17NetStream.Publish.Start\x00\x00\x09";
	uint8_t reply[1 + 2 * HANDSHAKE] = { 3 };
	int small = 4096;

	if (p->kind == PEER_SPEAKS)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	if (!read_all(p, fd, 1 + HANDSHAKE))
		return;
	if (send(fd, reply, sizeof(reply), MSG_NOSIGNAL) < 0 || !read_all(p, fd, HANDSHAKE))
		return;
	(void) !send(fd, connected, sizeof(connected) - 1, MSG_NOSIGNAL);
	(void) !send(fd, created, sizeof(created) - 1, MSG_NOSIGNAL);
	(void) !send(fd, status, sizeof(status) - 1, MSG_NOSIGNAL);
}

static void serve(struct peer *p, int fd, int *kept)
{
	struct linger hard = { .l_onoff = 1, .l_linger = 0 };
	int small = 1024;
	char byte;

	if (p->kind == PEER_SPEAKS || p->kind == PEER_LISTENS)
		speak(p, fd);
	if (p->kind == PEER_LISTENS)
		(void) read_all(p, fd, SIZE_MAX);
	if (p->kind == PEER_RESETS) {
		(void) pause_msec(p, 20);
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	}
	if (p->kind == PEER_CRAWLS) {
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
		while (pause_msec(p, 50) && recv(fd, &byte, 1, MSG_DONTWAIT) != 0)
			;
	}
	if (p->kind == PEER_RESETS || p->kind == PEER_CRAWLS)
		close(fd);
	else
		*kept = fd;
}

static void *peer_main(void *arg)
{
	struct peer *p = arg;
	struct pollfd f[2] = { { .fd = p->listen_fd, .events = POLLIN },
		{ .fd = p->stop_fd, .events = POLLIN } };
	int kept[CLIENTS], n = 0;

	memset(kept, -1, sizeof(kept));
	while (n < CLIENTS && poll(f, 2, -1) > 0 && !f[1].revents) {
		int fd = accept(p->listen_fd, NULL, NULL);

		if (fd < 0)
			continue;
		atomic_fetch_add(&p->accepted, 1);
		serve(p, fd, &kept[n]);
		n += kept[n] >= 0;
	}
	for (int i = 0; i < n; i++)
		close(kept[i]);
	return NULL;
}

struct peer *peer_new(enum peer_kind kind)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct peer *p = calloc(1, sizeof(*p));
	socklen_t size = sizeof(a);

	p->kind = kind;
	p->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	p->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (bind(p->listen_fd, (struct sockaddr *) &a, sizeof(a)) < 0 ||
		getsockname(p->listen_fd, (struct sockaddr *) &a, &size) < 0)
		abort();
	snprintf(p->url, sizeof(p->url), "rtmp://127.0.0.1:%d/live/key", ntohs(a.sin_port));
	/* Bound but not listening: nobody else gets the port, and connects are refused. */
	if (kind == PEER_REFUSES)
		return p;
	if (listen(p->listen_fd, 8) < 0 || pthread_create(&p->thread, NULL, peer_main, p) != 0)
		abort();
	return p;
}

const char *peer_url(const struct peer *p)
{
	return p->url;
}

int peer_accepted(struct peer *p)
{
	return atomic_load(&p->accepted);
}

void peer_free(struct peer *p)
{
	uint64_t one = 1;

	(void) !write(p->stop_fd, &one, sizeof(one));
	if (p->kind != PEER_REFUSES)
		pthread_join(p->thread, NULL);
	close(p->listen_fd);
	close(p->stop_fd);
	free(p);
}
