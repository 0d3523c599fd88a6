/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings that may be left out. */
#pragma once

#include <errno.h>
#include <string.h>

/* NULL and "" are both NULL. 0 or -ENOMEM. */
static inline int copy_text(char **ret, const char *text)
{
	if (!text || !*text)
		return 0;
	*ret = strdup(text);
	return *ret ? 0 : -ENOMEM;
}
