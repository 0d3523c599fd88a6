/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which card is meant: names of streams, and who recognises. The list of cards is the test's own.
 */
#include "console/streams.h"

#include <string.h>

#include "tests/tap.h"

struct cards {
	struct card items[4];
	size_t n;
};

size_t cards_count(const struct cards *c)
{
	return c->n;
}

const struct card *cards_at(const struct cards *c, size_t i)
{
	return &c->items[i];
}

#define CARD(n, r, a, re)                                                  \
	{                                                                  \
		.name = (n), .role = (r), .alive = (a), .recognises = (re) \
	}

static const char *name_of(const struct cards *c, size_t i)
{
	static char buf[STREAMS_NAME_MAX];

	return streams_name(c, i, buf);
}

static bool is(const struct card *c, const char *name)
{
	return c && strcmp(c->name, name) == 0;
}

static void test_names(void)
{
	const struct cards usual = { { CARD("left", "cam", 1, 0), CARD("right", "game", 1, 1) },
		2 };
	const struct cards twins = { { CARD("a", "game", 1, 1), CARD("b", "game", 1, 1),
					     CARD("c", "b", 1, 0), CARD("d", "", 0, 0) },
		4 };

	ok(!strcmp(name_of(&usual, 0), "cam") && !strcmp(name_of(&usual, 1), "game"),
		"streams go by roles");
	ok(is(streams_find(&usual, "cam"), "left") && is(streams_find(&usual, "game"), "right") &&
			!streams_find(&usual, "left") && !streams_find(&usual, ""),
		"and are found by them");
	ok(!strcmp(name_of(&twins, 0), "game") && !strcmp(name_of(&twins, 1), "game.b") &&
			!strcmp(name_of(&twins, 2), "b") && !strcmp(name_of(&twins, 3), "d"),
		"no two have the same name");
	for (size_t i = 0; i < twins.n; i++)
		ok(streams_find(&twins, name_of(&twins, i)) == &twins.items[i], "%s is found",
			name_of(&twins, i));
}

static void test_choice(void)
{
	const struct cards none = { .n = 0 };
	const struct cards away = {
		{ CARD("a", "cam", 1, 0), CARD("b", "x", 0, 1), CARD("c", "y", 1, 1) }, 3
	};
	const struct cards blind = { { CARD("a", "cam", 0, 0), CARD("b", "other", 1, 0) }, 2 };
	const struct cards gone = { { CARD("a", "cam", 0, 0), CARD("b", "game", 0, 1) }, 2 };
	const struct cards game = { { CARD("a", "cam", 1, 1), CARD("b", "game", 1, 0) }, 2 };

	ok(!streams_recogniser(&none) && !streams_picture(&none), "without cards there is none");
	ok(is(streams_recogniser(&away), "c") && is(streams_picture(&away), "c"),
		"one that is there before one that is away");
	ok(is(streams_recogniser(&blind), "b") && is(streams_picture(&blind), "b"),
		"when none recognises, the first that is there");
	ok(is(streams_recogniser(&gone), "b") && is(streams_picture(&gone), "b"),
		"when none is there, the one it would be");
	ok(is(streams_recogniser(&game), "a") && is(streams_picture(&game), "b"),
		"the picture is that of the game");
}

int main(void)
{
	test_names();
	test_choice();
	return tap_done();
}
