/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A client of a server in the same thread: what it waits for is waited for in the server's loop. */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "common/loop.h"
#include "common/usec.h"

#define CLIENT_PATIENCE (10 * USEC_PER_SEC) /* a test that waits this long has failed */

struct client {
	struct loop *loop;
	int fd;
	char text[1 << 18]; /* all that came */
	size_t size;
	bool closed;
};

/* One turn of the loop, which waits for as much as a millisecond. */
static inline void client_turn(struct loop *l)
{
	(void) sd_event_run(loop_event(l), 1000);
}

static inline void client_connect(struct client *c, struct loop *l, const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	c->loop = l;
	c->size = 0;
	c->text[0] = '\0';
	c->closed = false;
	snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (connect(c->fd, (struct sockaddr *) &un, sizeof(un)) < 0)
		c->closed = true;
}

static inline void client_close(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

/* False: the other side does not take it. */
static inline bool client_send(struct client *c, const void *data, size_t size)
{
	uint64_t until = usec_now() + CLIENT_PATIENCE;
	const char *p = data;

	while (size > 0 && usec_now() < until) {
		ssize_t n = send(c->fd, p, size, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN)
			return false;
		if (n > 0) {
			p += n;
			size -= (size_t) n;
		}
		client_turn(c->loop);
	}
	return size == 0;
}

static inline bool client_say(struct client *c, const char *text)
{
	return client_send(c, text, strlen(text));
}

/* Reads what is there. */
static inline void client_read(struct client *c)
{
	ssize_t n = recv(c->fd, c->text + c->size, sizeof(c->text) - 1 - c->size, 0);

	if (n == 0 || (n < 0 && errno != EAGAIN))
		c->closed = true;
	if (n > 0)
		c->size += (size_t) n;
	c->text[c->size] = '\0';
}

/* Until the text has come; false: it did not, or the other side hung up before. */
static inline bool client_expect(struct client *c, const char *text)
{
	uint64_t until = usec_now() + CLIENT_PATIENCE;

	for (;;) {
		client_read(c);
		if (memmem(c->text, c->size, text, strlen(text)))
			return true;
		if (c->closed || usec_now() >= until)
			return false;
		client_turn(c->loop);
	}
}

/* Until the other side hangs up. */
static inline bool client_expect_end(struct client *c)
{
	uint64_t until = usec_now() + CLIENT_PATIENCE;

	while (!c->closed && usec_now() < until) {
		client_turn(c->loop);
		client_read(c);
	}
	return c->closed;
}

/* Forgets what came. */
static inline void client_forget(struct client *c)
{
	c->size = 0;
	c->text[0] = '\0';
}
