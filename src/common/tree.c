/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"

/* The way to a folder that is being opened. */
struct way {
	int at; /* the folder so far */
	mode_t mode;
	int links; /* that may still be followed */
};

static int walk(struct way *w, char *path);

static int make_folder(const struct way *w, const char *name)
{
	_cleanup_(closep) int fd = -1;
	struct stat st;

	if (fstat(w->at, &st) < 0 || mkdirat(w->at, name, w->mode) < 0)
		return -errno;
	fd = openat(w->at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchmod(fd, w->mode) < 0 ||
		(geteuid() == 0 && fchown(fd, st.st_uid, st.st_gid) < 0))
		return -errno;
	return TAKE_FD(fd);
}

/* What is looked at is what is entered: nobody can exchange it in between. */
static int enter(struct way *w, const char *name)
{
	_cleanup_(closep) int next = openat(w->at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	char target[PATH_MAX];
	struct stat st;
	ssize_t n;

	if (next < 0) {
		next = errno == ENOENT ? make_folder(w, name) : -errno;
		if (next < 0)
			return next;
	}
	if (fstat(next, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode)) {
		close(w->at);
		w->at = TAKE_FD(next);
		return 0;
	}
	if (!S_ISLNK(st.st_mode))
		return -ENOTDIR;
	if ((st.st_uid != 0 && st.st_uid != geteuid()) || w->links-- == 0)
		return -ELOOP;
	n = readlinkat(next, "", target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	return walk(w, target);
}

static int walk(struct way *w, char *path)
{
	char *save;
	int r = 0;

	if (*path == '/') {
		int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (root < 0)
			return -errno;
		close(w->at);
		w->at = root;
	}
	for (char *name = strtok_r(path, "/", &save); name && r == 0;
		name = strtok_r(NULL, "/", &save))
		r = enter(w, name);
	return r;
}

int tree_open(const char *path, mode_t mode)
{
	_cleanup_(freep) char *copy = strdup(path);
	struct way w = { .mode = mode, .links = TREE_LINKS_MAX };
	int r;

	if (!copy)
		return -ENOMEM;
	if (!*path)
		return -ENOENT;
	w.at = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (w.at < 0)
		return -errno;
	r = walk(&w, copy);
	if (r == 0) {
		r = openat(w.at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (r < 0)
			r = -errno;
	}
	close(w.at);
	return r;
}

static int remove_tree(int folder, const char *name, int depth);

/* What is removed while it is listed may or may not be listed: all of it is, in the end. */
static int empty_folder(int fd, int depth)
{
	_cleanup_(closedirp) DIR *d = fdopendir(fd);
	struct dirent *e;
	int result = 0;

	if (!d) {
		result = -errno;
		close(fd);
		return result;
	}
	while (errno = 0, (e = readdir(d))) {
		int r;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		r = remove_tree(dirfd(d), e->d_name, depth + 1);
		if (result == 0)
			result = r;
	}
	return result == 0 ? -errno : result;
}

static int remove_tree(int folder, const char *name, int depth)
{
	int fd, r;

	if (unlinkat(folder, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	if (depth == TREE_DEPTH_MAX)
		return -ELOOP;
	fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = empty_folder(fd, depth);
	if (unlinkat(folder, name, AT_REMOVEDIR) < 0 && errno != ENOENT && r == 0)
		r = -errno;
	return r;
}

int tree_remove_at(int folder, const char *name)
{
	return remove_tree(folder, name, 0);
}
