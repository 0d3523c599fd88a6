/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/card.h"

#include "common/cleanup.h"
#include "tests/tap.h"

static void test_names(void)
{
	static const char *const good[] = { "left", "a1_", "a", "hdmi_1",
		"abcdefghijklmnopqrstuvwxyz01234" };
	static const char *const bad[] = { "", "1a", "_a", "Left", "a-b", "a/b", "a b", "..",
		"\xc3\xa4", "a\n", "abcdefghijklmnopqrstuvwxyz012345" };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		ok(card_is_name(good[i]), "%s is a name", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ok(!card_is_name(bad[i]), "and this is none: %zu", i);
}

static void test_units(void)
{
	static const char *const others[] = { "", "egm-streamer@.service",
		"egm-streamer@a.service.d", "egm-streamer@A.service", "egm-streamer@a.socket",
		"egm-streamer.service", "xgm-streamer@a.service",
		"egm-streamer@abcdefghijklmnopqrstuvwxyz012345.service" };
	static const char longest[] = "abcdefghijklmnopqrstuvwxyz01234";
	char unit[CARD_UNIT_MAX], card[CARD_NAME_MAX] = "kept";

	ok(strcmp(card_unit("left", unit), "egm-streamer@left.service") == 0, "a unit");
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		ok(!card_of_unit(others[i], card) && strcmp(card, "kept") == 0, "no card's: %s",
			others[i]);
	ok(card_of_unit("egm-streamer@left.service", card) && strcmp(card, "left") == 0,
		"its card");
	ok(card_of_unit(card_unit(longest, unit), card) && strcmp(card, longest) == 0,
		"also the longest: %s", unit);
}

int main(void)
{
	test_names();
	test_units();
	return tap_done();
}
