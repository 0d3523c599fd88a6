/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtmp/wire.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "common/usec.h"

#define NEXT_USEC (250 * USEC_PER_MSEC) /* head start of an address before the next one */

/* poll(2) until a time, in which the guard may want to be asked again. Returns how many are ready.
 */
static int poll_until(struct pollfd *fds, nfds_t n, uint64_t until, const struct wire_guard *g)
{
	uint64_t now = usec_now(), wait = until > now ? until - now : 0;
	struct timespec ts = usec_to_timespec(wait);
	uint64_t count;
	int r;

	fds[n] = (struct pollfd){ .fd = g->wake_fd, .events = POLLIN };
	r = ppoll(fds, n + 1, until == USEC_INFINITY ? NULL : &ts, NULL);
	if (r < 0)
		return errno == EINTR ? 0 : -errno;
	if (r > 0 && fds[n].revents) {
		(void) !read(g->wake_fd, &count, sizeof(count));
		r--;
	}
	return r;
}

int wire_wait_until(int fd, short events, uint64_t end, const struct wire_guard *g)
{
	struct pollfd fds[2] = { { .fd = fd, .events = events } };
	int r = 0;

	while (r == 0) {
		uint64_t until = MIN(end, g->until(g->userdata));

		if (until <= usec_now())
			return -ETIMEDOUT;
		r = poll_until(fds, 1, until, g);
	}
	return MIN(r, 0);
}

int wire_wait(int fd, short events, const struct wire_guard *g)
{
	return wire_wait_until(fd, events, USEC_INFINITY, g);
}

/* Those that are being tried. */
struct dial {
	struct pollfd fds[WIRE_ADDRESSES_MAX + 1];
	nfds_t n;
	int error; /* of the last one that failed */
	int send_buffer;
};

static void begin_address(struct dial *d, const struct addrinfo *a)
{
	_cleanup_(closep) int fd = -1;
	int one = 1;

	fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
	if (fd < 0) {
		d->error = -errno;
		return;
	}
	(void) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	(void) setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &d->send_buffer, sizeof(d->send_buffer));
	if (connect(fd, a->ai_addr, a->ai_addrlen) < 0 && errno != EINPROGRESS) {
		d->error = -errno;
		return;
	}
	d->fds[d->n++] = (struct pollfd){ .fd = TAKE_FD(fd), .events = POLLOUT };
}

/* The one that is connected, or -1. Those that have failed are closed. */
static int look(struct dial *d)
{
	for (nfds_t i = 0; i < d->n;) {
		socklen_t size = sizeof(int);
		int error = 0;

		if (!d->fds[i].revents) {
			i++;
			continue;
		}
		if (getsockopt(d->fds[i].fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 &&
			error == 0)
			return TAKE_FD(d->fds[i].fd);
		d->error = -(error ? error : EIO);
		close(d->fds[i].fd);
		d->fds[i] = d->fds[--d->n];
	}
	return -1;
}

static int try_addresses(
	struct dial *d, const struct addrinfo *a, const struct wire_guard *g, int *ret)
{
	uint64_t next = 0;
	int tried = 0, fd = -1, r = 0;

	while (fd < 0 && r >= 0) {
		uint64_t until = g->until(g->userdata), now = usec_now();

		if (until <= now)
			return -ETIMEDOUT;
		if (a && tried < WIRE_ADDRESSES_MAX && (d->n == 0 || now >= next)) {
			begin_address(d, a);
			a = a->ai_next;
			tried++;
			next = now + NEXT_USEC;
			continue;
		}
		if (d->n == 0)
			return d->error;
		if (a && tried < WIRE_ADDRESSES_MAX)
			until = MIN(until, next);
		r = poll_until(d->fds, d->n, until, g);
		if (r > 0)
			fd = look(d);
	}
	if (r < 0)
		return r;
	*ret = fd;
	return 0;
}

int wire_dial(const char *host, const char *port, int send_buffer, const struct wire_guard *g,
	int *ret, char *why, size_t why_size)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP };
	struct dial d = { .send_buffer = send_buffer, .error = -EADDRNOTAVAIL };
	struct addrinfo *addresses;
	int r;

	if (g->until(g->userdata) <= usec_now())
		return -ETIMEDOUT;
	r = getaddrinfo(host, port, &hints, &addresses);
	if (r != 0) {
		snprintf(why, why_size, "cannot find the address of %s: %s", host, gai_strerror(r));
		return -EADDRNOTAVAIL;
	}
	r = try_addresses(&d, addresses, g, ret);
	for (nfds_t i = 0; i < d.n; i++)
		closep(&d.fds[i].fd);
	freeaddrinfo(addresses);
	return r;
}

int wire_push(int fd, struct chunk_out *o, const struct wire_guard *g)
{
	while (!chunk_out_empty(o)) {
		struct msghdr m = { .msg_iov = o->piece + o->done, .msg_iovlen = o->n - o->done };
		ssize_t n = sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n >= 0) {
			if (chunk_out_sent(o, (size_t) n) > 0 && g->progress)
				g->progress(g->userdata);
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

int wire_flush(int fd, struct chunk_out *o, const struct wire_guard *g)
{
	int r;

	while ((r = wire_push(fd, o, g)) == -EAGAIN) {
		r = wire_wait(fd, POLLOUT, g);
		if (r < 0)
			return r;
	}
	return r;
}

int wire_write(int fd, const void *data, size_t size, const struct wire_guard *g)
{
	const uint8_t *p = data;
	int r = 0;

	while (r == 0 && size > 0) {
		ssize_t n = send(fd, p, size, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n >= 0) {
			p += n;
			size -= (size_t) n;
		} else if (errno == EAGAIN) {
			r = wire_wait(fd, POLLOUT, g);
		} else if (errno != EINTR) {
			r = -errno;
		}
	}
	return r;
}

int wire_receive(int fd, void *data, size_t size)
{
	ssize_t n;

	do
		n = recv(fd, data, size, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	return n == 0 ? -EPIPE : (int) n;
}

bool wire_has_come(int fd)
{
	char c;

	return recv(fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || errno != EAGAIN;
}

int wire_read(int fd, void *data, size_t size, const struct wire_guard *g)
{
	uint8_t *p = data;

	while (size > 0) {
		int r = wire_receive(fd, p, size);

		if (r == 0)
			r = wire_wait(fd, POLLIN, g);
		else if (r > 0) {
			p += r;
			size -= (size_t) r;
		}
		if (r < 0)
			return r;
	}
	return 0;
}
