/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "teach/reference-files-private.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "common/file.h"
#include "common/usec.h"
#include "detector/references.h"
#include "media/picture.h"
#include "recognize/recogniser.h"

#define NAMES_MAX 100 /* of one second */
#define FOLDER_MODE 0755
#define FILE_MODE 0644
#define STAGED ".%s.new"

int reference_open_folder(const char *folder, const char *name)
{
	_cleanup_(freep) char *path = NULL;
	int fd;

	if (asprintf(&path, "%s/%s", folder, name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int reference_make_folder(const char *folder, const char *name)
{
	_cleanup_(freep) char *path = NULL;
	int r;

	if (asprintf(&path, "%s/%s", folder, name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	r = file_mkdir_p(path, FOLDER_MODE);
	return r < 0 ? r : reference_open_folder(folder, name);
}

bool reference_name_valid(const char *name)
{
	return *name != '.' && !strchr(name, '/') && strlen(name) < REFERENCE_NAME_MAX &&
	       references_is_picture(name);
}

static int count(int fd)
{
	int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), n = 0;
	const struct dirent *e;
	DIR *dir = again < 0 ? NULL : fdopendir(again);

	if (!dir) {
		n = -errno;
		closep(&again);
		return n;
	}
	while ((e = readdir(dir)))
		n += reference_name_valid(e->d_name);
	closedir(dir);
	return n;
}

/* Whoever lists the folder sees the whole picture or none. */
static int put(int fd, const char *name, const void *jpeg, size_t size)
{
	char staged[REFERENCE_NAME_MAX + 8];
	int r;

	snprintf(staged, sizeof(staged), STAGED, name);
	(void) unlinkat(fd, staged, 0); /* of somebody who died */
	r = file_create_at(fd, staged, jpeg, size, FILE_MODE);
	if (r < 0)
		return r;
	if (renameat2(fd, staged, fd, name, RENAME_NOREPLACE) < 0) {
		r = -errno;
		(void) unlinkat(fd, staged, 0);
		return r;
	}
	(void) fsync(fd);
	return 0;
}

static int put_somewhere(int fd, uint64_t realtime_usec, const char *suffix, const void *data,
	size_t size, char name[REFERENCE_NAME_MAX])
{
	int r = -EEXIST;

	for (int i = 1; i <= NAMES_MAX && r == -EEXIST; i++) {
		if (i == 1)
			snprintf(name, REFERENCE_NAME_MAX, "ref_%" PRIu64 "%s",
				realtime_usec / USEC_PER_SEC, suffix);
		else
			snprintf(name, REFERENCE_NAME_MAX, "ref_%" PRIu64 "_%d%s",
				realtime_usec / USEC_PER_SEC, i, suffix);
		r = put(fd, name, data, size);
	}
	return r;
}

/* Is there room for one more? */
static int check_room(int fd, const char *state, struct fault *f)
{
	int n = count(fd);

	if (n >= RECOGNISER_REFERENCES_MAX)
		return fault_set(f, FAULT_TOO_MANY_REFERENCES,
			"%s has %d references, which is all that are looked at.", state, n);
	return n < 0 ? fault_set(f, FAULT_IO, "%s: %s", state, strerror(-n)) : 0;
}

int reference_files_add(const char *folder, const char *state, uint64_t realtime_usec,
	const char *suffix, const void *data, size_t size, char name[REFERENCE_NAME_MAX],
	struct fault *f)
{
	_cleanup_(closep) int fd = reference_make_folder(folder, state);
	int r = fd;

	if (fd >= 0) {
		r = check_room(fd, state, f);
		if (r < 0)
			return r;
		r = put_somewhere(fd, realtime_usec, suffix, data, size, name);
	}
	if (r < 0)
		return fault_set(f, FAULT_IO, "%s/%s: %s", folder, state, strerror(-r));
	return 0;
}

static int no_name(struct fault *f)
{
	return fault_set(f, FAULT_NO_SUCH_REFERENCE, "That is no name of a reference.");
}

static int no_file(const char *state, const char *name, int r, struct fault *f)
{
	if (r == -ENOENT || r == -ENOTDIR)
		return fault_set(
			f, FAULT_NO_SUCH_REFERENCE, "%s has no reference %s.", state, name);
	return fault_set(f, FAULT_IO, "%s/%s: %s", state, name, strerror(-r));
}

/* "a.jpg" for 1, "a_2.jpg" for 2. -ENAMETOOLONG. */
static int numbered(const char *name, int i, char ret[REFERENCE_NAME_MAX])
{
	const char *dot = strrchr(name, '.');
	int length = (int) (dot - name), n;

	n = i == 1 ? snprintf(ret, REFERENCE_NAME_MAX, "%s", name)
		   : snprintf(ret, REFERENCE_NAME_MAX, "%.*s_%d%s", length, name, i, dot);
	return n < REFERENCE_NAME_MAX ? 0 : -ENAMETOOLONG;
}

int reference_put(int from, const char *name, int to, const char *state,
	char ret[REFERENCE_NAME_MAX], struct fault *f)
{
	int r = check_room(to, state, f);

	if (r < 0)
		return r;
	r = -EEXIST;
	for (int i = 1; i <= NAMES_MAX && r == -EEXIST; i++) {
		r = numbered(name, i, ret);
		if (r == 0 && renameat2(from, name, to, ret, RENAME_NOREPLACE) < 0)
			r = -errno;
	}
	if (r < 0)
		return no_file(state, name, r, f);
	(void) fsync(to);
	(void) fsync(from);
	return 0;
}

int reference_files_move(const char *folder, const char *state, const char *name, const char *to,
	char ret[REFERENCE_NAME_MAX], struct fault *f)
{
	_cleanup_(closep) int from_fd = -1, to_fd = -1;
	struct stat st;

	if (!reference_name_valid(name))
		return no_name(f);
	from_fd = reference_open_folder(folder, state);
	if (from_fd < 0)
		return no_file(state, name, from_fd, f);
	if (fstatat(from_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return no_file(state, name, -errno, f);
	if (strcmp(state, to) == 0) {
		snprintf(ret, REFERENCE_NAME_MAX, "%s", name);
		return 0;
	}
	to_fd = reference_make_folder(folder, to);
	if (to_fd < 0)
		return fault_set(f, FAULT_IO, "%s/%s: %s", folder, to, strerror(-to_fd));
	return reference_put(from_fd, name, to_fd, to, ret, f);
}

int reference_files_read(const char *folder, const char *state, const char *name, void **ret,
	size_t *ret_size, struct fault *f)
{
	_cleanup_(freep) char *path = NULL;
	char *data;
	int r;

	if (!reference_name_valid(name))
		return no_name(f);
	if (asprintf(&path, "%s/%s/%s", folder, state, name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	r = file_read(path, PICTURE_BYTES_MAX, &data, ret_size);
	if (r < 0)
		return no_file(state, name, r, f);
	*ret = data;
	return 0;
}

static int append(
	int fd, const char *state, const char *name, struct reference_file **list, size_t *n)
{
	struct reference_file *more, *e;
	struct stat st;

	if (fstatat(fd, name, &st, 0) < 0 || !S_ISREG(st.st_mode))
		return 0; /* gone meanwhile */
	more = realloc(*list, (*n + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	*list = more;
	e = &more[(*n)++];
	snprintf(e->state, sizeof(e->state), "%s", state);
	snprintf(e->name, sizeof(e->name), "%s", name);
	e->bytes = (uint64_t) st.st_size;
	e->realtime_usec = usec_from_timespec(&st.st_mtim);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct reference_file *) a)->name,
		((const struct reference_file *) b)->name);
}

int reference_files_list(const char *folder, const char *state, struct reference_file **list,
	size_t *n, struct fault *f)
{
	int fd = reference_open_folder(folder, state), r = 0;
	const size_t first = *n;
	const struct dirent *e;
	DIR *dir;

	if (fd == -ENOENT || fd == -ENOMEM)
		return fd == -ENOENT ? 0 : fd;
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		r = fd < 0 ? fd : -errno;
		closep(&fd);
		return fault_set(f, FAULT_IO, "%s/%s: %s", folder, state, strerror(-r));
	}
	while (r == 0 && *n - first < REFERENCES_FILES_MAX && (e = readdir(dir)))
		if (reference_name_valid(e->d_name))
			r = append(dirfd(dir), state, e->d_name, list, n);
	closedir(dir);
	if (*n > first)
		qsort(*list + first, *n - first, sizeof(**list), by_name);
	return r;
}
