/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/utf8.h"

#include <string.h>

#include "common/cleanup.h"

size_t utf8_decode(const char *text, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *t = (const unsigned char *) text;
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
	*ret = code;
	return n;
}

bool utf8_is_clean(const char *text)
{
	uint32_t code;
	size_t n;

	for (; *text; text += n) {
		n = utf8_decode(text, &code);
		if (n == 0 || code < 0x20 || (code >= 0x7f && code < 0xa0))
			return false;
	}
	return true;
}

const char *utf8_text(const char *text, char *buf, size_t size)
{
	size_t at = 0, n;
	uint32_t code;

	for (; *text; text += n ? n : 1) {
		n = utf8_decode(text, &code);
		if (at + MAX(n, 1) >= size)
			break;
		if (n)
			memcpy(buf + at, text, n);
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
