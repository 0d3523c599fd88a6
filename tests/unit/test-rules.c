/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/rules.h"

#include <errno.h>
#include <string.h>

#include "tests/tap.h"

static struct state three_rois(void)
{
	static char *const names[] = { "spin", "banner", "dialog-2" };
	struct state s = { .n_rois = 3 };

	for (int i = 0; i < 3; i++)
		s.rois[i].name = names[i];
	return s;
}

/* Parsed, these ops; written back, this text, which gives the same ops. */
static void check_match(const char *text, const char *ops, const char *expected)
{
	static const char letters[] = "&|!"; /* AND OR NOT */
	struct state s = three_rois(), again = three_rois();
	_cleanup_(freep) char *back = NULL;
	char why[128] = "", found[RULES_OPS_MAX + 1] = "";
	int r = rules_parse_match(&s, text, why, sizeof(why));

	for (int i = 0; r == 0 && i < s.n_ops; i++)
		found[i] = s.ops[i] < 0 ? letters[-s.ops[i] - 1] : (char) ('0' + s.ops[i]);
	ok(r == 0 && strcmp(found, ops) == 0, "%s: %s %s", text, found, why);
	back = rules_format_match(&s);
	ok(back && strcmp(back, expected) == 0, "is written %s", back ? back : "?");
	ok(back && rules_parse_match(&again, back, why, sizeof(why)) == 0 &&
			again.n_ops == s.n_ops && memcmp(again.ops, s.ops, (size_t) s.n_ops) == 0,
		"and read again");
}

static void refuse_match(const char *text, const char *words)
{
	struct state s = three_rois();
	char why[128] = "";

	s.n_ops = 1;
	ok(rules_parse_match(&s, text, why, sizeof(why)) == -EINVAL && strstr(why, words) &&
			s.n_ops == 1 && s.ops[0] == 0,
		"'%s' %s", text, why);
}

static void test_match(void)
{
	check_match("spin", "0", "spin");
	check_match(
		"spin AND (banner OR NOT dialog-2)", "012!|&", "spin AND (banner OR NOT dialog-2)");
	check_match("spin&&(banner||!dialog-2)", "012!|&", "spin AND (banner OR NOT dialog-2)");
	check_match("spin or banner and dialog-2", "012&|", "spin OR banner AND dialog-2");
	check_match("(spin Or banner) aNd dialog-2", "01|2&", "(spin OR banner) AND dialog-2");
	check_match("spin and banner and dialog-2", "01&2&", "spin AND banner AND dialog-2");
	check_match("spin and (banner and dialog-2)", "012&&", "spin AND (banner AND dialog-2)");
	check_match("not not spin", "0!!", "NOT NOT spin");
	check_match("\t ! ( spin || spin ) ", "00|!", "NOT (spin OR spin)");
	check_match("not spin and banner", "0!1&", "NOT spin AND banner");
	check_match("((spin))", "0", "spin");
	refuse_match("", "ends too early");
	refuse_match("spin and", "ends too early");
	refuse_match("spinn", "names \"spinn\"");
	refuse_match("Spin", "names \"Spin\"");
	refuse_match("spi", "names \"spi\"");
	refuse_match("spin banner", "has \"banner\" at byte 6");
	refuse_match("(spin", "lacks a \")\"");
	refuse_match("spin)", "has \")\" at byte 5");
	refuse_match("and spin", "has \"and\" at byte 1");
	refuse_match("spin & banner", "character that it cannot have at byte 6");
	refuse_match("spin and \xc3\xa4", "at byte 10");
	refuse_match("((((((((((((((((((((spin))))))))))))))))))))", "brackets in brackets");
}

static void test_limits(void)
{
	struct state s = three_rois();
	char text[512] = "spin", why[128];
	int n = 1;

	for (; n + 2 <= RULES_OPS_MAX; n += 2)
		strcat(text, "||spin");
	ok(rules_parse_match(&s, text, why, sizeof(why)) == 0 && s.n_ops == n, "%d ops", n);
	strcat(text, "||spin");
	ok(rules_parse_match(&s, text, why, sizeof(why)) == -EINVAL && strstr(why, "more than 48"),
		"and no more: %s", why);
	s.n_ops = 0;
	ok(!rules_format_match(&s), "no expression");
	s.ops[0] = 0;
	s.ops[1] = OP_AND;
	s.n_ops = 2;
	ok(!rules_format_match(&s), "one that lacks an operand");
	s.ops[1] = 1;
	ok(!rules_format_match(&s), "one that has too many");
	s.ops[0] = 3;
	s.n_ops = 1;
	ok(!rules_format_match(&s), "one of a ROI that is not there");
}

