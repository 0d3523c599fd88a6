/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "import/import-backup.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <sys/file.h>

#include "common/file.h"
#include "common/fnv.h"
#include "common/run.h"
#include "common/tree.h"
#include "common/usec.h"

/* Services have a minute and a half to stop, unless their units say otherwise. */
#define SYSTEMCTL_USEC (300 * USEC_PER_SEC)

int import_why(int r, char *why, size_t why_size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, why_size, fmt, ap);
	va_end(ap);
	return r;
}

uint64_t import_sum(const void *data, size_t size)
{
	return fnv64(FNV64_BEGIN, data, size);
}

/* ---- files ---- */

void import_file_deinit(struct import_file *f)
{
	if (f->data)
		explicit_bzero(f->data, f->size);
	free(f->data);
	free(f->target);
	*f = (struct import_file){ 0 };
}

static int read_data(int fd, struct import_file *f)
{
	size_t room = (size_t) f->st.st_size;

	if (f->st.st_size > IMPORT_FILE_MAX)
		return -EFBIG;
	f->data = malloc(room + 1);
	if (!f->data)
		return -ENOMEM;
	while (f->size < room) {
		ssize_t n = read(fd, f->data + f->size, room - f->size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		f->size += (size_t) n;
	}
	f->data[room] = '\0';
	return 0;
}

static int read_link(int folder, const char *name, struct import_file *f)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(folder, name, target, sizeof(target) - 1);

	if (n < 0)
		return -errno;
	target[n] = '\0';
	f->target = strdup(target);
	return f->target ? 0 : -ENOMEM;
}

int import_file_read(int folder, const char *name, struct import_file *ret)
{
	_cleanup_(closep) int fd = -1;
	int r;

	*ret = (struct import_file){ 0 };
	if (fstatat(folder, name, &ret->st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (S_ISLNK(ret->st.st_mode))
		return read_link(folder, name, ret);
	if (!S_ISREG(ret->st.st_mode))
		return -EINVAL;
	fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &ret->st) < 0)
		return -errno;
	r = S_ISREG(ret->st.st_mode) ? read_data(fd, ret) : -EINVAL;
	if (r < 0)
		import_file_deinit(ret);
	return r;
}

