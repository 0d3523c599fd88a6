/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The new folder is written and synced beside the old one under a name of its own, with the rules
 * in it. One rename then exchanges the two. So that the rules change in that very moment, too,
 * rules_path has to be a link into the folder; where it is a file as yet, the old folder gets a
 * copy of it first, so that making it a link changes nothing.
 *
 *	refs/.CARD.new          being written; after the exchange what was there before
 *	refs/CARD               STATE/…, credits.json, digits.json, rules.conf
 *	refs/CARD.before        what was there before
 *	rules/CARD.conf         -> …/refs/CARD/rules.conf
 *
 * All is done relative to open folders without following links: they may belong to the service's
 * user while root does this.
 */
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "common/file.h"
#include "common/tree.h"
#include "pack/pack-private.h"
#include "settings/rules-file.h"

#define FOLDER_MODE 0755
#define FILE_MODE 0644
#define STAGED ".%s.new"
#define BEFORE "%s.before"
#define NAME_ROOM (NAME_MAX + 1)
#define OPEN_FOLDER (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

struct install {
	const struct pack *p;
	char *folder; /* absolute */
	char name[NAME_ROOM], staged[NAME_ROOM], before[NAME_ROOM];
	int parent, old;   /* open folders; old -1: there is none */
	struct stat owner; /* whose the new files will be */
	const char *rules_path;
	int rules_parent;
	char rules_name[NAME_ROOM];
	bool linked_anew; /* there was nothing where the link to the rules is */
	bool exchanged;
	char *why;
	size_t why_size;
};

#define refuse(install, r, ...) pack_refuse(r, (install)->why, (install)->why_size, __VA_ARGS__)

/* what: the path. */
static int fail(const struct install *in, int r, const char *what)
{
	return refuse(in, r, "%s: %s", what, strerror(-r));
}

/* --- the places --- */

/* Opens the folder that path lies in, which is made when there is none, and tells the name in it.
 */
static int open_parent(
	const struct install *in, const char *path, char **ret_parent, int *ret, char *ret_name)
{
	_cleanup_(freep) char *parent = strdup(path);
	char *slash;
	size_t n;
	int fd;

	if (!parent)
		return fail(in, -ENOMEM, path);
	for (n = strlen(parent); n > 1 && parent[n - 1] == '/'; n--)
		parent[n - 1] = '\0';
	slash = strrchr(parent, '/');
	snprintf(ret_name, NAME_ROOM, "%s", slash ? slash + 1 : parent);
	if (!*ret_name || strcmp(ret_name, ".") == 0 || strcmp(ret_name, "..") == 0)
		return fail(in, -EINVAL, path);
	if (!slash)
		strcpy(parent, ".");
	else
		slash[slash == parent] = '\0';
	fd = tree_open(parent, FOLDER_MODE);
	if (fd == -ELOOP)
		return refuse(in, fd, "%s: somebody else's symbolic link is on the way", parent);
	if (fd < 0)
		return fail(in, fd, parent);
	*ret = fd;
	if (ret_parent)
		*ret_parent = TAKE_PTR(parent);
	return 0;
}

static int name_folders(struct install *in, const char *refs_folder)
{
	_cleanup_(freep) char *parent = NULL, *real = NULL;
	int r = open_parent(in, refs_folder, &parent, &in->parent, in->name);

	if (r < 0)
		return r;
	if (snprintf(in->staged, NAME_ROOM, STAGED, in->name) >= NAME_ROOM ||
		snprintf(in->before, NAME_ROOM, BEFORE, in->name) >= NAME_ROOM)
		return fail(in, -ENAMETOOLONG, refs_folder);
	real = realpath(parent, NULL);
	if (!real)
		return fail(in, -errno, parent);
	if (asprintf(&in->folder, "%s/%s", strcmp(real, "/") == 0 ? "" : real, in->name) < 0) {
		in->folder = NULL;
		return fail(in, -ENOMEM, refs_folder);
	}
	return 0;
}

