/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/usb-reset.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "capture/wait.h"
#include "common/card.h"
#include "common/cleanup.h"

#define ANSWER_MAX 80

static int fail(int err, char *why, size_t size, const char *words)
{
	snprintf(why, size, "%s", words);
	return err;
}

/* "../video0", as udev's links are, for "/dev/video0". */
static bool leads_to(int folder, const char *name, const char *node)
{
	char target[64];
	ssize_t n = readlinkat(folder, name, target, sizeof(target) - 1);
	const char *slash = strrchr(node, '/');

	if (n <= 0)
		return false;
	target[n] = '\0';
	return strncmp(target, "../", 3) == 0 && strcmp(target + 3, slash ? slash + 1 : node) == 0;
}

/* The name of the card whose node it is. A link such as /dev/egm/game is followed. */
static int find_name(const char *names, const char *node, char ret[static CARD_NAME_MAX])
{
	_cleanup_(closedirp) DIR *d = opendir(names);
	char path[PATH_MAX];
	struct dirent *e;

	if (!d || !realpath(node, path))
		return -ENOENT;
	while ((e = readdir(d))) {
		if (!card_is_name(e->d_name) || !leads_to(dirfd(d), e->d_name, path))
			continue;
		snprintf(ret, CARD_NAME_MAX, "%.*s", CARD_NAME_MAX - 1, e->d_name);
		return 0;
	}
	return -ENOENT;
}

static int connect_to(const char *path)
{
	_cleanup_(closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	if (fd < 0)
		return -errno;
	if (strlen(path) >= sizeof(a.sun_path))
		return -ENAMETOOLONG;
	strcpy(a.sun_path, path);
	if (connect(fd, (struct sockaddr *) &a, sizeof(a)) < 0)
		return -errno;
	return TAKE_FD(fd);
}

/* One line, without its end. */
static int read_answer(int fd, int wake_fd, uint64_t until, char ret[static ANSWER_MAX])
{
	size_t used = 0;

	while (used < ANSWER_MAX - 1) {
		struct pollfd fds[] = { { fd, POLLIN, 0 }, { wake_fd, POLLIN, 0 } };
		int r = wait_until(fds, ARRAY_SIZE(fds), until);
		ssize_t n;

		if (r < 0)
			return r;
		if (fds[1].revents)
			return -EAGAIN;
		if (r == 0 && usec_now() >= until)
			return -ETIMEDOUT;
		n = read(fd, ret + used, ANSWER_MAX - 1 - used);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (n == 0)
			break;
		used += n > 0 ? (size_t) n : 0;
		if (memchr(ret, '\n', used))
			break;
	}
	ret[used] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
	return used > 0 ? 0 : -ECONNRESET;
}

static int ask(int fd, const char *name, int wake_fd, uint64_t until, char ret[static ANSWER_MAX])
{
	char line[CARD_NAME_MAX + 1];
	int n = snprintf(line, sizeof(line), "%s\n", name);

	/* So few bytes always fit. */
	if (send(fd, line, (size_t) n, MSG_NOSIGNAL) != n)
		return -EPIPE;
	return read_answer(fd, wake_fd, until, ret);
}

int usb_reset(const char *socket_path, const char *names, const char *node, int wake_fd,
	uint64_t until_usec, char *why, size_t why_size)
{
	_cleanup_(closep) int fd = -1;
	char name[CARD_NAME_MAX], answer[ANSWER_MAX];
	int r = find_name(names, node, name);

	if (r < 0)
		return fail(r, why, why_size, "udev has given the card no name");
	fd = connect_to(socket_path);
	if (fd < 0)
		return fail(fd, why, why_size,
			fd == -EACCES ? "egm-usb-reset may not be asked by this user"
				      : "egm-usb-reset.socket is not there");
	r = ask(fd, name, wake_fd, until_usec, answer);
	if (r == -EAGAIN)
		return fail(r, why, why_size, "interrupted");
	if (r < 0)
		return fail(r, why, why_size, "egm-usb-reset gives no answer");
	if (strcmp(answer, "ok") == 0)
		return 0;
	return fail(strcmp(answer, "not on USB") == 0 ? -ENOTSUP : -EIO, why, why_size, answer);
}
