/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/source.h"

#include <stdarg.h>

const char *signal_name(enum signal signal)
{
	static const char *const names[_SIGNAL_MAX] = {
		[SIGNAL_UNKNOWN] = "unknown",
		[SIGNAL_OK] = "ok",
		[SIGNAL_NO_DEVICE] = "no-device",
		[SIGNAL_NO_CABLE] = "no-cable",
		[SIGNAL_NO_SIGNAL] = "no-signal",
		[SIGNAL_NO_SYNC] = "no-sync",
		[SIGNAL_UNSUPPORTED] = "unsupported-timings",
	};

	return signal < _SIGNAL_MAX ? names[signal] : "?";
}

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
