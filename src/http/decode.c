/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "http/decode.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "common/cleanup.h"
#include "common/utf8.h"

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char) (c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_utf8(const char *text)
{
	uint32_t c;

	while (*text) {
		size_t n = utf8_decode(text, &c);

		if (n == 0)
			return false;
		text += n;
	}
	return true;
}

int decode_percent(const char *text, size_t size, bool plus, char *buf, size_t buf_size)
{
	size_t n = 0;

	for (size_t i = 0; i < size; i++) {
		char c = text[i];

		if (c == '%') {
			int high = i + 2 < size ? hex(text[i + 1]) : -1;
			int low = high >= 0 ? hex(text[i + 2]) : -1;

			if (low < 0)
				return -EINVAL;
			c = (char) (high << 4 | low);
			i += 2;
		} else if (plus && c == '+') {
			c = ' ';
		}
		if (c == '\0')
			return -EINVAL;
		if (n + 1 >= buf_size)
			return -ENAMETOOLONG;
		buf[n++] = c;
	}
	buf[n] = '\0';
	return is_utf8(buf) ? (int) n : -EINVAL;
}

int decode_part(const char *text, size_t size, char *buf, size_t buf_size)
{
	int n = decode_percent(text, size, false, buf, buf_size);

	if (n < 0)
		return n;
	if (!utf8_is_clean(buf) || strchr(buf, '/') || strchr(buf, '\\') || strcmp(buf, ".") == 0 ||
		strcmp(buf, "..") == 0)
		return -EINVAL;
	return n;
}

/* Finds name=value among what separators part, each with blanks in front. */
static const char *find(
	const char *text, const char *separators, const char *name, size_t *ret_size)
{
	size_t n = strlen(name);

	while (*text) {
		size_t size;

		text += strspn(text, " \t");
		size = strcspn(text, separators);
		if (size > n && text[n] == '=' && memcmp(text, name, n) == 0) {
			*ret_size = size - n - 1;
			return text + n + 1;
		}
		text += size;
		text += *text != '\0';
	}
	return NULL;
}

const char *decode_find_parameter(const char *query, const char *name, size_t *ret_size)
{
	return find(query, "&", name, ret_size);
}

const char *decode_find_cookie(const char *header, const char *name, size_t *ret_size)
{
	return find(header, ";", name, ret_size);
}

bool decode_list_has(const char *list, const char *word)
{
	size_t n = strlen(word);

	while (*list) {
		size_t size;

		list += strspn(list, " \t,");
		size = strcspn(list, " \t,");
		if (size == n && strncasecmp(list, word, n) == 0)
			return true;
		list += size;
	}
	return false;
}
