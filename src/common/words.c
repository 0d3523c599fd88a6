/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/words.h"

#include <string.h>

#define SEPARATORS ", \t"

bool words_have(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (list += strspn(list, SEPARATORS); *list; list += strspn(list, SEPARATORS)) {
		size_t n = strcspn(list, SEPARATORS);

		if (n == length && strncmp(list, name, n) == 0)
			return true;
		list += n;
	}
	return false;
}
