/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/run.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "common/cleanup.h"
#include "common/usec.h"

#define CHUNK 4096
#define LEFT_MAX 64 /* chunks that are read after its end; a pipe holds less */

struct child {
	const struct run *how;
	pid_t pid;
	int fd;     /* a pidfd */
	int output; /* -1: goes elsewhere, or has ended */
	size_t used;
};

static bool collects(const struct run *how)
{
	return how->output == RUN_WHOLE || how->output == RUN_LAST;
}

/* ---- in the child; only what may be called between fork() and exec() ---- */

/* What is ignored or blocked stays so over exec(). We ignore but one; what else is ignored, such as
 * by nohup, was meant for both. */
static void reset_signals(void)
{
	sigset_t none;

	(void) signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	(void) sigprocmask(SIG_SETMASK, &none, NULL);
}

static void redirect(const struct run *how, int output)
{
	if (how->output != RUN_OURS || how->apart)
		(void) dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
	if (how->output == RUN_SILENT)
		output = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (output >= 0)
		(void) dup2(output, STDOUT_FILENO);
	if (how->output == RUN_LAST)
		(void) dup2(output, STDERR_FILENO);
}

/* Its errno goes through the pipe when there is no such program. */
static _Noreturn void become(
	const char *const *argv, const struct run *how, int output, int failure)
{
	int error;

	if (how->apart)
		(void) setpgid(0, 0);
	redirect(how, output);
	reset_signals();
	execvp(argv[0], (char *const *) argv);
	error = errno;
	(void) !write(failure, &error, sizeof(error));
	_exit(127);
}

/* ---- what it says ---- */

static int keep_whole(struct child *c, const char *data, size_t n)
{
	if (n >= c->how->size - c->used)
		return -E2BIG;
	memcpy(c->how->text + c->used, data, n);
	c->used += n;
	return 0;
}

static void keep_last(struct child *c, const char *data, size_t n)
{
	size_t room = c->how->size - 1, keep;

	if (n > room) {
		data += n - room;
		n = room;
	}
	keep = MIN(c->used, room - n);
	memmove(c->how->text, c->how->text + c->used - keep, keep);
	memcpy(c->how->text + keep, data, n);
	c->used = keep + n;
}

static int take_output(struct child *c)
{
	char chunk[CHUNK];
	ssize_t n = read(c->output, chunk, sizeof(chunk));
	int r = 0;

	if (n < 0 && errno == EINTR)
		return 0;
	if (n <= 0) {
		closep(&c->output);
		c->output = -1;
		return 0;
	}
	if (c->how->output == RUN_WHOLE)
		r = keep_whole(c, chunk, (size_t) n);
	else
		keep_last(c, chunk, (size_t) n);
	c->how->text[c->used] = '\0';
	return r;
}

/* What was in the pipe when it ended; somebody in the background may go on writing. */
static int take_rest(struct child *c)
{
	struct pollfd fd = { .fd = c->output, .events = POLLIN };
	int r = 0;

	for (int i = 0; r == 0 && i < LEFT_MAX && c->output >= 0 && poll(&fd, 1, 0) > 0; i++)
		r = take_output(c);
	return r;
}

/* Until it has ended and what it said was read. */
static int attend(struct child *c, uint64_t until)
{
	for (;;) {
		struct pollfd fds[] = { { .fd = c->fd, .events = POLLIN },
			{ .fd = c->output, .events = POLLIN },
			{ .fd = c->how->cancel ? *c->how->cancel : -1, .events = POLLIN } };
		struct timespec ts;
		uint64_t now = usec_now();
		int r;

		ts = usec_to_timespec(until > now ? until - now : 0);
		if (ppoll(fds, ARRAY_SIZE(fds), until == USEC_INFINITY ? NULL : &ts, NULL) < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		if (fds[0].revents)
			return take_rest(c);
		if (now >= until)
			return -ETIMEDOUT;
		if (fds[2].revents)
			return -ECANCELED;
		r = fds[1].revents ? take_output(c) : 0;
		if (r < 0)
			return r;
	}
}

/* ---- its life ---- */

static int end_of(const struct child *c)
{
	int status;

	while (waitpid(c->pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Both ends of out belong to it. Returns 0 when the program runs. */
static int begin(struct child *c, const char *const *argv, int out[2])
{
	int failure[2], error, r = 0;

	if (pipe2(failure, O_CLOEXEC) < 0)
		return -errno;
	fflush(stdout);
	c->pid = fork();
	if (c->pid == 0)
		become(argv, c->how, out[1], failure[1]);
	if (c->pid < 0)
		r = -errno;
	close(failure[1]);
	closep(&out[1]);
	out[1] = -1;
	if (r == 0 && read(failure[0], &error, sizeof(error)) == sizeof(error))
		r = -error;
	close(failure[0]);
	if (r == 0) {
		c->fd = (int) syscall(SYS_pidfd_open, c->pid, 0);
		r = c->fd < 0 ? -errno : 0;
	}
	return r;
}

int run_program(const char *const *argv, const struct run *how)
{
	struct child c = { .how = how, .pid = -1, .fd = -1, .output = -1 };
	uint64_t until =
		how->timeout_usec == USEC_INFINITY ? USEC_INFINITY : usec_now() + how->timeout_usec;
	int out[2] = { -1, -1 }, r, status;

	if (collects(how)) {
		*how->text = '\0';
		if (pipe2(out, O_CLOEXEC) < 0)
			return -errno;
		c.output = out[0];
	}
	r = begin(&c, argv, out);
	if (r == 0)
		r = attend(&c, until);
	if (c.pid > 0) {
		if (r < 0)
			(void) kill(how->apart && c.fd >= 0 ? -c.pid : c.pid, SIGKILL);
		status = end_of(&c);
		r = r < 0 ? r : status;
	}
	closep(&out[1]);
	closep(&c.output);
	closep(&c.fd);
	return r;
}
