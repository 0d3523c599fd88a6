/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "teach/candidate-files.h"

#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>

#include "common/file.h"
#include "media/picture.h"
#include "teach/reference-picture.h"

#define SUFFIX ".jpg"
#define DECISION ".json"
#define DECISION_MAX (1 << 20)
#define SCANNED_MAX 20000 /* names in the folder */

static bool is_candidate(const char *name)
{
	size_t n = strlen(name);

	return n > strlen(SUFFIX) && n < FOLDER_NAME_MAX && !strchr(name, '/') &&
	       strcmp(name + n - strlen(SUFFIX), SUFFIX) == 0 && folder_item_time(name) > 0;
}

/* FOLDER/NAME with another suffix, or NULL. */
static char *path_of(const char *folder, const char *name, const char *suffix)
{
	int stem = (int) (strlen(name) - strlen(SUFFIX));
	char *path;

	return asprintf(&path, "%s/%.*s%s", folder, stem, name, suffix) < 0 ? NULL : path;
}

static int no_candidate(const char *name, int r, struct fault *f)
{
	if (r == -ENOENT || r == -ENOTDIR)
		return fault_set(f, FAULT_NO_SUCH_CANDIDATE, "There is no candidate %.96s.", name);
	return r == -ENOMEM ? r : fault_set(f, FAULT_IO, "%.96s: %s", name, strerror(-r));
}

/* ---- what there is ---- */

/* What the decision beside it says; nothing of one that is not there. */
static void read_decision(const char *folder, struct candidate_file *c)
{
	_cleanup_(freep) char *path = path_of(folder, c->name, DECISION), *text = NULL;
	const char *state, *reason;
	json_t *j = NULL;

	if (path && file_read(path, DECISION_MAX, &text, NULL) == 0)
		j = json_loads(text, 0, NULL);
	state = json_string_value(json_object_get(j, "state"));
	reason = json_string_value(json_object_get(j, "reason"));
	snprintf(c->state, sizeof(c->state), "%s", state ? state : "UNKNOWN");
	snprintf(c->reason, sizeof(c->reason), "%s", reason ? reason : "");
	json_decref(j);
}

static int newest_first(const void *a, const void *b)
{
	return strcmp(((const struct candidate_file *) b)->name,
		((const struct candidate_file *) a)->name);
}

/* Keeps the newest ones: what is beyond the limit goes when there are twice as many. */
static void prune(struct candidate_file *list, size_t *n)
{
	qsort(list, *n, sizeof(*list), newest_first);
	*n = MIN(*n, CANDIDATES_LISTED_MAX);
}

static size_t scan(DIR *dir, struct candidate_file *list)
{
	const struct dirent *e;
	size_t n = 0;
	struct stat st;

	for (int seen = 0; seen < SCANNED_MAX && (e = readdir(dir)); seen++) {
		if (!is_candidate(e->d_name) ||
			fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
			!S_ISREG(st.st_mode))
			continue;
		if (n == 2 * CANDIDATES_LISTED_MAX)
			prune(list, &n);
		list[n] = (struct candidate_file){ .bytes = (uint64_t) st.st_size,
			.taken_realtime = folder_item_time(e->d_name) };
		snprintf(list[n++].name, sizeof(list[0].name), "%.95s", e->d_name);
	}
	if (n > 0)
		prune(list, &n);
	return n;
}

int candidate_files_list(
	const char *folder, struct candidate_file **ret, size_t *ret_n, struct fault *f)
{
	_cleanup_(closedirp) DIR *dir = opendir(folder);
	struct candidate_file *list;

	*ret = NULL;
	*ret_n = 0;
	if (!*folder || (!dir && errno == ENOENT))
		return 0;
	if (!dir)
		return fault_set(f, FAULT_IO, "%s: %s", folder, strerror(errno));
	list = calloc(2 * CANDIDATES_LISTED_MAX, sizeof(*list));
	if (!list)
		return -ENOMEM;
	*ret_n = scan(dir, list);
	for (size_t i = 0; i < *ret_n; i++)
		read_decision(folder, &list[i]);
	*ret = list;
	return 0;
}

/* ---- what is done with one ---- */

int candidate_files_read(
	const char *folder, const char *name, void **ret, size_t *ret_size, struct fault *f)
{
	_cleanup_(freep) char *path = NULL;
	char *data;
	int r = -ENOENT;

	if (*folder && is_candidate(name)) {
		path = path_of(folder, name, SUFFIX);
		r = path ? file_read(path, PICTURE_BYTES_MAX, &data, ret_size) : -ENOMEM;
	}
	if (r < 0)
		return no_candidate(name, r, f);
	*ret = data;
	return 0;
}

int candidate_files_delete(const char *folder, const char *name, struct fault *f)
{
	_cleanup_(freep) char *picture = NULL, *decision = NULL;
	int r = -ENOENT;

	if (*folder && is_candidate(name)) {
		picture = path_of(folder, name, SUFFIX);
		decision = path_of(folder, name, DECISION);
		r = picture && decision ? 0 : -ENOMEM;
	}
	if (r == 0 && unlink(picture) < 0)
		r = -errno;
	if (r < 0)
		return no_candidate(name, r, f);
	(void) unlink(decision);
	return 0;
}

int candidate_files_accept(const char *folder, const char *name, const char *references,
	const struct rules *rules, int state, char ret[REFERENCE_NAME_MAX], struct fault *f)
{
	_cleanup_(freep) void *data = NULL;
	size_t size = 0;
	struct fault unused;
	int r = candidate_files_read(folder, name, &data, &size, f);

	if (r == 0)
		r = reference_picture_add(
			references, rules, state, folder_item_time(name), data, size, ret, f);
	/* It may come up again, but is a reference. */
	if (r == 0)
		(void) candidate_files_delete(folder, name, &unused);
	return r;
}
