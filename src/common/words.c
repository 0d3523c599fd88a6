/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/words.h"

#include <string.h>

const char *words_next(const char **list, size_t *ret_length)
{
	const char *word = *list + strspn(*list, WORDS_SEPARATORS);
	const size_t n = strcspn(word, WORDS_SEPARATORS);

	*list = word + n;
	if (n == 0)
		return NULL;
	*ret_length = n;
	return word;
}

bool words_have(const char *list, const char *name)
{
	const size_t length = strlen(name);
	const char *word;
	size_t n;

	while ((word = words_next(&list, &n)))
		if (n == length && strncmp(word, name, n) == 0)
			return true;
	return false;
}