static int open_places(struct install *in, const char *refs_folder)
{
	int r = name_folders(in, refs_folder);

	if (r < 0)
		return r;
	/* It goes with the process, and leaves nothing behind. */
	if (flock(in->parent, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK
			       ? refuse(in, -EBUSY, "%s: another pack is being put there",
					 in->folder)
			       : fail(in, -errno, in->folder);
	in->old = openat(in->parent, in->name, OPEN_FOLDER);
	if (in->old < 0 && errno != ENOENT)
		return errno == ENOTDIR || errno == ELOOP
			       ? refuse(in, -EINVAL, "%s: not a folder", in->folder)
			       : fail(in, -errno, in->folder);
	if (fstat(in->old < 0 ? in->parent : in->old, &in->owner) < 0)
		return fail(in, -errno, in->folder);
	return in->rules_path
		       ? open_parent(in, in->rules_path, NULL, &in->rules_parent, in->rules_name)
		       : 0;
}

/* --- the new folder --- */

/* What root makes in the service's folder is the service's. */
static int give(const struct install *in, int folder, const char *name)
{
	if (geteuid() != 0)
		return 0;
	return fchownat(folder, name, in->owner.st_uid, in->owner.st_gid, AT_SYMLINK_NOFOLLOW) < 0
		       ? -errno
		       : 0;
}

static int make_file(
	const struct install *in, int folder, const char *name, const void *data, size_t size)
{
	int r = file_create_at(folder, name, data, size, FILE_MODE);

	return r < 0 ? r : give(in, folder, name);
}

static int make_folder(const struct install *in, int folder, const char *name, int *ret)
{
	_cleanup_(closep) int fd = -1;
	int r;

	if (mkdirat(folder, name, FOLDER_MODE) < 0)
		return -errno;
	fd = openat(folder, name, OPEN_FOLDER);
	if (fd < 0 || fchmod(fd, FOLDER_MODE) < 0)
		return -errno;
	r = give(in, folder, name);
	if (r == 0)
		*ret = TAKE_FD(fd);
	return r;
}

/* Each state gets one, with pictures or without. */
static int write_state(const struct install *in, int folder, const char *state)
{
	const struct pack *p = in->p;
	_cleanup_(closep) int fd = -1;
	char prefix[sizeof(PACK_REFS) + RULES_NAME_MAX + 1];
	int length = snprintf(prefix, sizeof(prefix), PACK_REFS "%s/", state);
	int r = make_folder(in, folder, state, &fd);

	for (size_t i = 0; r == 0 && i < p->n_files; i++) {
		const struct pack_file *f = &p->files[i];

		if (strncmp(f->name, prefix, (size_t) length) == 0)
			r = make_file(in, fd, f->name + length, f->data, f->size);
	}
	return r == 0 && fsync(fd) < 0 ? -errno : r;
}

static int format_rules(const struct install *in, char **ret, size_t *ret_size)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, ret_size);
	int r;

	if (!f)
		return -ENOMEM;
	fprintf(f, "# Of the game pack \"%s\".\n", in->p->game);
	r = rules_file_write(&in->p->rules, f);
	if (fclose(f) != 0 && r == 0)
		r = -ENOMEM;
	if (r == 0)
		*ret = text;
	else
		free(text);
	return r;
}

/* Where only the references are replaced, the rules in the folder stay. */
static int write_rules(const struct install *in, int folder)
{
	_cleanup_(freep) char *text = NULL, *path = NULL;
	size_t size;
	int r;

	if (in->rules_path) {
		r = format_rules(in, &text, &size);
	} else {
		if (asprintf(&path, "%s/" PACK_RULES, in->folder) < 0) {
			path = NULL;
			return -ENOMEM;
		}
		r = file_read(path, RULES_FILE_MAX, &text, &size);
		if (r == -ENOENT)
			return 0;
	}
	return r < 0 ? r : make_file(in, folder, PACK_RULES, text, size);
}

static int write_staged(const struct install *in)
{
	const struct pack *p = in->p;
	const struct pack_file *credits = pack_find(p, PACK_REFS PACK_CREDITS);
	const struct pack_file *digits = pack_find(p, PACK_REFS PACK_DIGITS);
	_cleanup_(closep) int fd = -1;
	int r = tree_remove_at(in->parent, in->staged);

	if (r == 0)
		r = make_folder(in, in->parent, in->staged, &fd);
	for (int i = 0; r == 0 && i < p->rules.n_states; i++)
		r = write_state(in, fd, p->rules.states[i].name);
	if (r == 0 && credits)
		r = make_file(in, fd, PACK_CREDITS, credits->data, credits->size);
	if (r == 0 && digits)
		r = make_file(in, fd, PACK_DIGITS, digits->data, digits->size);
	if (r == 0)
		r = write_rules(in, fd);
	return r == 0 && fsync(fd) < 0 ? -errno : r;
}

/* --- the rules become a link --- */

/* The old rules into the old folder, where the link will find them. */
static int copy_rules(struct install *in)
{
	const char *temporary = "." PACK_RULES ".new";
	_cleanup_(freep) char *text = NULL;
	size_t size;
	int r = file_read(in->rules_path, RULES_FILE_MAX, &text, &size);

	if (r == -ENOENT) /* a link to nothing, or nothing */
		return in->old >= 0 && unlinkat(in->old, PACK_RULES, 0) < 0 && errno != ENOENT
			       ? -errno
			       : 0;
	if (r == 0 && in->old < 0)
		r = make_folder(in, in->parent, in->name, &in->old);
	if (r < 0)
		return r;
	if (unlinkat(in->old, temporary, 0) < 0 && errno != ENOENT)
		return -errno;
	r = make_file(in, in->old, temporary, text, size);
	if (r == 0 && (renameat(in->old, temporary, in->old, PACK_RULES) < 0 || fsync(in->old) < 0))
		r = -errno;
	return r;
}

