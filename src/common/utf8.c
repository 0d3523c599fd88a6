/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/utf8.h"

#include <stdint.h>
#include <string.h>

#include "common/cleanup.h"

/* How many bytes the well-formed character has that text begins with; 0: it is none. */
static size_t character(const unsigned char *t)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = *t < 0x80 ? 1 : *t >= 0xf0 ? 4 : *t >= 0xe0 ? 3 : *t >= 0xc0 ? 2 : 0;
	uint32_t code = n > 1 ? *t & (0xffU >> (n + 1)) : *t;

	for (size_t i = 1; i < n; i++) {
		if ((t[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (t[i] & 0x3f);
	}
	if (*t >= 0xf8 || n == 0 || code < least[n] || code > 0x10ffff ||
		(code >= 0xd800 && code < 0xe000))
		return 0;
	return n;
}

const char *utf8_text(const char *text, char *buf, size_t size)
{
	const unsigned char *t = (const unsigned char *) text;
	size_t at = 0, n;

	for (; *t; t += n ? n : 1) {
		n = character(t);
		if (at + MAX(n, 1) >= size)
			break;
		if (n)
			memcpy(buf + at, t, n);
		else
			buf[at] = '?';
		at += MAX(n, 1);
	}
	buf[at] = '\0';
	return buf;
}

json_t *utf8_json(const char *text)
{
	char mended[UTF8_TEXT_MAX];
	json_t *j = json_string(text);

	return j ? j : json_string(utf8_text(text, mended, sizeof(mended)));
}
