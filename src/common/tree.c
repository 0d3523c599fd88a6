/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"

int tree_make(const char *path, mode_t mode)
{
	_cleanup_(freep) char *parent = NULL;
	const char *slash = strrchr(path, '/');
	struct stat st;
	int r;

	if (stat(path, &st) == 0)
		return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
	if (errno != ENOENT || !*path)
		return -errno;
	if (slash && !slash[1]) {
		parent = strndup(path, (size_t) (slash - path));
		return parent ? tree_make(parent, mode) : -ENOMEM;
	}
	parent = !slash ? strdup(".") : strndup(path, MAX((size_t) (slash - path), 1));
	if (!parent)
		return -ENOMEM;
	r = tree_make(parent, mode);
	if (r < 0)
		return r;
	if (stat(parent, &st) < 0 || mkdir(path, mode) < 0 || chmod(path, mode) < 0)
		return -errno;
	return geteuid() == 0 && lchown(path, st.st_uid, st.st_gid) < 0 ? -errno : 0;
}

static int remove_tree(int folder, const char *name, int depth);

static void closedirp(DIR **d)
{
	if (*d)
		closedir(*d);
}

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
