/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls that fail, or in which the process dies: the linker puts what WRAP() defines before the
 * functions of the C library (-Wl,--wrap=NAME), and the call whose turn it is goes wrong. For a
 * child of the test, since what has died cannot tell.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <sys/types.h>
#include <unistd.h>

#define DIED 99 /* exit status */

static struct {
	int calls, at; /* at: 0: none goes wrong */
	bool dies, no_exchange;
} fault;

static inline bool goes_wrong(void)
{
	if (++fault.calls != fault.at)
		return false;
	if (fault.dies)
		_exit(DIED);
	errno = ENOSPC;
	return true;
}

#define WRAP(type, name, parameters, arguments)                     \
	type __real_##name parameters;                              \
	type __wrap_##name parameters;                              \
	type __wrap_##name parameters                               \
	{                                                           \
		return goes_wrong() ? -1 : __real_##name arguments; \
	}

WRAP(ssize_t, write, (int fd, const void *data, size_t size), (fd, data, size))
WRAP(int, mkdirat, (int fd, const char *name, mode_t mode), (fd, name, mode))
WRAP(int, renameat, (int fd, const char *a, int to, const char *b), (fd, a, to, b))
WRAP(int, symlinkat, (const char *target, int fd, const char *name), (target, fd, name))
WRAP(int, unlinkat, (int fd, const char *name, int flags), (fd, name, flags))
WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode))

int __wrap_fsync(int fd);

/* The disk is not what is tested. */
int __wrap_fsync(int fd)
{
	(void) fd;
	return goes_wrong() ? -1 : 0;
}
