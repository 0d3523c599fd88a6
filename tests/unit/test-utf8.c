/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/utf8.h"

#include <stdbool.h>
#include <string.h>

#include "common/cleanup.h"
#include "tests/tap.h"

static void test_text(void)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{ "", "" }, { "plain", "plain" },
		{ "\xe5\xbd\xa9 \xf0\x9f\x8e\xae", "\xe5\xbd\xa9 \xf0\x9f\x8e\xae" },
		{ "caf\xe9!", "caf?!" }, { "\xe5\xbd", "??" },
		{ "\xc0\xaf", "??" },                                 /* '/' made long */
		{ "\xed\xa0\x80", "???" },                            /* half of a pair */
		{ "\xf5\x80\x80\x80", "????" },                       /* beyond the last one */
		{ "0123456789abcde\xe5\xbd\xa9", "0123456789abcde" }, /* does not fit whole */
	};
	char buf[18];
	bool all = true;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		all = all &&
		      strcmp(utf8_text(cases[i].text, buf, sizeof(buf)), cases[i].wanted) == 0;
	ok(all, "texts become what the bus and JSON can carry");
}

static void test_clean(void)
{
	static const char *const good[] = { "", "plain ~", "\xc2\xa0", "\xe5\xbd\xa9",
		"\xed\x9f\xbf", "\xf0\x9f\x8e\xae", "\xf4\x8f\xbf\xbf" };
	static const char *const bad[] = { "\n", "a\x1f", "\x7f", "a\xc2\x80", "\xc2\x9f",
		"caf\xe9", "\xe5\xbd", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf",
		"\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\x80" };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		ok(utf8_is_clean(good[i]), "clean: %zu", i);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ok(!utf8_is_clean(bad[i]), "not clean: %zu", i);
}

static bool becomes(const char *text, const char *wanted)
{
	json_t *j = utf8_json(text);
	bool good = j && strcmp(json_string_value(j), wanted) == 0;

	json_decref(j);
	return good;
}

static void test_json(void)
{
	char longer[UTF8_TEXT_MAX + 20];

	ok(becomes("caf\xc3\xa9\n", "caf\xc3\xa9\n"), "what is UTF-8 stays as it is");
	ok(becomes("caf\xe9 \xc3\xa9", "caf? \xc3\xa9"), "what is not is mended, and no more");
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	ok(becomes(longer, longer), "a long one is not cut");
	longer[0] = '\xe9';
	longer[UTF8_TEXT_MAX] = '\0';
	ok(!becomes(longer, longer) && !becomes(longer, ""), "a long one that is mended may be");
}

int main(void)
{
	test_text();
	test_clean();
	test_json();
	return tap_done();
}
