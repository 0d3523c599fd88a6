/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * First everything that is going to change is kept, in a folder whose name begins with a dot; the
 * last thing in it is the manifest. Its rename is the moment from which the import can be undone,
 * and only then is anything changed. So a rollback is the same as an undo.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "common/file.h"
#include "common/tree.h"
#include "import/import-backup.h"
#include "import/import-find.h"

struct apply {
	struct import_plan *plan;
	int backup, folder; /* .../ and .../.ID */
	char id[IMPORT_ID_MAX];
	json_t *folders, *entries;
	char *why;
	size_t why_size;
};

#define fail(a, r, ...) import_why(r, (a)->why, (a)->why_size, __VA_ARGS__)

/* What the item will put there. */
static int read_new(const struct import_item *i, struct import_file *ret)
{
	struct stat st;
	int r;

	*ret = (struct import_file){ 0 };
	if (i->what == IMPORT_WRITE) {
		ret->data = malloc(i->size + 1);
		if (!ret->data)
			return -ENOMEM;
		memcpy(ret->data, i->data, i->size);
		ret->size = i->size;
	} else {
		r = file_read(i->source, IMPORT_FILE_MAX, &ret->data, &ret->size);
		if (r < 0)
			return r;
		/* Somebody may have put a link to what only root can read in its place. */
		if (!import_is_picture(ret->data, ret->size))
			return -EBADMSG;
		/* Who compares times sees the same picture. */
		if (stat(i->source, &st) == 0) {
			ret->st.st_atim = st.st_atim;
			ret->st.st_mtim = st.st_mtim;
		}
	}
	ret->st.st_mode = i->mode;
	return 0;
}

static bool has_text(const json_t *list, const char *text)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(json_string_value(json_array_get(list, i)), text) == 0)
			return true;
	return false;
}

/* The folders on the way to a path that are not there, the outer ones first. */
static int note_folders(struct apply *a, const char *path)
{
	_cleanup_(freep) char *copy = strdup(path);

	if (!copy)
		return -ENOMEM;
	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		_cleanup_(freep) char *full = NULL;
		int r = 0;

		*slash = '\0';
		full = import_path(a->plan->root, copy);
		if (!full || (access(full, F_OK) < 0 && !has_text(a->folders, copy) &&
				     json_array_append_new(a->folders, json_string(copy)) < 0))
			r = -ENOMEM;
		*slash = '/';
		if (r < 0)
			return r;
	}
	return 0;
}

static json_t *describe(const struct import_file *f, const char *saved)
{
	if (f->target)
		return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I}", "was", "link", "target",
			f->target, "uid", (json_int_t) f->st.st_uid, "gid",
			(json_int_t) f->st.st_gid, "seconds", (json_int_t) f->st.st_mtim.tv_sec,
			"nanoseconds", (json_int_t) f->st.st_mtim.tv_nsec);
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I}", "was", "file", "saved", saved,
		"mode", (json_int_t) (f->st.st_mode & 07777), "uid", (json_int_t) f->st.st_uid,
		"gid", (json_int_t) f->st.st_gid, "seconds", (json_int_t) f->st.st_mtim.tv_sec,
		"nanoseconds", (json_int_t) f->st.st_mtim.tv_nsec);
}

/* What is there now goes into the backup; NULL with errno. */
static json_t *save(struct apply *a, const struct import_item *i, size_t number)
{
	struct import_file old = { 0 };
	json_t *entry = NULL;
	const char *name;
	_cleanup_(closep) int folder = import_folder_open(a->plan->root, i->path, false, &name);
	char saved[24];
	int r = folder < 0 ? folder : import_file_read(folder, name, &old);

	snprintf(saved, sizeof(saved), "%05zu", number);
	if (r == -ENOENT) {
		entry = json_pack("{s:s}", "was", "absent");
	} else if (r == 0) {
		if (!old.target)
			r = file_create_at(a->folder, saved, old.data, old.size, 0600);
		if (r == 0)
			entry = describe(&old, saved);
	}
	import_file_deinit(&old);
	errno = r < 0 && r != -ENOENT ? -r : ENOMEM;
	return entry;
}

