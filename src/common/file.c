/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"

#define FIRST_CHUNK 4096

/* O_NONBLOCK: a FIFO in the file's place must not hang us before it is recognised as one. */
static int open_regular(const char *path, size_t *ret_size)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	*ret_size = st.st_size > 0 ? (size_t) st.st_size : 0;
	return TAKE_FD(fd);
}

/* Fills buf until it is full or the file ends; returns the number of bytes or a negative errno. */
static ssize_t read_full(int fd, char *buf, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, buf + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t) n;
	}
	return (ssize_t) done;
}

int file_read(const char *path, size_t max, char **ret, size_t *ret_size)
{
	_cleanup_(freep) char *buf = NULL;
	_cleanup_(closep) int fd = -1;
	size_t size = 0, room = 0;

	fd = open_regular(path, &room);
	if (fd < 0)
		return fd;
	if (room > max)
		return -EFBIG;
	/* The size is a hint only: files of /proc and /sys have none, others may grow meanwhile.
	 * One byte more than expected tells their end from a longer file. */
	for (room = MIN(MAX(room, FIRST_CHUNK), max) + 1;; room = MIN(room * 2, max + 1)) {
		char *bigger = realloc(buf, room + 1);
		ssize_t n;

		if (!bigger)
			return -ENOMEM;
		buf = bigger;
		n = read_full(fd, buf + size, room - size);
		if (n < 0)
			return (int) n;
		size += (size_t) n;
		if (size > max)
			return -EFBIG;
		if (size < room)
			break;
	}
	buf[size] = '\0';
	if (ret_size)
		*ret_size = size;
	*ret = TAKE_PTR(buf);
	return 0;
}

int file_write_full(int fd, const void *data, size_t size)
{
	const char *p = data;

	while (size > 0) {
		ssize_t n = write(fd, p, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		p += n;
		size -= (size_t) n;
	}
	return 0;
}

/* The folder's entry is what makes the rename survive a power cut. */
static int sync_folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	_cleanup_(freep) char *folder = NULL;
	_cleanup_(closep) int fd = -1;

	folder = slash ? strndup(path, slash == path ? 1 : (size_t) (slash - path)) : strdup(".");
	if (!folder)
		return -ENOMEM;
	fd = open(folder, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static int fill_file(int fd, const void *data, size_t size, mode_t mode, int durable)
{
	int r = fchmod(fd, mode) < 0 ? -errno : file_write_full(fd, data, size);

	if (r == 0 && durable && fsync(fd) < 0)
		r = -errno;
	return r;
}

int file_write(const char *path, const void *data, size_t size, mode_t mode, int durable)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	_cleanup_(freep) char *temporary = NULL;
	int fd, r;

	/* A leading dot hides it from everyone who lists *.conf or *.json meanwhile. */
	if (asprintf(&temporary, "%.*s.%s.XXXXXX", (int) (name - path), path, name) < 0) {
		temporary = NULL;
		return -ENOMEM;
	}
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = fill_file(fd, data, size, mode, durable);
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0 && rename(temporary, path) < 0)
		r = -errno;
	if (r < 0) {
		(void) unlink(temporary);
		return r;
	}
	return durable ? sync_folder_of(path) : 0;
}

int file_create_at(int folder, const char *name, const void *data, size_t size, mode_t mode)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return -errno;
	r = fill_file(fd, data, size, mode, 1);
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r < 0)
		(void) unlinkat(folder, name, 0);
	return r;
}

static int make_folder(const char *path, mode_t mode)
{
	struct stat st;
	int r;

	if (mkdir(path, mode) == 0)
		return 0;
	/* On a read-only file system mkdir() may say EROFS of a folder that is there. */
	r = -errno;
	if (stat(path, &st) < 0)
		return r;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int file_mkdir_p(const char *path, mode_t mode)
{
	_cleanup_(freep) char *copy = strdup(path);

	if (!copy)
		return -ENOMEM;
	if (!*copy)
		return -EINVAL;
	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		int r;

		*slash = '\0';
		r = make_folder(copy, mode);
		*slash = '/';
		if (r < 0)
			return r;
	}
	return make_folder(copy, mode);
}
