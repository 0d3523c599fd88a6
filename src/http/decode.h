/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts as they stand in a request. Pure; any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Decodes "%41" of size bytes, and '+' where plus is true, into buf with a NUL behind. Returns the
 * length; -EINVAL: a NUL, a broken %, or no UTF-8; -ENAMETOOLONG. */
int decode_percent(const char *text, size_t size, bool plus, char *buf, size_t buf_size);

/* The same for one part of a path: a slash, a backslash, "." and ".." are -EINVAL, too. */
int decode_part(const char *text, size_t size, char *buf, size_t buf_size);

/* Finds "name=value" in a query. Value as it was sent, with its length; NULL: it is not there. */
const char *decode_find_parameter(const char *query, const char *name, size_t *ret_size);

/* Finds a cookie in a Cookie header likewise. */
const char *decode_find_cookie(const char *header, const char *name, size_t *ret_size);

/* Does a list such as "keep-alive, Upgrade" have the word, whatever its case? */
bool decode_list_has(const char *list, const char *word);
