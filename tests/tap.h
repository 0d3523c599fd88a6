/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Test Anything Protocol for unit tests: ok(condition, name …); return tap_done(). */
#pragma once

#undef NDEBUG
#include <stdarg.h>
#include <stdio.h>

static int tap_count, tap_failed;

__attribute__((format(printf, 5, 6))) static inline void tap_result(
	int good, const char *file, int line, const char *what, const char *name, ...)
{
	va_list ap;

	printf("%sok %d - ", good ? "" : "not ", ++tap_count);
	va_start(ap, name);
	vprintf(name, ap);
	va_end(ap);
	putchar('\n');
	if (!good) {
		tap_failed++;
		printf("# %s:%d: %s\n", file, line, what);
	}
	fflush(stdout);
}

/* name may be a format with arguments. */
#define ok(cond, ...) tap_result(!!(cond), __FILE__, __LINE__, #cond, __VA_ARGS__)

static inline int tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed ? 1 : 0;
}
