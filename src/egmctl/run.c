/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "egmctl/run.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "common/usec.h"
#include "egmctl/command.h"

int run_instead(char *const *argv)
{
	execvp(argv[0], argv);
	return command_fail(errno == EACCES ? COMMAND_NOT_ALLOWED : COMMAND_FAILED,
		"%s cannot be run: %s", argv[0], strerror(errno));
}

/* In the child. Its errno goes through the pipe when there is no such program. */
static _Noreturn void become(char *const *argv, int output, int failure)
{
	int error;

	if (output >= 0) {
		int null = open("/dev/null", O_RDONLY);

		(void) dup2(null, STDIN_FILENO);
		(void) dup2(output, STDOUT_FILENO);
		(void) dup2(output, STDERR_FILENO);
	}
	execvp(argv[0], argv);
	error = errno;
	(void) !write(failure, &error, sizeof(error));
	_exit(127);
}

/* Keeps the last size - 1 bytes. Returns false at the end. */
static bool read_more(int fd, char *output, size_t size, size_t *used)
{
	char chunk[4096];
	ssize_t n = read(fd, chunk, sizeof(chunk));
	size_t keep;

	if (n <= 0)
		return n < 0 && errno == EINTR;
	for (ssize_t i = 0; i < n; i++) {
		if (*used == size - 1) {
			keep = (size - 1) / 2;
			memmove(output, output + *used - keep, keep);
			*used = keep;
		}
		output[(*used)++] = chunk[i];
	}
	output[*used] = '\0';
	return true;
}

/* Until the process has ended and all it said was read. Returns 0, or -ETIMEDOUT. */
static int attend(int pidfd, int output, uint64_t until, char *ret_output, size_t size)
{
	struct pollfd fds[] = { { .fd = pidfd, .events = POLLIN },
		{ .fd = output, .events = POLLIN } };
	size_t used = 0;

	for (;;) {
		uint64_t now = usec_now();
		int ms = -1, n;

		if (until != USEC_INFINITY)
			ms = now >= until ? 0 : (int) ((until - now) / USEC_PER_MSEC + 1);
		n = poll(fds, ARRAY_SIZE(fds), ms);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return -ETIMEDOUT;
		if (n > 0 && fds[1].revents) {
			if (!read_more(output, ret_output, size, &used))
				fds[1].fd = -1;
			continue;
		}
		if (n > 0 && fds[0].revents)
			return 0;
	}
}

static int end_of(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int run_program(char *const *argv, uint64_t timeout_usec, char *ret_output, size_t size)
{
	_cleanup_(closep) int pidfd = -1;
	int out[2] = { -1, -1 }, failure[2], error = 0, r;
	pid_t pid;

	if (ret_output)
		*ret_output = '\0';
	fflush(stdout);
	if (pipe2(failure, O_CLOEXEC) < 0)
		return -errno;
	if (ret_output && pipe2(out, O_CLOEXEC) < 0) {
		r = -errno;
		close(failure[0]);
		close(failure[1]);
		return r;
	}
	pid = fork();
	if (pid == 0)
		become(argv, out[1], failure[1]);
	r = pid < 0 ? -errno : 0;
	close(failure[1]);
	closep(&out[1]);
	if (r == 0 && read(failure[0], &error, sizeof(error)) == sizeof(error))
		r = -error;
	close(failure[0]);
	if (pid > 0) {
		pidfd = (int) syscall(SYS_pidfd_open, pid, 0);
		if (r == 0 && pidfd < 0)
			r = -errno;
		if (r == 0)
			r = attend(pidfd, out[0],
				timeout_usec == USEC_INFINITY ? USEC_INFINITY
							      : usec_now() + timeout_usec,
				ret_output, size);
		if (r < 0)
			kill(pid, SIGKILL);
		error = end_of(pid);
		r = r < 0 ? r : error;
	}
	closep(&out[0]);
	return r;
}
