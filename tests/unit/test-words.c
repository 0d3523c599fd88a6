/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names in a list. */
#include "common/words.h"

#include "tests/tap.h"

int main(void)
{
	ok(words_have("PLAYING", "PLAYING") && words_have("SELECT,PLAYING", "PLAYING") &&
			words_have("SELECT, PLAYING", "SELECT"),
		"a name among others");
	ok(words_have(" ,\tSELECT\t, ,PLAYING ,", "PLAYING"), "whatever parts them");
	ok(!words_have("PLAYING", "PLAY") && !words_have("PLAY", "PLAYING"), "whole names only");
	ok(!words_have("", "PLAYING") && !words_have(" , ", "PLAYING"), "none in an empty list");
	ok(!words_have("PLAYING", "") && !words_have("", ""), "no name is in none");
	return tap_done();
}
