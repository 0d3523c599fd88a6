/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "teach/reference-trash.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "common/tree.h"
#include "common/usec.h"
#include "recognize/rules.h"
#include "teach/reference-files-private.h"

#define FOLDER_MODE 0755
#define IDS_MAX 100 /* of one moment */
/* What lies there is ours, but who else has put something there must not make us list for ever. */
#define LISTED_MAX 1000

/* "USEC.STATE" into its parts; false: it is no ID. */
static bool parse_id(const char *id, uint64_t *ret_usec, char state[64])
{
	size_t digits = strspn(id, "0123456789");
	const char *name = id + digits + 1;

	if (digits == 0 || digits > 19 || id[digits] != '.' || !rules_name_valid(name))
		return false;
	*ret_usec = strtoull(id, NULL, 10);
	snprintf(state, 64, "%s", name);
	return true;
}

const char *reference_trash_state(const char *id, char ret[64])
{
	uint64_t usec;

	if (!parse_id(id, &usec, ret))
		ret[0] = '\0';
	return ret;
}

/* ---- what lies there ---- */

/* The one picture in an open folder; false: there is none. Takes over the descriptor. */
static bool find_picture(int fd, struct trash_file *ret)
{
	_cleanup_(closedirp) DIR *dir = fdopendir(fd);
	const struct dirent *e;
	struct stat st;

	if (!dir) {
		closep(&fd);
		return false;
	}
	while ((e = readdir(dir))) {
		if (!reference_name_valid(e->d_name) ||
			fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		snprintf(ret->name, sizeof(ret->name), "%s", e->d_name);
		ret->bytes = (uint64_t) st.st_size;
		return true;
	}
	return false;
}

static bool look_at(int trash, const char *id, struct trash_file *ret)
{
	int fd;

	if (strlen(id) >= TRASH_ID_MAX || !parse_id(id, &ret->deleted_realtime, ret->state))
		return false;
	snprintf(ret->id, sizeof(ret->id), "%s", id);
	fd = openat(trash, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return fd >= 0 && find_picture(fd, ret);
}

static int latest_first(const void *a, const void *b)
{
	const struct trash_file *x = a, *y = b;

	if (x->deleted_realtime != y->deleted_realtime)
		return x->deleted_realtime < y->deleted_realtime ? 1 : -1;
	return strcmp(y->id, x->id);
}

static int list_dir(DIR *dir, struct trash_file **list, size_t *n)
{
	const struct dirent *e;
	struct trash_file one, *more;

	while (*n < LISTED_MAX && (e = readdir(dir))) {
		if (!look_at(dirfd(dir), e->d_name, &one))
			continue;
		more = realloc(*list, (*n + 1) * sizeof(*more));
		if (!more)
			return -ENOMEM;
		*list = more;
		more[(*n)++] = one;
	}
	return 0;
}

/* Of the open trash, which stays the caller's. */
static int list_trash(int trash, struct trash_file **ret, size_t *ret_n)
{
	_cleanup_(freep) struct trash_file *list = NULL;
	int again = openat(trash, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;
	_cleanup_(closedirp) DIR *dir = again < 0 ? NULL : fdopendir(again);
	size_t n = 0;

	if (!dir) {
		r = -errno;
		closep(&again);
		return r;
	}
	r = list_dir(dir, &list, &n);
	if (r < 0)
		return r;
	if (n > 0)
		qsort(list, n, sizeof(*list), latest_first);
	*ret = TAKE_PTR(list);
	*ret_n = n;
	return 0;
}

int reference_trash_list(
	const char *folder, struct trash_file **ret, size_t *ret_n, struct fault *f)
{
	_cleanup_(closep) int trash = reference_open_folder(folder, TRASH_FOLDER);
	int r = trash;

	if (trash == -ENOENT) {
		*ret = NULL;
		*ret_n = 0;
		return 0;
	}
	if (trash >= 0)
		r = list_trash(trash, ret, ret_n);
	if (r < 0 && r != -ENOMEM)
		return fault_set(f, FAULT_IO, "%s/" TRASH_FOLDER ": %s", folder, strerror(-r));
	return r;
}

/* ---- in ---- */

static void keep_limits(int trash)
{
	_cleanup_(freep) struct trash_file *list = NULL;
	uint64_t bytes = 0;
	size_t n = 0;

	if (list_trash(trash, &list, &n) < 0)
		return; /* the next one tries again */
	for (size_t i = 0; i < n; i++) {
		bytes += list[i].bytes;
		if (i >= TRASH_FILES_MAX || bytes > TRASH_BYTES_MAX)
			(void) tree_remove_at(trash, list[i].id);
	}
}

/* A folder that nobody has yet, opened. */
static int make_place(int trash, const char *state, uint64_t usec, char ret[TRASH_ID_MAX])
{
	int fd, r = -EEXIST;

	for (int i = 0; i < IDS_MAX && r == -EEXIST; i++) {
		snprintf(ret, TRASH_ID_MAX, "%" PRIu64 ".%s", usec + (uint64_t) i, state);
		r = mkdirat(trash, ret, FOLDER_MODE) < 0 ? -errno : 0;
	}
	if (r < 0)
		return r;
	fd = openat(trash, ret, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return fd < 0 ? -errno : fd;
}

static int move_there(int from, const char *name, int trash, const char *state, uint64_t usec,
	char ret[TRASH_ID_MAX])
{
	_cleanup_(closep) int place = make_place(trash, state, usec, ret);
	int r;

	if (place < 0)
		return place;
	if (renameat(from, name, place, name) < 0) {
		r = -errno;
		(void) unlinkat(trash, ret, AT_REMOVEDIR);
		return r;
	}
	(void) fsync(place);
	(void) fsync(from);
	return 0;
}

int reference_trash_put(const char *folder, const char *state, const char *name,
	uint64_t realtime_usec, char ret[TRASH_ID_MAX], struct fault *f)
{
	_cleanup_(closep) int from = -1, trash = -1;
	struct stat st;
	int r = 0;

	if (!reference_name_valid(name))
		return fault_set(f, FAULT_NO_SUCH_REFERENCE, "That is no name of a reference.");
	from = reference_open_folder(folder, state);
	if (from < 0)
		r = from;
	else if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		r = -errno;
	else if (S_ISDIR(st.st_mode))
		r = -EISDIR;
	if (r == 0) {
		trash = reference_make_folder(folder, TRASH_FOLDER);
		r = trash < 0 ? trash : move_there(from, name, trash, state, realtime_usec, ret);
	}
	if (r == -ENOENT)
		return fault_set(
			f, FAULT_NO_SUCH_REFERENCE, "%s has no reference %s.", state, name);
	if (r < 0)
		return fault_set(f, FAULT_IO, "%s/%s/%s: %s", folder, state, name, strerror(-r));
	keep_limits(trash);
	return 0;
}

/* ---- and out ---- */

int reference_trash_restore(
	const char *folder, const char *id, char ret[REFERENCE_NAME_MAX], struct fault *f)
{
	_cleanup_(closep) int trash = reference_open_folder(folder, TRASH_FOLDER), from = -1,
			      to = -1;
	struct trash_file file = { .name = "" };
	int r;

	if (trash < 0 || !look_at(trash, id, &file))
		return fault_set(f, FAULT_NO_SUCH_TRASH, "Nothing of that name lies in the trash.");
	from = openat(trash, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	to = reference_make_folder(folder, file.state);
	if (from < 0 || to < 0)
		return fault_set(f, FAULT_IO, "%s/%s: %s", folder, file.state,
			strerror(to < 0 ? -to : errno));
	r = reference_put(from, file.name, to, file.state, ret, f);
	if (r == 0)
		(void) unlinkat(trash, id, AT_REMOVEDIR);
	return r;
}
