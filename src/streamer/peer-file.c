/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * O_NONBLOCK belongs to the open file, which the peer shares, and a pipe can be opened again by its
 * owner only. But splice() into a pipe can be told not to wait, and so can send() to a socket: so
 * what goes into a pipe goes through one of our own.
 */
#include "streamer/peer-file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/usec.h"

#define CHUNK ((size_t) 32768) /* fits into an empty pipe */

struct way {
	int fd;
	struct stage *stage;
	uint64_t until_usec;
	int pipe[2]; /* our own; -1: none */
};

int peer_file_check(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -errno;
	if (flags & O_PATH || (flags & O_ACCMODE) == O_RDONLY)
		return -EBADF;
	return 0;
}

/* Until it takes something. */
static int wait_for_room(struct way *w)
{
	struct pollfd fds[] = { { .fd = w->fd, .events = POLLOUT },
		{ .fd = w->stage->wake_fd, .events = POLLIN } };
	uint64_t now = usec_now();
	struct timespec ts;

	if (now >= w->until_usec)
		return -ETIMEDOUT;
	ts = usec_to_timespec(w->until_usec - now);
	if (ppoll(fds, ARRAY_SIZE(fds), &ts, NULL) < 0 && errno != EINTR)
		return -errno;
	if (fds[1].revents)
		stage_clear(w->stage);
	return stage_stopping(w->stage) ? -ECANCELED : 0;
}

typedef ssize_t put_fn(struct way *w, const void *data, size_t size);

static ssize_t put_plain(struct way *w, const void *data, size_t size)
{
	return write(w->fd, data, MIN(size, CHUNK));
}

static ssize_t put_socket(struct way *w, const void *data, size_t size)
{
	return send(w->fd, data, MIN(size, CHUNK), MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* What was taken into our own pipe goes to the other one before there is more. */
static ssize_t put_pipe(struct way *w, const void *data, size_t size)
{
	ssize_t n = write(w->pipe[1], data, MIN(size, CHUNK)), left, moved;
	int r = 0;

	for (left = n; left > 0 && r >= 0; left -= MAX(moved, 0)) {
		moved = splice(w->pipe[0], NULL, w->fd, NULL, (size_t) left, SPLICE_F_NONBLOCK);
		if (moved < 0 && errno != EAGAIN && errno != EINTR)
			return -1;
		if (moved <= 0)
			r = wait_for_room(w);
	}
	if (r < 0) {
		errno = -r;
		return -1;
	}
	return n;
}

static int put_all(struct way *w, put_fn *put, const void *data, size_t size)
{
	const uint8_t *p = data;
	int r = 0;

	while (size > 0 && r >= 0) {
		ssize_t n = put(w, p, size);

		if (n > 0) {
			p += n;
			size -= (size_t) n;
			r = stage_stopping(w->stage) ? -ECANCELED : 0;
		} else if (n < 0 && errno == EAGAIN) {
			r = wait_for_room(w);
		} else if (n == 0 || errno != EINTR) {
			r = n == 0 ? -EIO : -errno;
		}
	}
	return r;
}

int peer_file_write(int fd, const void *data, size_t size, struct stage *stage, uint64_t until_usec)
{
	struct way w = { .fd = fd, .stage = stage, .until_usec = until_usec, .pipe = { -1, -1 } };
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISREG(st.st_mode))
		return put_all(&w, put_plain, data, size);
	if (S_ISSOCK(st.st_mode))
		return put_all(&w, put_socket, data, size);
	if (!S_ISFIFO(st.st_mode))
		return -ENOTSUP;
	if (pipe2(w.pipe, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	r = put_all(&w, put_pipe, data, size);
	close(w.pipe[0]);
	close(w.pipe[1]);
	return r;
}
