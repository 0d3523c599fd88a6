/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/source.h"

#include <stdarg.h>

struct source *source_free(struct source *s)
{
	if (s)
		s->ops->free(s);
	return NULL;
}

int source_fail(struct source *s, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void) vsnprintf(s->reason, sizeof(s->reason), fmt, ap);
	va_end(ap);
	return err;
}
