/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words for terminals, and tables. */
#include "egmctl/show.h"

#include <string.h>

#include "tests/tap.h"

static char buf[SHOW_TEXT_MAX];

static bool becomes(const char *text, size_t width, const char *expected)
{
	const char *found = show_clean(text, width, buf);

	if (strcmp(found, expected) != 0)
		printf("# \"%s\" instead of \"%s\"\n", found, expected);
	return strcmp(found, expected) == 0;
}

static void test_clean(void)
{
	char text[4 * SHOW_TEXT_MAX];

	ok(becomes("Größe €, 日本", 64, "Größe €, 日本"), "what is no trick stays");
	ok(becomes(NULL, 64, "") && becomes("", 64, ""), "nothing is nothing");
	ok(becomes("a\033[31mb\tc\nd\x7f", 64, "a?[31mb?c?d?"), "controls");
	ok(becomes("a\xc2\x9b"
		   "31m",
		   64, "a?31m"),
		"controls of eight bits");
	ok(becomes("a\xe2\x80\xae"
		   "b\xe2\x81\xa6"
		   "c\xe2\x80\x8b"
		   "d",
		   64, "a?b?c?d"),
		"direction of writing, and what has no width");
	ok(becomes("a\xff"
		   "b\xc3",
		   64, "a?b?"),
		"bytes that are no UTF-8");
	ok(becomes("\xc0\xaf\xe0\x80\xaf\xed\xa0\x80", 64, "????????"),
		"overlong forms and surrogates");
	ok(becomes("abcdef", 6, "abcdef") && becomes("abcdefg", 6, "abcde…"), "cut at the width");
	ok(becomes("äöüß", 3, "äö…"), "which counts characters");
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	show_clean(text, SIZE_MAX, buf);
	ok(strlen(buf) < SHOW_TEXT_MAX && strstr(buf, "x…"), "and at the end of the buffer");
	for (size_t i = 0; i + 4 < sizeof(text); i += 4)
		memcpy(text + i, "\xf0\x9f\x98\x80", 4);
	show_clean(text, SIZE_MAX, buf);
	ok(strlen(buf) < SHOW_TEXT_MAX && strstr(buf, "\x80…"), "where a character is not cut");
	ok(show_width("äöü…") == 4, "width in characters");
}

static void test_figures(void)
{
	char text[32];

	ok(strcmp(show_bitrate(0, text), "-") == 0, "no bitrate");
	ok(strcmp(show_bitrate(96000, text), "96 kb/s") == 0, "a small one");
	ok(strcmp(show_bitrate(2980000, text), "2.98 Mb/s") == 0, "a large one");
	ok(strcmp(show_bytes(0, text), "0 B") == 0, "no bytes");
	ok(strcmp(show_bytes(3 << 20, text), "3.0 MiB") == 0, "some");
	ok(strlen(show_bytes(UINT64_MAX, text)) < 32 && strstr(text, "TiB"), "all of them");
	ok(strcmp(show_time(0, text), "-") == 0, "no time");
	ok(strcmp(show_time(UINT64_C(1700000000000000), text), "2023-11-14 22:13:20") == 0,
		"another day's time has its date");
	ok(*show_time(UINT64_MAX, text), "no time of this world");
}

static char *print(const struct show_table *t, size_t width, bool colour)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	show_table_print(t, f, width, colour);
	fclose(f);
	return text;
}

static void test_table(void)
{
	static const char *const headers[] = { "A", "BEE", NULL };
	_cleanup_(show_table_freep) struct show_table *t = show_table_new(headers);
	_cleanup_(freep) char *text = print(t, 0, false);

	ok(strcmp(text, "A  BEE\n") == 0, "a table without rows");
	show_cell(t, SHOW_GOOD, "%s", "größer");
	show_cell(t, SHOW_PLAIN, "%d", 5);
	show_cell(t, SHOW_PLAIN, "%s", "");
	show_cell(t, SHOW_BAD, "%s", "x\033[2J");
	free(text);
	text = print(t, 0, false);
	ok(strcmp(text, "A       BEE\ngrößer  5\n-       x?[2J\n") == 0, "columns, cleaned");
	free(text);
	text = print(t, 9, false);
	ok(strcmp(text, "A       …\ngrößer  5\n-       …\n") == 0, "cut at the terminal's width");
	free(text);
	text = print(t, 0, true);
	ok(strcmp(text, "A       BEE\n\033[32mgrößer\033[0m  5\n-       \033[31mx?[2J\033[0m\n") ==
			0,
		"in colours, which have no width");
}

static void test_limits(void)
{
	static const char *const headers[] = { "A", NULL };
	_cleanup_(show_table_freep) struct show_table *t = show_table_new(headers);
	_cleanup_(freep) char *text = NULL;
	size_t lines = 0;
	char all[200];

	memset(all, 'y', sizeof(all));
	for (int i = 0; i < SHOW_ROWS_MAX + 10; i++)
		show_cell(t, SHOW_PLAIN, "%.*s", (int) sizeof(all), all);
	text = print(t, 0, false);
	for (const char *p = text; *p; p++)
		lines += *p == '\n';
	ok(lines == SHOW_ROWS_MAX + 1, "rows have a limit: %zu", lines);
	ok(strcspn(strchr(text, '\n') + 1, "\n") == SHOW_CELL_MAX - 1 + strlen("…"),
		"cells have one");
}

static void test_members(void)
{
	json_t *o =
		json_pack("{s:s, s:i, s:f, s:b, s:i}", "s", "x", "n", 5, "d", 1.5, "b", 1, "m", -5);

	ok(strcmp(show_string(o, "s"), "x") == 0 && strcmp(show_string(o, "n"), "") == 0 &&
			strcmp(show_string(NULL, "s"), "") == 0,
		"strings");
	ok(show_number(o, "n") == 5 && show_number(o, "m") == 0 && show_number(o, "s") == 0,
		"numbers");
	ok(show_real(o, "d") == 1.5 && show_real(o, "n") == 5 && show_real(o, "s") == 0, "reals");
	ok(show_true(o, "b") && !show_true(o, "n") && !show_true(o, "z"), "truths");
	json_decref(o);
	ok(show_json(NULL) == -ENOMEM, "no object is no memory");
}

int main(void)
{
	setenv("TZ", "UTC", 1);
	test_clean();
	test_figures();
	test_table();
	test_limits();
	test_members();
	return tap_done();
}
