/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of names as people write them into one setting. Pure; any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define WORDS_SEPARATORS ", \t"

/* Is the name one of those in the list, which commas, spaces or tabs part? */
bool words_have(const char *list, const char *name);

/* The next word of the list, which is moved behind it; its length in *ret_length, without an end.
 * NULL: there is no more. */
const char *words_next(const char **list, size_t *ret_length);