static void test_names(void)
{
	static const char *const bad[] = { "", "a b", "a/b", "..", "and", "OR", "Not", "\xc3\xa4",
		"a234567890123456789012345678901234567890123456789012345678901234" };
	static const char *const good[] = { "a", "A-1_b", "7", "-", "andy",
		"a23456789012345678901234567890123456789012345678901234567890123" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ok(!rules_name_valid(bad[i]), "'%s' is no name", bad[i]);
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		ok(rules_name_valid(good[i]), "'%s' is one", good[i]);
	for (int i = 0; i < _FEATURE_MAX; i++)
		ok(feature_names[i], "feature %d is called %s", i, feature_names[i]);
	ok(!feature_names[_FEATURE_MAX], "no more features");
}

static struct rules *some_rules(void)
{
	struct rules *r = calloc(1, sizeof(*r));

	*r = (struct rules){
		.width = 640, .height = 480, .hash_size = 8, .n_states = 2, .n_numbers = 2
	};
	r->states[0] = (struct state){ .name = strdup("A"), .n_rois = 2, .min_match = 1 };
	r->states[0].rois[0] = (struct roi){ .name = strdup("x"), .rect = { 1, 2, 3, 4 } };
	r->states[0].rois[1] = (struct roi){ .name = strdup("y"), .n_masks = 1 };
	r->states[1] = (struct state){ .name = strdup("B"), .n_ops = 1 };
	r->numbers[0] = (struct number){ .name = strdup("CREDIT") };
	r->numbers[1] = (struct number){ .name = strdup("BET"), .format = strdup("99") };
	return r;
}

static void test_copy(void)
{
	_cleanup_(rules_freep) struct rules *a = some_rules(), *b = NULL;

	ok(rules_copy(&b, a) == 0 && rules_equal(a, b), "a copy is equal");
	ok(b->states[0].rois[1].name != a->states[0].rois[1].name &&
			b->numbers[1].format != a->numbers[1].format,
		"and shares nothing");
	ok(!rules_equal(a, NULL) && !rules_equal(NULL, a) && rules_equal(NULL, NULL), "no rules");
}

#define DIFFERS(change)                                                      \
	do {                                                                 \
		_cleanup_(rules_freep) struct rules *a = some_rules();       \
		_cleanup_(rules_freep) struct rules *b = some_rules();       \
		ok(rules_equal(a, b), "the same");                           \
		(change);                                                    \
		ok(!rules_equal(a, b) && !rules_equal(b, a), "%s", #change); \
	} while (0)

static void test_equal(void)
{
	DIFFERS(b->mode = MODE_COMPATIBLE);
	DIFFERS(b->width = 641);
	DIFFERS(b->height = 481);
	DIFFERS(b->frozen_ms = 1);
	DIFFERS(b->algo = HASH_AHASH);
	DIFFERS(b->hash_size = 9);
	DIFFERS(b->confirm_frames = 1);
	DIFFERS(b->drop_frames = 1);
	DIFFERS(*b->states[1].name = 'C');
	DIFFERS(b->states[1].min_match = 1);
	DIFFERS(b->states[1].threshold = 1);
	DIFFERS(b->states[1].score = 1);
	DIFFERS(b->states[1].margin = 1);
	DIFFERS(b->states[1].ops[0] = 1);
	DIFFERS(b->states[1].n_ops = 0);
	DIFFERS(b->states[1].enter_ms = 1);
	DIFFERS(b->states[1].leave_ms = 1);
	DIFFERS(b->states[1].settle_ms = 1);
	DIFFERS(b->states[1].longest_ms = 1);
	DIFFERS(b->states[1].restricted = true);
	DIFFERS(b->states[1].may_follow = 1);
	DIFFERS(*b->states[0].rois[1].name = 'z');
	DIFFERS(b->states[0].rois[0].rect.h = 5);
	DIFFERS(b->states[0].rois[0].required = true);
	DIFFERS(b->states[0].rois[0].negative = true);
	DIFFERS(b->states[0].rois[0].ref_state = 1);
	DIFFERS(b->states[0].rois[0].feature = FEATURE_HASH);
	DIFFERS(b->states[0].rois[0].threshold = 1);
	DIFFERS(b->states[0].rois[0].least = 1);
	DIFFERS(b->states[0].rois[0].most = 1);
	DIFFERS(b->states[0].rois[1].n_masks = 0);
	DIFFERS(b->states[0].rois[1].masks[0].x = 1);
	DIFFERS(*b->numbers[0].name = 'X');
	DIFFERS(*b->numbers[1].format = '8');
	DIFFERS(b->numbers[1].rect.w = 1);
}

int main(void)
{
	test_match();
	test_limits();
	test_names();
	test_copy();
	test_equal();
	return tap_done();
}
