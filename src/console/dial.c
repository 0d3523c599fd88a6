/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "console/dial.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-event.h>

#include "common/loop.h"
#include "common/usec.h"

#define ANSWER_USEC (5 * USEC_PER_SEC)

struct dial {
	int fd;
	sd_event_source *io, *timer;
	char *head; /* what is still to be sent of it: from begin on */
	size_t begin, size;
	char answer[DIAL_HEAD_MAX + 1]; /* with an end for string functions */
	size_t n, head_size;            /* head_size: with its empty line */
	unsigned status;
	void (*done)(int error, void *userdata);
	void *userdata;
};

static void finish(struct dial *d, int error)
{
	(void) sd_event_source_set_enabled(d->io, SD_EVENT_OFF);
	(void) sd_event_source_set_enabled(d->timer, SD_EVENT_OFF);
	d->done(error, d->userdata);
}

/* -EAGAIN: not all of it is sent yet. */
static int send_head(struct dial *d)
{
	while (d->begin < d->size) {
		ssize_t n = send(d->fd, d->head + d->begin, d->size - d->begin, MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? -EAGAIN : -ECONNREFUSED;
		d->begin += (size_t) n;
	}
	return 0;
}

/* "HTTP/1.1 101 …". */
static int parse_status(struct dial *d)
{
	const char *s = d->answer;

	if (strncmp(s, "HTTP/1.", 7) != 0 || strspn(s + 7, "01") != 1 || s[8] != ' ' ||
		strspn(s + 9, "0123456789") != 3 || (s[12] != ' ' && s[12] != '\r'))
		return -EPROTO;
	d->status = (unsigned) atoi(s + 9);
	return 0;
}

/* -EAGAIN: not all of it is there yet. */
static int read_answer(struct dial *d)
{
	ssize_t n = read(d->fd, d->answer + d->n, DIAL_HEAD_MAX - d->n);
	char *end;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? -EAGAIN : -ECONNREFUSED;
	if (n == 0)
		return d->n == 0 ? -ECONNREFUSED : -EPROTO;
	d->n += (size_t) n;
	d->answer[d->n] = '\0';
	end = memmem(d->answer, d->n, "\r\n\r\n", 4);
	if (!end)
		return d->n < DIAL_HEAD_MAX ? -EAGAIN : -EPROTO;
	d->head_size = (size_t) (end + 4 - d->answer);
	return memchr(d->answer, '\0', d->head_size) ? -EPROTO : parse_status(d);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct dial *d = userdata;
	int r = send_head(d);

	(void) fd;
	(void) revents;
	if (r == 0) {
		(void) sd_event_source_set_io_events(source, EPOLLIN);
		r = read_answer(d);
	}
	if (r != -EAGAIN)
		finish(d, r);
	return 0;
}

static int on_late(sd_event_source *source, uint64_t due, void *userdata)
{
	(void) source;
	(void) due;
	finish(userdata, -ETIMEDOUT);
	return 0;
}

/* Nobody there, or no room to wait, is an error at once; a Unix socket knows nothing in between. */
static int connect_to(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	_cleanup_(closep) int fd = -1;

	if (strlen(path) >= sizeof(a.sun_path))
		return -ENAMETOOLONG;
	memcpy(a.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *) &a, sizeof(a)) < 0)
		return -ECONNREFUSED;
	return TAKE_FD(fd);
}

int dial_new(struct dial **ret, struct loop *loop, const char *socket, const char *head,
	void (*done)(int error, void *userdata), void *userdata)
{
	_cleanup_(dial_freep) struct dial *d = NULL;
	int r;

	if (strlen(head) > DIAL_HEAD_MAX)
		return -E2BIG;
	d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	d->done = done;
	d->userdata = userdata;
	d->size = strlen(head);
	d->head = strdup(head);
	d->fd = connect_to(socket);
	if (d->fd < 0)
		return d->fd;
	if (!d->head)
		return -ENOMEM;
	r = sd_event_add_io(loop_event(loop), &d->io, d->fd, EPOLLIN | EPOLLOUT, on_io, d);
	if (r >= 0)
		r = sd_event_add_time(loop_event(loop), &d->timer, CLOCK_MONOTONIC,
			usec_now() + ANSWER_USEC, 10 * USEC_PER_MSEC, on_late, d);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(d);
	return 0;
}

struct dial *dial_free(struct dial *d)
{
	if (!d)
		return NULL;
	sd_event_source_disable_unref(d->io);
	sd_event_source_disable_unref(d->timer);
	closep(&d->fd);
	free(d->head);
	free(d);
	return NULL;
}

unsigned dial_status(const struct dial *d)
{
	return d->status;
}

const char *dial_header(const struct dial *d, const char *name, char *buf, size_t size)
{
	const size_t n = strlen(name);
	const char *end = d->answer + d->head_size - 2;

	for (const char *line = strstr(d->answer, "\r\n"); line && line < end;
		line = strstr(line, "\r\n")) {
		const char *value;
		size_t length;

		line += 2;
		if (strncasecmp(line, name, n) != 0 || line[n] != ':')
			continue;
		value = line + n + 1 + strspn(line + n + 1, " \t");
		length = strcspn(value, "\r\n");
		if (length >= size)
			return NULL;
		memcpy(buf, value, length);
		buf[length] = '\0';
		return buf;
	}
	return NULL;
}

int dial_take(struct dial *d, const void **ret_early, size_t *ret_size)
{
	d->io = sd_event_source_disable_unref(d->io);
	*ret_early = d->answer + d->head_size;
	*ret_size = d->n - d->head_size;
	return TAKE_FD(d->fd);
}
