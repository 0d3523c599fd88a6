/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files, pipes and sockets of a peer who reads, reads slowly, does not read, or has gone. */
#include "streamer/peer-file.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "common/usec.h"
#include "tests/tap.h"

#define SIZE ((size_t) 300000)
#define LIMIT (10 * USEC_PER_SEC)

static uint8_t data[SIZE];

/* A stage that does the writing. */
struct writer {
	struct stage stage;
	int fd;
	uint64_t wait_usec;
	int result;
};

static void run(void *userdata)
{
	struct writer *w = userdata;

	w->result = peer_file_write(w->fd, data, SIZE, &w->stage, usec_now() + w->wait_usec);
	close(w->fd);
}

static void begin(struct writer *w, int fd, uint64_t wait_usec)
{
	*w = (struct writer){ .stage = STAGE_NULL, .fd = fd, .wait_usec = wait_usec };
	if (stage_start(&w->stage, "writer", run, w) < 0)
		abort();
}

static int end(struct writer *w)
{
	if (stage_join(&w->stage, usec_now() + LIMIT) < 0)
		return -EDEADLK;
	stage_deinit(&w->stage);
	return w->result;
}

/* Is what comes out of it what went in? Closes fd. */
static bool reads_all(int fd)
{
	static uint8_t buf[SIZE + 1];
	size_t size = 0;
	ssize_t n;

	while ((n = read(fd, buf + size, sizeof(buf) - size)) > 0)
		size += (size_t) n;
	close(fd);
	return size == SIZE && memcmp(buf, data, SIZE) == 0;
}

static void test_pair(const char *what, int out, int in)
{
	struct writer w;
	bool whole;

	begin(&w, out, LIMIT);
	whole = reads_all(in);
	ok(end(&w) == 0 && whole, "%s: all of it comes out", what);
}

static void test_full(const char *what, int out, int in)
{
	struct writer w;

	begin(&w, out, 50 * USEC_PER_MSEC);
	ok(end(&w) == -ETIMEDOUT, "%s that nobody reads: in time", what);
	close(in);
}

static void test_stopped(int out, int in)
{
	struct writer w;

	begin(&w, out, 3600 * USEC_PER_SEC);
	stage_stop(&w.stage);
	ok(end(&w) == -ECANCELED, "told to end, it does");
	close(in);
}

static void make_pipe(int fds[2])
{
	if (pipe2(fds, O_CLOEXEC) < 0)
		abort();
}

static void make_sockets(int fds[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		abort();
}

static void test_file(void)
{
	int fd = memfd_create("test", MFD_CLOEXEC), again = dup(fd);
	struct writer w;

	ok(peer_file_check(fd) == 0, "a file can be written");
	begin(&w, fd, LIMIT);
	ok(end(&w) == 0 && lseek(again, 0, SEEK_SET) == 0 && reads_all(again), "and has all of it");
}

static void test_refused(void)
{
	int fds[2], fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct writer w;

	begin(&w, fd, LIMIT);
	ok(end(&w) == -ENOTSUP, "a device is refused");
	make_pipe(fds);
	ok(peer_file_check(fds[0]) < 0 && peer_file_check(fds[1]) == 0,
		"the wrong end of a pipe as well");
	ok(peer_file_check(-1) < 0, "and what is not open");
	fd = open("/", O_PATH | O_CLOEXEC);
	ok(peer_file_check(fd) < 0, "and a mere place");
	close(fd);
	close(fds[0]);
	begin(&w, fds[1], LIMIT);
	ok(end(&w) == -EPIPE, "a pipe without a reader is told");
}

int main(void)
{
	int fds[2];

	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < SIZE; i++)
		data[i] = (uint8_t) (i * 7 + i / 251);
	test_file();
	make_pipe(fds);
	test_pair("a pipe", fds[1], fds[0]);
	make_sockets(fds);
	test_pair("a socket", fds[1], fds[0]);
	make_pipe(fds);
	test_full("a pipe", fds[1], fds[0]);
	make_sockets(fds);
	test_full("a socket", fds[1], fds[0]);
	make_pipe(fds);
	test_stopped(fds[1], fds[0]);
	test_refused();
	return tap_done();
}
