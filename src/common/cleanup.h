/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scope-bound clean-up and a few macros that every file may use. */
#pragma once

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define CLAMP(v, lo, hi) ((v) < (lo) ? (lo) : (v) > (hi) ? (hi) : (v))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* Runs fn(&variable) when the variable leaves its scope. */
#define _cleanup_(fn) __attribute__((cleanup(fn)))

/* Gives the pointer away: its value is returned and the variable is NULL, so clean-up skips it. */
#define TAKE_PTR(p)                            \
	({                                     \
		__typeof__(p) *take_ = &(p);   \
		__typeof__(p) value_ = *take_; \
		*take_ = NULL;                 \
		value_;                        \
	})

#define TAKE_FD(fd)                  \
	({                           \
		int *take_ = &(fd);  \
		int value_ = *take_; \
		*take_ = -1;         \
		value_;              \
	})

/* Makes x_freep() out of a destructor x_free() that takes NULL. */
#define DEFINE_CLEANUP(type, fn)          \
	static inline void fn##p(type *p) \
	{                                 \
		if (*p)                   \
			fn(*p);           \
	}

static inline void freep(void *p)
{
	free(*(void **) p);
}

static inline void closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void fclosep(FILE **f)
{
	if (*f)
		fclose(*f);
}

static inline void closedirp(DIR **d)
{
	if (*d)
		closedir(*d);
}
