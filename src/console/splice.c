/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "console/splice.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>

#include "common/loop.h"

/* Bytes on their way to the other side. */
struct flow {
	char *buffer;
	size_t begin, end;
	bool over; /* nothing more comes */
};

struct end {
	struct splice *splice;
	struct end *other;
	int fd;
	sd_event_source *source;
	struct flow in; /* from here to the other */
};

struct splice {
	struct end ends[2];
	void (*gone)(void *userdata);
	void *userdata;
};

static size_t waiting(const struct flow *f)
{
	return f->end - f->begin;
}

static bool must_wait(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

/* Once a turn, so that one busy pair does not keep the others waiting. false: it has broken. */
static bool fill(struct end *e)
{
	struct flow *f = &e->in;
	ssize_t n;

	if (f->begin > 0) {
		memmove(f->buffer, f->buffer + f->begin, waiting(f));
		f->end -= f->begin;
		f->begin = 0;
	}
	if (f->over || f->end == SPLICE_BUFFER)
		return true;
	n = read(e->fd, f->buffer + f->end, SPLICE_BUFFER - f->end);
	if (n < 0)
		return must_wait(errno);
	f->end += (size_t) n;
	f->over = n == 0;
	return true;
}

/* What the other side has sent, to here. */
static bool drain(struct end *e)
{
	struct flow *f = &e->other->in;
	ssize_t n;

	while (waiting(f) > 0) {
		n = send(e->fd, f->buffer + f->begin, waiting(f), MSG_NOSIGNAL);
		if (n < 0)
			return must_wait(errno);
		f->begin += (size_t) n;
	}
	return true;
}

/* Neither of the protocols that are spliced goes on when one side has said its last word. */
static bool is_through(const struct flow *f)
{
	return f->over && waiting(f) == 0;
}

static void listen_for(struct end *e)
{
	uint32_t events = 0;

	if (!e->in.over && waiting(&e->in) < SPLICE_BUFFER)
		events |= EPOLLIN;
	if (waiting(&e->other->in) > 0)
		events |= EPOLLOUT;
	(void) sd_event_source_set_io_events(e->source, events);
	/* One that hung up is told of again and again, wanted or not. */
	(void) sd_event_source_set_enabled(e->source, events ? SD_EVENT_ON : SD_EVENT_OFF);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct end *e = userdata;
	struct splice *s = e->splice;
	bool good = true;

	(void) source;
	(void) fd;
	if (revents & (EPOLLIN | EPOLLHUP | EPOLLERR))
		good = fill(e);
	/* What has come may be taken at once; else it waits for room there. */
	if (good)
		good = drain(e->other);
	if (good && (revents & (EPOLLOUT | EPOLLHUP | EPOLLERR)))
		good = drain(e);
	if (!good || is_through(&s->ends[0].in) || is_through(&s->ends[1].in)) {
		for (int i = 0; i < 2; i++)
			(void) sd_event_source_set_enabled(s->ends[i].source, SD_EVENT_OFF);
		s->gone(s->userdata);
		return 0;
	}
	listen_for(e);
	listen_for(e->other);
	return 0;
}

static int set_up(
	struct splice *s, struct end *e, struct loop *loop, const struct splice_side *side)
{
	int lowat = SPLICE_BUFFER, r;

	e->fd = side->fd;
	e->in.buffer = malloc(SPLICE_BUFFER);
	if (!e->in.buffer)
		return -ENOMEM;
	if (side->early_size > SPLICE_BUFFER)
		return -E2BIG;
	if (side->early_size > 0)
		memcpy(e->in.buffer, side->early, side->early_size);
	e->in.end = side->early_size;
	/* Writable means that little lies in the kernel. No harm where it is no TCP. */
	(void) setsockopt(e->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &lowat, sizeof(lowat));
	r = sd_event_add_io(loop_event(loop), &e->source, e->fd, EPOLLIN | EPOLLOUT, on_io, e);
	if (r >= 0)
		(void) sd_event_source_set_description(e->source, "splice");
	e->splice = s;
	return r;
}

int splice_new(struct splice **ret, struct loop *loop, const struct splice_side *a,
	const struct splice_side *b, void (*gone)(void *userdata), void *userdata)
{
	_cleanup_(splice_freep) struct splice *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	s->gone = gone;
	s->userdata = userdata;
	s->ends[0].other = &s->ends[1];
	s->ends[1].other = &s->ends[0];
	r = set_up(s, &s->ends[0], loop, a);
	if (r >= 0)
		r = set_up(s, &s->ends[1], loop, b);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(s);
	return 0;
}

struct splice *splice_free(struct splice *s)
{
	if (!s)
		return NULL;
	for (int i = 0; i < 2; i++) {
		sd_event_source_disable_unref(s->ends[i].source);
		free(s->ends[i].in.buffer);
	}
	free(s);
	return NULL;
}