static int add_entry(struct apply *a, const struct import_item *i, size_t number)
{
	json_t *entry = save(a, i, number);
	int r = entry ? 0 : -errno;

	if (r == 0 && json_object_set_new(entry, "path", json_string(i->path)) < 0)
		r = -ENOMEM; /* no UTF-8, too */
	if (r == 0 && i->what != IMPORT_REMOVE) {
		struct import_file new = { 0 };
		char sum[20];

		r = read_new(i, &new);
		snprintf(sum, sizeof(sum), "%016" PRIx64, import_sum(new.data, new.size));
		import_file_deinit(&new);
		if (r == 0 && json_object_set_new(entry, "sum", json_string(sum)) < 0)
			r = -ENOMEM;
	}
	if (r < 0)
		json_decref(entry);
	else if (json_array_append_new(a->entries, entry) < 0)
		r = -ENOMEM;
	return r < 0 ? fail(a, r, "%s: %s", i->path, strerror(-r)) : 0;
}

static json_t *units(char *const *names, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < n; i++)
		if (json_array_append_new(list, json_string(names[i])) < 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static int write_manifest(struct apply *a)
{
	const struct import_plan *p = a->plan;
	_cleanup_(json_decrefp) json_t *root = json_pack("{s:i, s:O, s:O, s:o, s:o, s:o, s:b}",
		"version", 1, "folders", a->folders, "entries", a->entries, "stopped",
		units(p->stop, p->n_stop), "started", units(p->start, p->n_start), "renewed",
		units(p->renew, p->n_renew), "reload", p->reload);
	_cleanup_(freep) char *text = root ? json_dumps(root, JSON_INDENT(1)) : NULL;

	if (!text)
		return -ENOMEM;
	return file_create_at(a->folder, IMPORT_MANIFEST, text, strlen(text), 0600);
}

/* All that is to be kept, in .ID, which becomes ID. */
static int keep(struct apply *a)
{
	int newest = import_backup_newest(a->backup), r;
	char begun[IMPORT_ID_MAX + 1];

	if (newest < 0 || newest == IMPORT_IDS_MAX)
		return newest < 0 ? newest : -ENOSPC;
	snprintf(a->id, sizeof(a->id), "%04d", newest + 1);
	snprintf(begun, sizeof(begun), ".%s", a->id);
	r = import_backup_tidy(a->backup);
	if (r < 0)
		return r;
	if (mkdirat(a->backup, begun, 0700) < 0)
		return -errno;
	a->folder = openat(a->backup, begun, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (a->folder < 0)
		return -errno;
	for (size_t i = 0; r == 0 && i < a->plan->n_items; i++) {
		if (a->plan->items[i].what != IMPORT_REMOVE)
			r = note_folders(a, a->plan->items[i].path);
		if (r == 0)
			r = add_entry(a, &a->plan->items[i], i);
	}
	if (r == 0)
		r = write_manifest(a);
	if (r == 0 && (fsync(a->folder) < 0 || renameat(a->backup, begun, a->backup, a->id) < 0))
		r = -errno;
	return r;
}

static int do_item(struct apply *a, const struct import_item *i)
{
	const char *name;
	_cleanup_(closep) int folder =
		import_folder_open(a->plan->root, i->path, i->what != IMPORT_REMOVE, &name);
	struct import_file new = { 0 };
	int r;

	if (folder < 0)
		return folder;
	if (i->what == IMPORT_REMOVE)
		return unlinkat(folder, name, 0) < 0 && errno != ENOENT ? -errno : 0;
	r = read_new(i, &new);
	if (r == 0)
		r = import_file_write(folder, name, &new, false);
	import_file_deinit(&new);
	return r;
}

/* Keys are for root alone, and so is the folder that is made for them. */
static int close_keys(struct apply *a)
{
	static const char keys[] = "/etc/egm/keys";
	const char *name;
	_cleanup_(closep) int parent = -1, fd = -1;

	if (!has_text(a->folders, keys))
		return 0;
	parent = import_folder_open(a->plan->root, keys, true, &name);
	if (parent < 0)
		return parent;
	if (mkdirat(parent, name, 0700) < 0)
		return -errno;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 || fchmod(fd, 0700) < 0 ? -errno : 0;
}

static int tell_systemd(struct apply *a, const char *verb, char *const *names, size_t n)
{
	_cleanup_(json_decrefp) json_t *list = units(names, n);
	int r = list ? import_systemctl(a->plan->systemctl, verb, list) : -ENOMEM;

	return r < 0 ? fail(a, r, "systemctl %s failed", verb) : 0;
}

static int change(struct apply *a)
{
	const struct import_plan *p = a->plan;
	int r = tell_systemd(a, "stop", p->stop, p->n_stop);

	if (r == 0) {
		r = close_keys(a);
		if (r < 0)
			return fail(a, r, "/etc/egm/keys: %s", strerror(-r));
	}
	for (size_t i = 0; r == 0 && i < p->n_items; i++) {
		r = do_item(a, &p->items[i]);
		if (r < 0)
			return fail(a, r, "%s: %s", p->items[i].path, strerror(-r));
	}
	if (r == 0 && p->reload) {
		r = import_systemctl(p->systemctl, "daemon-reload", NULL);
		if (r < 0)
			return fail(a, r, "systemctl daemon-reload failed");
	}
	/* One that runs takes its new settings then. */
	if (r == 0)
		r = tell_systemd(a, "restart", p->start, p->n_start);
	return r < 0 ? r : tell_systemd(a, "try-restart", p->renew, p->n_renew);
}

/* What an import that was not even begun has left. */
static void forget(struct apply *a)
{
	if (a->backup >= 0) {
		(void) import_backup_tidy(a->backup);
		import_backup_remove(a->plan->root);
	}
	import_folders_remove(a->plan->root, a->folders);
}

static int begin(struct apply *a)
{
	int r = a->folders && a->entries ? note_folders(a, IMPORT_BACKUP) : -ENOMEM;

	if (r == 0) {
		a->backup = import_backup_open(a->plan->root, true);
		r = a->backup < 0 ? a->backup : keep(a);
	}
	if (r == -EPERM)
		fail(a, r, IMPORT_BACKUP " is not root's alone, or root's rights are missing");
	else if (r == -EBUSY)
		fail(a, r, "another import is under way");
	else if (r < 0 && !*a->why)
		fail(a, r, IMPORT_BACKUP ": %s", strerror(-r));
	if (r < 0) {
		size_t used = strlen(a->why);

		snprintf(a->why + used, a->why_size - used, "; nothing was changed");
		forget(a);
	}
	return r;
}

static void roll_back(struct apply *a)
{
	char why[IMPORT_WHY_MAX] = "";
	size_t used = strlen(a->why);

	close(TAKE_FD(a->backup)); /* the lock */
	if (import_undo(a->plan->root, a->plan->systemctl, a->id, why, sizeof(why)) == 0)
		snprintf(a->why + used, a->why_size - used, "; all was taken back");
	else
		snprintf(a->why + used, a->why_size - used,
			"; not all of it could be taken back (%s): mend that, then 'egmctl import "
			"--undo %s'",
			why, a->id);
}

int import_plan_apply(
	struct import_plan *p, char ret_id[static IMPORT_ID_MAX], char *why, size_t why_size)
{
	struct apply a = { .plan = p,
		.backup = -1,
		.folder = -1,
		.folders = json_array(),
		.entries = json_array(),
		.why = why,
		.why_size = why_size };
	int r;

	*why = '\0';
	r = begin(&a);
	if (r == 0) {
		r = change(&a);
		if (r < 0)
			roll_back(&a);
		else
			memcpy(ret_id, a.id, IMPORT_ID_MAX);
	}
	closep(&a.folder);
	closep(&a.backup);
	json_decref(a.folders);
	json_decref(a.entries);
	return r;
}
