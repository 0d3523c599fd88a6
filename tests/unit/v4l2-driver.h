/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libv4l2's ioctl, defined by a test whose driver is driver_ioctl(), which it defines: 0 or an
 * errno. Included once. */
#pragma once

#include <errno.h>
#include <libv4l2.h>
#include <stdarg.h>

static int driver_ioctl(unsigned long request, void *arg);

int v4l2_ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;

	(void) fd;
	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	errno = driver_ioctl(request, arg);
	return errno ? -1 : 0;
}
