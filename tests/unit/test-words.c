/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names in a list. */
#include "common/words.h"

#include <string.h>

#include "tests/tap.h"

int main(void)
{
	const char *list = ", one\ttwo,,three ";
	size_t n = 0;

	ok(words_have("PLAYING", "PLAYING") && words_have("SELECT,PLAYING", "PLAYING") &&
			words_have("SELECT, PLAYING", "SELECT"),
		"a name among others");
	ok(words_have(" ,\tSELECT\t, ,PLAYING ,", "PLAYING"), "whatever parts them");
	ok(!words_have("PLAYING", "PLAY") && !words_have("PLAY", "PLAYING"), "whole names only");
	ok(!words_have("", "PLAYING") && !words_have(" , ", "PLAYING"), "none in an empty list");
	ok(!words_have("PLAYING", "") && !words_have("", ""), "no name is in none");
	ok(!strncmp(words_next(&list, &n), "one", 3) && n == 3 &&
			!strncmp(words_next(&list, &n), "two", 3) && n == 3 &&
			!strncmp(words_next(&list, &n), "three", 5) && n == 5 &&
			!words_next(&list, &n) && !words_next(&list, &n),
		"one after the other");
	return tap_done();
}
