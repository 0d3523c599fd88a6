/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pack/pack-folder.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/log.h"
#include "common/tree.h"
#include "media/av-log.h"
#include "pack/pack.h"

/*
 * The child's part: to make the folder, to say so, and to remove it when its parent has gone. Since
 * it is the child who makes it, there is no moment at which nobody is there to remove it. Signals
 * are blocked: what ends a process group with Ctrl-C must not end the child before its work is
 * done.
 */
static void keep_folder(int fd, char *path)
{
	int r = mkdtemp(path) ? 0 : -errno;
	struct iovec parts[] = { { &r, sizeof(r) }, { path, strlen(path) } };
	/* A parent that has gone does not hear it, and the folder goes at once. */
	bool heard = writev(fd, parts, r < 0 ? 1 : 2) > 0;
	char byte;

	if (r == 0 && heard)
		while (read(fd, &byte, 1) < 0 && errno == EINTR)
			;
	_exit(r < 0 || tree_remove_at(AT_FDCWD, path) < 0);
}

/* path: what mkdtemp() takes, and then what it made */
static int hear_keeper(int fd, char *path)
{
	int r;
	struct iovec parts[] = { { &r, sizeof(r) }, { path, strlen(path) } };

	return readv(fd, parts, 2) < (ssize_t) sizeof(r) ? -EIO : r;
}

static int make_folder(struct pack_folder *f, char *path)
{
	int fds[2], r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	f->remover = fork();
	if (f->remover == 0) {
		close(fds[1]);
		keep_folder(fds[0], path);
	}
	r = f->remover < 0 ? -errno : 0;
	close(fds[0]);
	if (r == 0)
		r = hear_keeper(fds[1], path);
	if (r == 0) {
		f->temporary = path;
		f->held = fds[1];
		return 0;
	}
	close(fds[1]);
	if (f->remover > 0)
		(void) waitpid(f->remover, NULL, 0);
	f->remover = 0;
	return r;
}

static int make_temporary(struct pack_folder *f)
{
	const char *parent = getenv("TMPDIR");
	_cleanup_(freep) char *path = NULL;
	sigset_t all, before;
	int r;

	if (asprintf(&path, "%s/egm-pack.XXXXXX", parent && *parent ? parent : "/tmp") < 0) {
		path = NULL;
		return log_error_errno(ENOMEM, "%m");
	}
	/* No signal comes to the child, and none before it is known that there is one. */
	sigfillset(&all);
	(void) sigprocmask(SIG_BLOCK, &all, &before);
	r = make_folder(f, path);
	(void) sigprocmask(SIG_SETMASK, &before, NULL);
	if (r < 0)
		return log_error_errno(r, "Cannot make the folder %s: %m", path);
	path = NULL; /* f's */
	if (asprintf(&f->refs, "%s/refs", f->temporary) >= 0)
		return 0;
	f->refs = NULL;
	return log_error_errno(ENOMEM, "%m");
}

int pack_folder_open(struct pack_folder *ret, const char *pack)
{
	_cleanup_(pack_freep) struct pack *p = NULL;
	char why[256];
	int r;

	*ret = (struct pack_folder){ 0 };
	avlog_capture();
	r = pack_open(&p, pack, why, sizeof(why));
	if (r < 0)
		return log_error_errno(r, "%s: %s", pack, why);
	r = rules_copy(&ret->rules, pack_rules(p));
	if (r < 0)
		return log_error_errno(r, "%m");
	r = make_temporary(ret);
	if (r < 0)
		return r;
	r = pack_install(p, NULL, ret->refs, why, sizeof(why));
	return r < 0 ? log_error_errno(r, "%s: %s", pack, why) : 0;
}

void pack_folder_deinit(struct pack_folder *f)
{
	if (f->temporary) {
		close(f->held);
		while (waitpid(f->remover, NULL, 0) < 0 && errno == EINTR)
			;
	}
	free(f->temporary);
	free(f->refs);
	rules_free(f->rules);
	*f = (struct pack_folder){ 0 };
}

const char *pack_folder_shown(const struct pack_folder *f, const char *path)
{
	size_t size = f->temporary ? strlen(f->temporary) : 0;

	return size && strncmp(path, f->temporary, size) == 0 && path[size] == '/' ? path + size + 1
										   : path;
}