static int place_link(struct install *in, const char *target)
{
	char temporary[NAME_ROOM];

	if (snprintf(temporary, sizeof(temporary), STAGED, in->rules_name) >= NAME_ROOM)
		return -ENAMETOOLONG;
	if (unlinkat(in->rules_parent, temporary, 0) < 0 && errno != ENOENT)
		return -errno;
	if (symlinkat(target, in->rules_parent, temporary) < 0)
		return -errno;
	if (renameat(in->rules_parent, temporary, in->rules_parent, in->rules_name) < 0) {
		int r = -errno;

		(void) unlinkat(in->rules_parent, temporary, 0);
		return r;
	}
	return fsync(in->rules_parent) < 0 ? -errno : 0;
}

static bool is_same(int fd, const struct stat *other)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_dev == other->st_dev && st.st_ino == other->st_ino;
}

static int link_rules(struct install *in)
{
	char target[PATH_MAX], present[PATH_MAX];
	ssize_t n;
	struct stat st;
	int r;

	if (snprintf(target, sizeof(target), "%s/" PACK_RULES, in->folder) >= (int) sizeof(target))
		return -ENAMETOOLONG;
	n = readlinkat(in->rules_parent, in->rules_name, present, sizeof(present) - 1);
	if (n >= 0) {
		present[n] = '\0';
		if (strcmp(present, target) == 0)
			return 0;
	}
	in->linked_anew = n < 0 && errno == ENOENT;
	r = copy_rules(in);
	if (r == 0 && fstatat(in->rules_parent, in->rules_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		S_ISDIR(st.st_mode))
		r = -EISDIR;
	return r < 0 ? r : place_link(in, target);
}

/* --- the exchange --- */

/* The old folder is away for a moment; it comes back when the new one cannot take its place. */
static int exchange_slowly(const struct install *in)
{
	int r = tree_remove_at(in->parent, in->before);

	if (r < 0)
		return r;
	if (renameat(in->parent, in->name, in->parent, in->before) < 0)
		return -errno;
	if (renameat(in->parent, in->staged, in->parent, in->name) == 0)
		return 0;
	r = -errno;
	(void) renameat(in->parent, in->before, in->parent, in->name);
	return r;
}

/* What was there before keeps the name it has when this fails, and goes with the next pack. */
static void keep_before(const struct install *in)
{
	if (renameat2(in->parent, in->staged, in->parent, in->before, RENAME_EXCHANGE) == 0)
		(void) tree_remove_at(in->parent, in->staged);
	else if (errno == ENOENT)
		(void) renameat(in->parent, in->staged, in->parent, in->before);
	(void) fsync(in->parent);
}

static int exchange(struct install *in)
{
	bool kept = true;
	int r = 0;

	if (in->old < 0)
		r = renameat(in->parent, in->staged, in->parent, in->name) < 0 ? -errno : 0;
	else if (renameat2(in->parent, in->staged, in->parent, in->name, RENAME_EXCHANGE) == 0)
		kept = false;
	else
		r = errno == EINVAL || errno == ENOSYS ? exchange_slowly(in) : -errno;
	if (r < 0)
		return fail(in, r, in->folder);
	in->exchanged = true;
	if (fsync(in->parent) < 0)
		return refuse(in, -EIO, "%s: in place, but may be lost with the power: %s",
			in->folder, strerror(errno));
	if (!kept)
		keep_before(in);
	return 0;
}

static int run(struct install *in, const char *refs_folder)
{
	int r = open_places(in, refs_folder);

	if (r < 0)
		return r;
	if (in->rules_path && in->old >= 0 && is_same(in->rules_parent, &in->owner))
		return refuse(
			in, -EINVAL, "%s: lies in the folder of the references", in->rules_path);
	r = write_staged(in);
	if (r < 0)
		r = fail(in, r, in->folder);
	if (r == 0 && in->rules_path) {
		r = link_rules(in);
		if (r < 0)
			r = fail(in, r, in->rules_path);
	}
	if (r == 0)
		r = exchange(in);
	if (r == 0 || in->exchanged)
		return r;
	if (in->linked_anew)
		(void) unlinkat(in->rules_parent, in->rules_name, 0);
	(void) tree_remove_at(in->parent, in->staged);
	return r;
}

int pack_install(const struct pack *p, const char *rules_path, const char *refs_folder, char *why,
	size_t why_size)
{
	struct install in = {
		.p = p,
		.parent = -1,
		.old = -1,
		.rules_path = rules_path,
		.rules_parent = -1,
		.why = why,
		.why_size = why_size,
	};
	int r = run(&in, refs_folder);

	closep(&in.rules_parent);
	closep(&in.old);
	closep(&in.parent);
	free(in.folder);
	return r;
}