static int make_link(int folder, const char *name, const struct import_file *f)
{
	const struct timespec times[] = { f->st.st_atim, f->st.st_mtim };

	if (symlinkat(f->target, folder, name) < 0 ||
		(geteuid() == 0 && fchownat(folder, name, f->st.st_uid, f->st.st_gid,
					   AT_SYMLINK_NOFOLLOW) < 0) ||
		utimensat(folder, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return 0;
}

static int make_file(int folder, const char *name, const struct import_file *f, bool times)
{
	const struct timespec stamps[] = { f->st.st_atim, f->st.st_mtim };
	_cleanup_(closep) int fd =
		openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct stat owner = f->st;
	int r;

	if (fd < 0 || (!times && fstat(folder, &owner) < 0))
		return -errno;
	if (geteuid() == 0 && fchown(fd, owner.st_uid, owner.st_gid) < 0)
		return -errno;
	r = file_write_full(fd, f->data, f->size);
	if (r < 0)
		return r;
	/* After the owner, since that takes bits away. */
	if (fchmod(fd, f->st.st_mode & 07777) < 0 ||
		(f->st.st_mtim.tv_sec != 0 && futimens(fd, stamps) < 0) || fsync(fd) < 0)
		return -errno;
	return 0;
}

/* The dot hides it from whoever lists the folder meanwhile. */
static void name_temporary(const char *name, char ret[static NAME_MAX + 1])
{
	snprintf(ret, NAME_MAX + 1, ".%.200s.egm-import", name);
}

void import_file_tidy(int folder, const char *name)
{
	char temporary[NAME_MAX + 1];

	name_temporary(name, temporary);
	(void) unlinkat(folder, temporary, 0);
}

int import_file_write(int folder, const char *name, const struct import_file *f, bool times)
{
	char temporary[NAME_MAX + 1];
	int r;

	name_temporary(name, temporary);
	(void) unlinkat(folder, temporary, 0);
	r = f->target ? make_link(folder, temporary, f) : make_file(folder, temporary, f, times);
	if (r == 0 && renameat(folder, temporary, folder, name) < 0)
		r = -errno;
	if (r < 0)
		(void) unlinkat(folder, temporary, 0);
	else if (fsync(folder) < 0)
		r = -errno;
	return r;
}

int import_folder_open(const char *root, const char *path, bool create, const char **ret_name)
{
	_cleanup_(freep) char *full = import_path(root, path);
	char *slash;

	if (!full)
		return -ENOMEM;
	*ret_name = strrchr(path, '/') + 1;
	slash = strrchr(full, '/');
	*slash = '\0';
	if (!create && access(slash == full ? "/" : full, F_OK) < 0)
		return -errno;
	return tree_open(slash == full ? "/" : full, 0755);
}

void import_folders_remove(const char *root, const json_t *folders)
{
	for (size_t i = json_array_size(folders); i > 0; i--) {
		const char *path = json_string_value(json_array_get(folders, i - 1)), *name;
		_cleanup_(closep) int folder =
			path && *path == '/' ? import_folder_open(root, path, false, &name) : -1;

		if (folder >= 0)
			(void) unlinkat(folder, name, AT_REMOVEDIR);
	}
}

/* ---- the folder of backups ---- */

int import_backup_open(const char *root, bool create)
{
	const char *name;
	_cleanup_(closep) int parent = import_folder_open(root, IMPORT_BACKUP, create, &name);
	_cleanup_(closep) int fd = -1;
	struct stat st;

	if (parent < 0)
		return parent;
	if (create && mkdirat(parent, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_uid != geteuid() || (st.st_mode & 022))
		return -EPERM;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	return TAKE_FD(fd);
}

static DIR *list(int backup)
{
	int fd = openat(backup, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;

	if (!d && fd >= 0)
		close(fd);
	return d;
}

int import_backup_newest(int backup)
{
	DIR *d = list(backup);
	const struct dirent *e;
	int newest = 0;

	if (!d)
		return -errno;
	while ((e = readdir(d))) {
		int number = atoi(e->d_name);

		if (strspn(e->d_name, "0123456789") == 4 && !e->d_name[4] && number > newest)
			newest = number;
	}
	closedir(d);
	return newest;
}

int import_backup_tidy(int backup)
{
	DIR *d = list(backup);
	const struct dirent *e;
	int r = 0;

	if (!d)
		return -errno;
	while (r == 0 && (e = readdir(d)))
		if (e->d_name[0] == '.' && strcmp(e->d_name, ".") != 0 &&
			strcmp(e->d_name, "..") != 0)
			r = tree_remove_at(backup, e->d_name);
	closedir(d);
	return r;
}

void import_backup_remove(const char *root)
{
	const char *name;
	_cleanup_(closep) int parent = import_folder_open(root, IMPORT_BACKUP, false, &name);

	if (parent >= 0)
		(void) unlinkat(parent, name, AT_REMOVEDIR);
}

/* ---- systemd ---- */

int import_systemctl(const char *systemctl, const char *verb, const json_t *units)
{
	const char *argv[IMPORT_UNITS_MAX + 4] = { systemctl, verb };
	const struct run how = { .timeout_usec = SYSTEMCTL_USEC, .apart = true };
	size_t n = 2;
	int r;

	if (!systemctl || (units && json_array_size(units) == 0))
		return 0;
	if (units)
		argv[n++] = "--";
	for (size_t i = 0; i < json_array_size(units) && n < ARRAY_SIZE(argv) - 1; i++)
		if (json_is_string(json_array_get(units, i)))
			argv[n++] = json_string_value(json_array_get(units, i));
	r = run_program(argv, &how);
	return r == 0 || r == -ETIMEDOUT ? r : -EIO;
}
