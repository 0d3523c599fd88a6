/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/reference-files.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "common/file.h"
#include "common/usec.h"
#include "detector/references.h"
#include "recognize/recogniser.h"

#define NAMES_MAX 100 /* of one second */
#define FOLDER_MODE 0755
#define FILE_MODE 0644
#define STAGED ".%s.new"

/* The state's folder; -ENOENT. */
static int open_state(const char *folder, const char *state)
{
	_cleanup_(freep) char *path = NULL;
	int fd;

	if (asprintf(&path, "%s/%s", folder, state) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int make_state(const char *folder, const char *state)
{
	_cleanup_(freep) char *path = NULL;
	int r;

	if (asprintf(&path, "%s/%s", folder, state) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	r = file_mkdir_p(path, FOLDER_MODE);
	return r < 0 ? r : open_state(folder, state);
}

static bool is_reference(const char *name)
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
		n += is_reference(e->d_name);
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

static int put_somewhere(int fd, uint64_t realtime_usec, const void *jpeg, size_t size,
	char name[REFERENCE_NAME_MAX])
{
	int r = -EEXIST;

	for (int i = 1; i <= NAMES_MAX && r == -EEXIST; i++) {
		if (i == 1)
			snprintf(name, REFERENCE_NAME_MAX, "ref_%" PRIu64 ".jpg",
				realtime_usec / USEC_PER_SEC);
		else
			snprintf(name, REFERENCE_NAME_MAX, "ref_%" PRIu64 "_%d.jpg",
				realtime_usec / USEC_PER_SEC, i);
		r = put(fd, name, jpeg, size);
	}
	return r;
}

int reference_files_add(const char *folder, const char *state, uint64_t realtime_usec,
	const void *jpeg, size_t size, char name[REFERENCE_NAME_MAX], struct fault *f)
{
	_cleanup_(closep) int fd = make_state(folder, state);
	int r = fd < 0 ? fd : count(fd);

	if (r >= RECOGNISER_REFERENCES_MAX)
		return fault_set(f, FAULT_TOO_MANY_REFERENCES,
			"%s has %d references, which is all that are looked at.", state, r);
	if (r >= 0)
		r = put_somewhere(fd, realtime_usec, jpeg, size, name);
	if (r < 0)
		return fault_set(f, FAULT_IO, "%s/%s: %s", folder, state, strerror(-r));
	return 0;
}

int reference_files_delete(const char *folder, const char *state, const char *name, struct fault *f)
{
	_cleanup_(closep) int fd = -1;
	int r;

	if (!is_reference(name))
		return fault_set(f, FAULT_NO_SUCH_REFERENCE, "That is no name of a reference.");
	fd = open_state(folder, state);
	r = fd;
	if (fd >= 0)
		r = unlinkat(fd, name, 0) < 0 ? -errno : 0;
	if (r == -ENOENT)
		return fault_set(
			f, FAULT_NO_SUCH_REFERENCE, "%s has no reference %s.", state, name);
	if (r < 0)
		return fault_set(f, FAULT_IO, "%s/%s/%s: %s", folder, state, name, strerror(-r));
	(void) fsync(fd);
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
	int fd = open_state(folder, state), r = 0;
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
		if (is_reference(e->d_name))
			r = append(dirfd(dir), state, e->d_name, list, n);
	closedir(dir);
	if (*n > first)
		qsort(*list + first, *n - first, sizeof(**list), by_name);
	return r;
}
