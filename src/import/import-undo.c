/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "common/file.h"
#include "common/tree.h"
#include "import/import-backup.h"

struct undo {
	const char *root, *systemctl, *id;
	int backup, folder;
	json_t *manifest;
	char *why;
	size_t why_size;
};

#define fail(u, r, ...) import_why(r, (u)->why, (u)->why_size, __VA_ARGS__)

static void undo_deinit(struct undo *u)
{
	closep(&u->folder);
	closep(&u->backup);
	json_decref(u->manifest);
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? text : "";
}

static int64_t number_of(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

/* A path of ours, in case that the manifest is not. */
static bool is_path(const char *path)
{
	return *path == '/' && path[1] && !strstr(path, "/../") && path[strlen(path) - 1] != '/';
}

static int open_backup(struct undo *u)
{
	u->backup = import_backup_open(u->root, false);
	if (u->backup == -ENOENT)
		return -ENOENT;
	if (u->backup == -EPERM)
		return fail(u, u->backup, IMPORT_BACKUP " is not root's alone");
	if (u->backup == -EBUSY)
		return fail(u, u->backup, "another import is under way");
	if (u->backup < 0)
		return fail(u, u->backup, IMPORT_BACKUP ": %s", strerror(-u->backup));
	return 0;
}

static int read_manifest(struct undo *u)
{
	struct import_file f = { 0 };
	json_error_t error;
	int r = import_file_read(u->folder, IMPORT_MANIFEST, &f);

	if (r == 0 && f.data)
		u->manifest = json_loadb(f.data, f.size, JSON_REJECT_DUPLICATES, &error);
	import_file_deinit(&f);
	if (!u->manifest || number_of(u->manifest, "version") != 1)
		return fail(
			u, -EBADMSG, IMPORT_BACKUP "/%s/" IMPORT_MANIFEST " cannot be read", u->id);
	return 0;
}

/* -ENOENT: there is no such import. */
static int undo_open(struct undo *u)
{
	int r = strspn(u->id, "0123456789") == 4 && !u->id[4] ? open_backup(u) : -ENOENT;

	if (r < 0)
		return r;
	u->folder = openat(u->backup, u->id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (u->folder < 0)
		return errno == ENOENT ? -ENOENT : fail(u, -errno, "%s: %m", u->id);
	if (import_backup_newest(u->backup) != atoi(u->id))
		return fail(u, -EINVAL, "import %04d came later: undo it first",
			import_backup_newest(u->backup));
	return read_manifest(u);
}

/* ---- what there was ---- */

static int read_old(const struct undo *u, const json_t *entry, struct import_file *ret)
{
	int r = 0;

	*ret = (struct import_file){ 0 };
	if (strcmp(text_of(entry, "was"), "link") == 0) {
		ret->target = strdup(text_of(entry, "target"));
		r = ret->target ? 0 : -ENOMEM;
	} else {
		r = import_file_read(u->folder, text_of(entry, "saved"), ret);
		ret->st.st_mode = (mode_t) number_of(entry, "mode");
	}
	ret->st.st_uid = (uid_t) number_of(entry, "uid");
	ret->st.st_gid = (gid_t) number_of(entry, "gid");
	ret->st.st_mtim.tv_sec = number_of(entry, "seconds");
	ret->st.st_mtim.tv_nsec = number_of(entry, "nanoseconds");
	ret->st.st_atim = ret->st.st_mtim;
	return r;
}

static bool is_same(const struct import_file *a, const struct import_file *b)
{
	if (a->st.st_uid != b->st.st_uid || a->st.st_gid != b->st.st_gid ||
		a->st.st_mtim.tv_sec != b->st.st_mtim.tv_sec ||
		a->st.st_mtim.tv_nsec != b->st.st_mtim.tv_nsec)
		return false;
	if (a->target || b->target)
		return a->target && b->target && strcmp(a->target, b->target) == 0;
	return (a->st.st_mode & 07777) == (b->st.st_mode & 07777) && a->size == b->size &&
	       memcmp(a->data, b->data, a->size) == 0;
}

static int put_back(const struct undo *u, const json_t *entry, const char *path)
{
	struct import_file old = { 0 }, now = { 0 };
	const char *name;
	_cleanup_(closep) int folder = import_folder_open(u->root, path, true, &name);
	int r = folder < 0 ? folder : read_old(u, entry, &old);

	if (r == 0) {
		import_file_tidy(folder, name);
		r = import_file_read(folder, name, &now);
		r = r == 0 && is_same(&old, &now) ? 0 : import_file_write(folder, name, &old, true);
	}
	import_file_deinit(&old);
	import_file_deinit(&now);
	return r;
}

static int take_away(const struct undo *u, const char *path)
{
	const char *name;
	_cleanup_(closep) int folder = import_folder_open(u->root, path, false, &name);

	if (folder < 0)
		return folder == -ENOENT ? 0 : folder;
	import_file_tidy(folder, name);
	return unlinkat(folder, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

static int restore(const struct undo *u)
{
	const json_t *entries = json_object_get(u->manifest, "entries");
	int result = 0;

	/* As much as possible, whatever else fails. */
	for (size_t i = json_array_size(entries); i > 0; i--) {
		const json_t *entry = json_array_get(entries, i - 1);
		const char *path = text_of(entry, "path");
		int r;

		if (!is_path(path))
			r = -EBADMSG;
		else if (strcmp(text_of(entry, "was"), "absent") == 0)
			r = take_away(u, path);
		else
			r = put_back(u, entry, path);
		if (r < 0 && result == 0)
			result = fail(u, r, "%s: %s", path, strerror(-r));
	}
	import_folders_remove(u->root, json_object_get(u->manifest, "folders"));
	return result;
}

/* One rename makes it undone. */
static int forget(struct undo *u)
{
	char gone[IMPORT_ID_MAX + 1];
	int r;

	snprintf(gone, sizeof(gone), ".%s", u->id);
	r = import_backup_tidy(u->backup);
	if (r == 0 && renameat(u->backup, u->id, u->backup, gone) < 0)
		r = -errno;
	if (r == 0)
		r = import_backup_tidy(u->backup);
	if (r < 0)
		return fail(u, r, IMPORT_BACKUP "/%s: %s", u->id, strerror(-r));
	import_backup_remove(u->root);
	import_folders_remove(u->root, json_object_get(u->manifest, "folders"));
	return 0;
}

static int tell_systemd(struct undo *u, const char *verb, const char *list)
{
	int r = import_systemctl(
		u->systemctl, verb, list ? json_object_get(u->manifest, list) : NULL);

	return r < 0 ? fail(u, r, "systemctl %s failed", verb) : 0;
}

static int undo(struct undo *u)
{
	int r = undo_open(u);
	bool units = json_is_true(json_object_get(u->manifest, "reload"));

	if (r < 0)
		return r;
	/* A service that will not stop is no reason to keep its files. */
	if (units)
		(void) tell_systemd(u, "stop", "started");
	*u->why = '\0';
	r = restore(u);
	if (r == 0 && units)
		r = tell_systemd(u, "daemon-reload", NULL);
	if (r == 0)
		r = forget(u);
	/* The files are back; that services run with them is all there is left to do. */
	if (r == 0 && !units)
		r = tell_systemd(u, "restart", "started");
	if (r == 0)
		r = tell_systemd(u, "try-restart", "renewed");
	return r == 0 ? tell_systemd(u, "start", "stopped") : r;
}

int import_undo(const char *root, const char *systemctl, const char *id, char *why, size_t why_size)
{
	struct undo u = { .root = root,
		.systemctl = systemctl,
		.id = id,
		.backup = -1,
		.folder = -1,
		.why = why,
		.why_size = why_size };
	int r;

	*why = '\0';
	r = undo(&u);
	undo_deinit(&u);
	return r;
}

int import_undo_find(
	const char *root, char ret_id[static IMPORT_ID_MAX], char *why, size_t why_size)
{
	struct undo u = {
		.root = root, .backup = -1, .folder = -1, .why = why, .why_size = why_size
	};
	int newest, r;

	*why = '\0';
	r = open_backup(&u);
	if (r == 0) {
		newest = import_backup_newest(u.backup);
		if (newest > 0)
			snprintf(ret_id, IMPORT_ID_MAX, "%04d", newest);
		r = newest > 0 ? 0 : newest < 0 ? newest : -ENOENT;
	}
	if (r == -ENOENT && u.backup >= 0) {
		/* Of one that died before it began. */
		(void) import_backup_tidy(u.backup);
		import_backup_remove(root);
	}
	undo_deinit(&u);
	return r;
}

/* ---- what will be done ---- */

static bool was_changed(const struct undo *u, const json_t *entry, const char *path)
{
	const char *name, *sum = text_of(entry, "sum");
	_cleanup_(closep) int folder = import_folder_open(u->root, path, false, &name);
	struct import_file now = { 0 };
	char text[20];
	bool changed;

	if (folder < 0 || import_file_read(folder, name, &now) < 0)
		return false;
	snprintf(text, sizeof(text), "%016" PRIx64, import_sum(now.data, now.size));
	changed = now.target || strcmp(text, sum) != 0;
	import_file_deinit(&now);
	return changed;
}

int import_undo_print(
	const char *root, const char *id, FILE *f, size_t *ret_changed, char *why, size_t why_size)
{
	struct undo u = {
		.root = root, .id = id, .backup = -1, .folder = -1, .why = why, .why_size = why_size
	};
	const json_t *entries;
	int r;

	*why = '\0';
	*ret_changed = 0;
	r = undo_open(&u);
	entries = json_object_get(u.manifest, "entries");
	for (size_t i = 0; r == 0 && i < json_array_size(entries); i++) {
		const json_t *entry = json_array_get(entries, i);
		const char *path = text_of(entry, "path");
		bool changed = is_path(path) && was_changed(&u, entry, path);

		*ret_changed += changed;
		fprintf(f, "  %s ",
			strcmp(text_of(entry, "was"), "absent") == 0 ? "take away" : "put back");
		import_put_clean(path, f);
		fprintf(f, "%s\n", changed ? " (changed since)" : "");
	}
	undo_deinit(&u);
	return r;
}
