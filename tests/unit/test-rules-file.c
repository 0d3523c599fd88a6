/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "settings/rules-file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "settings/settings.h"
#include "tests/tap.h"
#include "tests/unit/conf-files.h"

static const char full[] =
	"encoder: { gop = \"not looked at\"; };\n"
	"detector: {\n"
	"	enabled = true; refs = \"/r\"; mode = \"compatible\"; screen = \"1280x720\";\n"
	"	algo = \"phash\"; hash_size = 16; confirm_frames = 3; drop_frames = 9;\n"
	"	frozen = \"90s\";\n"
	"	states: {\n"
	"		LAST: { rois = ( { name = \"r\"; x = 1; y = 2; w = 4; h = 5; } ); };\n"
	"		NORMAL: { threshold = 10; min_match = 2; score = 0.9; margin = 0.125;\n"
	"			enter = \"300ms\"; leave = 2; settle = 0.25; longest = \"5min\";\n"
	"			after = [ \"FREE\", \"OTHER\" ];\n"
	"			match = \"spin && !text\";\n"
	"			rois = ( { name = \"spin\"; x = 540; y = 80; w = 91; h = 31;\n"
	"				required = true; feature = \"brightness\"; threshold = 7;\n"
	"				least = 20; most = 60.5;\n"
	"				masks = ( { x = 540; y = 80; w = 1; h = 1; },\n"
	"					{ x = 600; y = 100; w = 9; h = 9; } ); },\n"
	"				{ name = \"text\"; negative = true; ref_state = \"FREE\"; "
	"} ); };\n"
	"		FREE: { rois = ( { name = \"text\"; x = 180; y = 78; w = 281; h = 65; },\n"
	"			{ name = \"CREDIT\"; x = 0; y = 0; w = 10; h = 10; feature = "
	"\"digits\"; } ); };\n"
	"	};\n"
	"	numbers: { CREDIT: { x = 130; y = 428; w = 125; h = 44; };\n"
	"		BET: { x = 1; y = 1; w = 9; h = 9; format = \"99.99\"; }; };\n"
	"	priority = [ \"FREE\", \"NORMAL\" ];\n"
	"};\n";

static bool is_rect(const struct rect *r, int x, int y, int w, int h)
{
	return r->x == x && r->y == y && r->w == w && r->h == h;
}

/* Reads a text; the first finding, "" for none, into buf. */
static int parse(const char *text, struct rules *ret, char *buf, size_t size)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	int r = rules_file_parse(text, strlen(text), "f", ret, &report);

	*buf = '\0';
	if (report.n)
		conf_finding_format(&report.findings[0], buf, size);
	ok((r == -EINVAL) == (report.errors > 0), "the result goes with the findings");
	return r;
}

static void test_full(void)
{
	_cleanup_(rules_deinit) struct rules r = { 0 };
	const struct state *s;
	char found[512];

	ok(parse(full, &r, found, sizeof(found)) == 0 && !*found, "all there is: %s", found);
	ok(r.mode == MODE_COMPATIBLE && r.width == 1280 && r.height == 720 &&
			r.algo == HASH_PHASH && r.hash_size == 16 && r.confirm_frames == 3 &&
			r.drop_frames == 9 && r.frozen_ms == 90000,
		"of all states");
	ok(r.n_states == 3 && !strcmp(r.states[0].name, "FREE") &&
			!strcmp(r.states[1].name, "NORMAL") && !strcmp(r.states[2].name, "LAST"),
		"the order");
	s = &r.states[1];
	ok(s->threshold == 10 && s->min_match == 2 && s->score == 0.9 && s->margin == 0.125 &&
			s->enter_ms == 300 && s->leave_ms == 2000 && s->settle_ms == 250 &&
			s->longest_ms == 300000,
		"of one state");
	ok(s->restricted && s->may_follow == (RULES_OTHER_BIT | 1), "what may come before");
	ok(s->n_ops == 4 && s->ops[0] == 0 && s->ops[1] == 1 && s->ops[2] == OP_NOT &&
			s->ops[3] == OP_AND,
		"the expression");
	ok(s->n_rois == 2 && is_rect(&s->rois[0].rect, 540, 80, 91, 31) && s->rois[0].required &&
			!s->rois[0].negative && s->rois[0].ref_state == 1 &&
			s->rois[0].feature == FEATURE_BRIGHTNESS && s->rois[0].threshold == 7 &&
			s->rois[0].least == 20 && s->rois[0].most == 60.5 &&
			s->rois[0].n_masks == 2 && is_rect(&s->rois[0].masks[1], 600, 100, 9, 9),
		"a region");
	ok(s->rois[1].negative && s->rois[1].ref_state == 0 &&
			is_rect(&s->rois[1].rect, 180, 78, 281, 65),
		"one that takes references and place from another state");
	s = &r.states[2];
	ok(s->threshold == 12 && s->min_match == 1 && s->score == 0 && s->n_ops == 0 &&
			!s->restricted && !s->rois[0].required && !s->rois[0].negative &&
			s->rois[0].ref_state == 2 && s->rois[0].feature == FEATURE_PATTERN &&
			s->rois[0].threshold == 0,
		"defaults");
	ok(r.n_numbers == 2 && is_rect(&r.numbers[0].rect, 130, 428, 125, 44) &&
			!r.numbers[0].format && !strcmp(r.numbers[1].name, "BET") &&
			!strcmp(r.numbers[1].format, "99.99"),
		"numbers");
}

static char *written(const struct rules *r, int expected)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	ok(rules_file_write(r, f) == expected, "written: %d", expected);
	fclose(f);
	return text;
}

static void test_write(void)
{
	_cleanup_(rules_deinit) struct rules r = { 0 }, again = { 0 };
	_cleanup_(freep) char *text = NULL, *bad = NULL, *odd = NULL;
	char found[512];
	FILE *f;

	(void) parse(full, &r, found, sizeof(found));
	r.states[0].threshold = 0;
	r.states[2].score = 1.0 / 3;
	text = written(&r, 0);
	ok(parse(text, &again, found, sizeof(found)) == 0 && rules_equal(&r, &again),
		"gives the same again %s", found);
	if (*found)
		puts(text);
	f = fopen("/dev/full", "w");
	ok(rules_file_write(&r, f) == -EIO, "a full disk");
	fclose(f);
	*r.states[1].name = '1';
	bad = written(&r, -EINVAL);
	*r.states[1].name = 'N';
	r.width = 641;
	odd = written(&r, -EINVAL);
}

/* As many of everything as there can be, with names as long as they can be. */
static void test_largest(void)
{
	_cleanup_(rules_freep) struct rules *r = calloc(1, sizeof(*r));
	_cleanup_(rules_deinit) struct rules again = { 0 };
	_cleanup_(freep) char *text = NULL;
	char found[512];

	*r = (struct rules){ .width = 8192,
		.height = 8192,
		.hash_size = 32,
		.confirm_frames = 1,
		.drop_frames = 1,
		.n_states = RULES_STATES_MAX,
		.n_numbers = RULES_NUMBERS_MAX };
	for (int i = 0; i < r->n_states; i++) {
		struct state *s = &r->states[i];

		*s = (struct state){ .n_rois = RULES_ROIS_MAX,
			.min_match = 1,
			.score = 1.0 / 3,
			.margin = 1.0 / 3,
			.threshold = 1.0 / 3,
			.enter_ms = 60000,
			.leave_ms = 60000,
			.settle_ms = 60000,
			.longest_ms = 86400000,
			.restricted = true,
			.may_follow = UINT32_MAX };
		if (asprintf(&s->name, "S%062d", i) < 0)
			abort();
		for (int j = 0; j < RULES_ROIS_MAX; j++) {
			struct roi *roi = &s->rois[j];

			*roi = (struct roi){ .rect = { 4000, 4000, 4000, 4000 },
				.required = true,
				.negative = j > 0,
				.ref_state = (i + 1) % RULES_STATES_MAX,
				.feature = FEATURE_MOTION,
				.threshold = 1.0 / 3,
				.least = 1.0 / 3,
				.most = 2.0 / 3,
				.n_masks = RULES_MASKS_MAX };
			if (asprintf(&roi->name, "R%062d", j) < 0)
				abort();
			for (int k = 0; k < RULES_MASKS_MAX; k++)
				roi->masks[k] = (struct rect){ 4000, 4000, 3000, 3000 };
		}
		/* "a AND a AND NOT a …" */
		s->ops[0] = 0;
		for (s->n_ops = 1; s->n_ops + 2 < RULES_OPS_MAX; s->n_ops += 3)
			memcpy(s->ops + s->n_ops, ((const int8_t[]){ 0, OP_NOT, OP_AND }), 3);
	}
	for (int i = 0; i < r->n_numbers; i++) {
		r->numbers[i].rect = (struct rect){ 4000, 4000, 4000, 4000 };
		if (asprintf(&r->numbers[i].name, "N%062d", i) < 0)
			abort();
		r->numbers[i].format = strdup("9999999999999999");
	}
	text = written(r, 0);
	ok(parse(text, &again, found, sizeof(found)) == 0 && rules_equal(r, &again),
		"%zu bytes of rules %s", strlen(text), found);
}

static void test_original(void)
{
	_cleanup_(rules_deinit) struct rules r = { 0 };
	char found[512];

	ok(parse("detector: { states: {\n"
		 "NORMAL: { rois = ( { name = \"a\"; x = 0; y = 0; w = 4; h = 4; } ); };\n"
		 "MENU: { rois = ( { name = \"a\"; x = 0; y = 0; w = 4; h = 4; } ); };\n"
		 "SELECT: { rois = ( { name = \"a\"; x = 0; y = 0; w = 4; h = 4; } ); }; }; };",
		   &r, found, sizeof(found)) == 0,
		"without an order %s", found);
	ok(r.n_states == 3 && !strcmp(r.states[0].name, "SELECT") &&
			!strcmp(r.states[1].name, "NORMAL") && !strcmp(r.states[2].name, "MENU"),
		"there is the original's, then that of the file");
	ok(r.mode == MODE_BETTER && r.width == 640 && r.height == 480 && r.algo == HASH_DHASH &&
			r.hash_size == 8 && r.confirm_frames == 2 && r.drop_frames == 6 &&
			r.frozen_ms == 0,
		"defaults");
	rules_deinit(&r);
	ok(parse("video: { rate = 5; };", &r, found, sizeof(found)) == 0 && !*found &&
			r.n_states == 0 && r.n_numbers == 0,
		"a file without a detector");
}

#define ROI "name = \"r\"; x = 0; y = 0; w = 9; h = 9;"
#define A "detector.states.A"
#define LONG "a23456789012345678901234567890123456789012345678901234567890123"

/* Each is inside of detector: { states: { A: { … }; }; };, on its second line. */
static const struct {
	const char *text, *finding;
} in_state[] = {
	{ "", A ".rois: must be a list of 1 to 16 regions" },
	{ "rois = ();", A ".rois: must be a list of 1 to 16 regions" },
	{ "rois: { };", A ".rois: must be a list of 1 to 16 regions" },
	{ "rois = ( 1 );", A ".rois[0]: must be a group" },
	{ "rois = ( { x = 0; y = 0; w = 9; h = 9; } );", A ".rois[0].name: is needed" },
	{ "rois = ( { name = \"a b\"; x = 0; y = 0; w = 9; h = 9; } );",
		A ".rois[0].name: must consist of at most 63 letters" },
	{ "rois = ( { name = \"oR\"; x = 0; y = 0; w = 9; h = 9; } );",
		A ".rois[0].name: must consist of" },
	{ "rois = ( { name = \"" LONG "4\"; x = 0; y = 0; w = 9; h = 9; } );",
		A ".rois[0].name: must consist of" },
	{ "rois = ( { " ROI " }, { " ROI " } );",
		A ".rois[1].name: \"r\" is the name of rois[0] already" },
	{ "rois = ( { name = \"r\"; } );", A ".rois[0]: needs x, y, w and h" },
	{ "rois = ( { name = \"r\"; x = 1; y = 1; w = 9; } );", A ".rois[0]: needs x, y, w and h" },
	{ "rois = ( { name = \"r\"; x = 0; y = 0; w = 9; h = 3; } );",
		A ".rois[0].h: \"3\" is not a whole number from 4 to 8192" },
	{ "rois = ( { name = \"r\"; x = 0.5; y = 0; w = 9; h = 9; } );",
		A ".rois[0].x: must be a whole number" },
	{ "rois = ( { name = \"r\"; x = 632; y = 0; w = 9; h = 9; } );",
		A ".rois[0]: 9x9 at 632,0 reaches out of the screen of 640x480" },
	{ "rois = ( { name = \"r\"; x = 0; y = -1; w = 9; h = 9; } );",
		A ".rois[0]: 9x9 at 0,-1 reaches out" },
	{ "rois = ( { name = \"r\"; x = 8192; y = 8192; w = 8192; h = 8192; } );",
		A ".rois[0]: 8192x8192 at 8192,8192 reaches out" },
	{ "rois = ( { " ROI " feature = \"smell\"; } );",
		A ".rois[0].feature: \"smell\" is not one of \"correlation\", \"hash\"" },
	{ "rois = ( { " ROI " threshold = 1.5; } );",
		A ".rois[0].threshold: must be from 0 to 1 for the feature correlation" },
	{ "rois = ( { " ROI " feature = \"hash\"; threshold = 65; } );",
		A ".rois[0].threshold: must be from 0 to 64 for the feature hash" },
	{ "rois = ( { " ROI " least = 5; } );",
		A ".rois[0].least: the feature correlation has none" },
	{ "rois = ( { " ROI " feature = \"motion\"; most = 2; } );",
		A ".rois[0].most: must be from 0 to 1 for the feature motion" },
	{ "rois = ( { " ROI " feature = \"brightness\"; least = 100; most = 99.5; } );",
		A ".rois[0].least: 100 is more than most, 99.5" },
	{ "rois = ( { " ROI " feature = \"digits\"; } );",
		A ".rois[0]: detector.numbers has none called \"r\"" },
	{ "rois = ( { " ROI " masks = ( { x = 9; y = 0; w = 2; h = 2; } ); } );",
		A ".rois[0].masks[0]: lies outside the region" },
	{ "rois = ( { " ROI " masks = ( { x = 0; y = 0; w = 20; h = 20; } ); } );",
		A ".rois[0].masks[0]: covers all of the region" },
	{ "rois = ( { " ROI " masks = ( { x = -1; y = 0; w = 2; h = 2; } ); } );",
		A ".rois[0].masks[0]: reaches out of the screen" },
	{ "rois = ( { " ROI " masks = ( { x = 0; w = 2; h = 2; } ); } );",
		A ".rois[0].masks[0]: needs x, y, w and h" },
	{ "rois = ( { " ROI " masks = ( 1 ); } );", A ".rois[0].masks[0]: must be a group" },
	{ "rois = ( { " ROI " masks = 1; } );", A ".rois[0].masks: must be a list of at most 4" },
	{ "rois = ( { " ROI " masks = ( {}, {}, {}, {}, {} ); } );",
		A ".rois[0].masks: must be a list of at most 4" },
	{ "rois = ( { " ROI " feature = \"hash\"; masks = ( { x = 0; y = 0; w = 2; h = 2; } ); } "
	  ");",
		A ".rois[0].masks: the feature hash takes a region as a whole" },
	{ "rois = ( { " ROI " ref_state = \"B\"; } );",
		A ".rois[0].ref_state: \"B\" is no state of detector.states" },
	{ "rois = ( { " ROI " ref_state = \"OTHER\"; } );",
		A ".rois[0].ref_state: \"OTHER\" is no state" },
	{ "rois = ( { name = \"r\"; ref_state = \"A\"; } );",
		A ".rois[0]: needs x, y, w and h, for A has no region \"r\"" },
	{ "rois = ( { " ROI " colour = 1; } );", A ".rois[0].colour: unknown setting, ignored" },
	{ "rois = ( { " ROI " } ); min_match = 2;",
		A ".min_match: asks for 2 regions, and only 1 can match" },
	{ "rois = ( { " ROI " negative = true; } );",
		A ".min_match: asks for 1 regions, and only 0 can match" },
	{ "rois = ( { " ROI " } ); min_match = 17;", A ".min_match: \"17\" is not" },
	{ "rois = ( { " ROI " } ); threshold = -1;", A ".threshold: \"-1\" is not a number" },
	{ "rois = ( { " ROI " } ); score = 1.1;", A ".score: \"1.1\" is not a number" },
	{ "rois = ( { " ROI " } ); enter = \"2min\";", A ".enter: \"2min\" is not a time" },
	{ "rois = ( { " ROI " } ); match = \"q\";",
		A ".match: names \"q\", which is no region of this state" },
	{ "rois = ( { " ROI " } ); match = \"r and\";", A ".match: ends too early" },
	{ "rois = ( { " ROI " } ); after = [ \"B\" ];", A ".after: must name states" },
	{ "rois = ( { " ROI " } ); after = [ \"UNKNOWN\" ];", A ".after: must name states" },
	{ "rois = ( { " ROI " } ); after = [ 1 ];", A ".after: must name states" },
	{ "rois = ( { " ROI " } ); after = [ ];", A ".after: must be a list of states' names" },
	{ "rois = ( { " ROI " } ); after = \"A\";", A ".after: must be a list of states' names" },
	{ "rois = ( { " ROI " } ); trehshold = 1;",
		A ".trehshold: unknown setting, ignored; did you mean threshold?" },
	{ "rois = ( { " ROI " } ); roi = ( );",
		A ".roi: unknown setting, ignored; did you mean rois?" },
};

#define STATE(name) name ": { rois = ( { " ROI " } ); };"

/* Each is inside of detector: { … };, on its second line. */
static const struct {
	const char *text, *finding;
} in_detector[] = {
	{ "states: { A = 1; };", A ": must be a group" },
	{ "states = 1;", "detector.states: must be a group" },
	{ "states: { " STATE("OTHER") " };", "detector.states.OTHER: a state's name must" },
	{ "states: { " STATE("UNKNOWN") " };", "detector.states.UNKNOWN: a state's name must" },
	{ "states: { " STATE("not") " };", "detector.states.not: a state's name must" },
	{ "states: { " STATE("A*") " };", "detector.states.A*: a state's name must" },
	{ "states: { " STATE(LONG "4") " };", "detector.states." LONG ": a state's name must" },
	{ "states: { " STATE("A") " " STATE("A") " };", "duplicate setting name" },
	{ "priority = [ \"A\" ];", "detector.priority[0]: \"A\" is no state of detector.states" },
	{ "states: { " STATE("A") " }; priority = ( \"A\", \"A\" );",
		"detector.priority[1]: \"A\" is there already" },
	{ "states: { " STATE("A") " }; priority = ( 1 );",
		"detector.priority[0]: must be the name of a state" },
	{ "priority: { };", "detector.priority: must be a list" },
	{ "numbers: { N: { x = 1; y = 1; w = 3; h = 9; }; };",
		"detector.numbers.N.w: \"3\" is not" },
	{ "numbers: { N: { x = 1; y = 1; w = 9; }; };", "detector.numbers.N: needs x, y, w and h" },
	{ "numbers: { N: { x = 1; y = 475; w = 9; h = 9; }; };",
		"detector.numbers.N: 9x9 at 1,475 reaches out" },
	{ "numbers: { N: { x = 1; y = 1; w = 9; h = 9; format = \"##\"; }; };",
		"detector.numbers.N.format: has no place for a digit" },
	{ "numbers: { N: { x = 1; y = 1; w = 9; h = 9; format = \"99999999999999999\"; }; };",
		"detector.numbers.N.format: \"99999999999999999\" is not a text of 0 to 16" },
	{ "numbers: { N = 1; };", "detector.numbers.N: must be a group" },
	{ "numbers: { and: { x = 1; y = 1; w = 9; h = 9; }; };",
		"detector.numbers.and: a number's name must" },
	{ "screen = \"auto\";", "detector.screen: must be a size such as \"640x480\"" },
	{ "hash_size = 33;", "detector.hash_size: \"33\" is not a whole number from 2 to 32" },
	{ "statse: { };",
		"detector.statse: unknown setting, ignored; did you mean detector.states?" },
	{ "rules = \"x\";", "detector.rules: these rules are not looked at, for they are in" },
};

static void check_finding(const char *head, const char *text, const char *tail, const char *finding)
{
	_cleanup_(rules_deinit) struct rules r = { 0 };
	char whole[4096], found[1024], expected[512];
	bool warning = strstr(finding, "unknown setting") != NULL;
	int result;

	snprintf(whole, sizeof(whole), "%s\n%s%s", head, text, tail);
	snprintf(expected, sizeof(expected), "f:2: %s", finding);
	result = parse(whole, &r, found, sizeof(found));
	/* What is missing is said where its group begins. */
	if (strncmp(found, "f:1: ", 5) == 0)
		found[2] = '2';
	ok(strncmp(found, expected, strlen(expected)) == 0 && (result == 0) == warning, "%s", text);
	if (strncmp(found, expected, strlen(expected)) != 0)
		printf("# got %s\n# for %s\n", found, expected);
}

static void test_findings(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(in_state); i++)
		check_finding("detector: { states: { A: {", in_state[i].text, "}; }; };",
			in_state[i].finding);
	for (size_t i = 0; i < ARRAY_SIZE(in_detector); i++)
		check_finding("detector: {", in_detector[i].text, "};", in_detector[i].finding);
}

/* A group with as many children as asked for. */
static void check_count(const char *group, const char *child, int most, const char *finding)
{
	for (int n = most; n <= most + 1; n++) {
		_cleanup_(rules_deinit) struct rules r = { 0 };
		_cleanup_(freep) char *text = NULL;
		char found[512];
		size_t size;
		FILE *f = open_memstream(&text, &size);

		fprintf(f, "detector: { %s: {\n", group);
		for (int i = 0; i < n; i++)
			fprintf(f, "N%d: { %s };\n", i, child);
		fputs("}; };", f);
		fclose(f);
		if (n == most)
			ok(parse(text, &r, found, sizeof(found)) == 0, "%d %s %s", n, group, found);
		else
			ok(parse(text, &r, found, sizeof(found)) == -EINVAL &&
					strstr(found, finding),
				"not %d: %s", n, found);
	}
}

static void test_limits(void)
{
	check_count("states", "rois = ( { " ROI " } );", RULES_STATES_MAX, "at most 31 states");
	check_count("numbers", "x = 0; y = 0; w = 9; h = 9;", RULES_NUMBERS_MAX, "at most 8");
}

static void test_outside(void)
{
	static const char *const texts[] = {
		"detector: { mode = \"compatible\"; states: { A: { rois = ( { name = \"r\"; x = "
		"600; y = 460; w = 80; h = 40; } ); }; }; };",
		"detector: { mode = \"compatible\"; states: { A: { rois = ( { name = \"r\"; x = "
		"640; y = 460; w = 80; h = 40; } ); }; }; };",
	};
	_cleanup_(rules_deinit) struct rules r = { 0 };
	char found[512];

	ok(parse(texts[0], &r, found, sizeof(found)) == 0 &&
			strstr(found, "reaches out of the screen"),
		"compatible: what lies outside is black as in the original, with a warning");
	rules_deinit(&r);
	ok(parse(texts[1], &r, found, sizeof(found)) == -EINVAL, "but not all of it");
}

static void test_parse(void)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	struct rules r = { 0 };
	char found[512];

	ok(parse("@include \"/etc/passwd\"\n", &r, found, sizeof(found)) == -EINVAL &&
			strstr(found, "nothing can be included here"),
		"a pack includes nothing");
	ok(rules_file_parse("detector\0: {};", 13, "f", &r, &report) == -EINVAL, "a NUL byte");
	ok(rules_file_read("none.conf", &r, &report) == -ENOENT && report.errors == 1, "no file");
	ok(rules_file_read(".", &r, &report) == -EINVAL && report.errors == 2,
		"no file but a folder");
}

/* ---- in the settings ---- */

static void note(const char *path, unsigned flags, void *userdata)
{
	char *seen = userdata;

	sprintf(seen + strlen(seen), " %s%s", path, flags & CONF_RELOAD ? "" : "!");
}

static int load(struct settings *s, struct conf **c, const char *card, char *found, size_t size)
{
	const struct settings_request q = { .config_dir = ".", .card = card };
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	int r = settings_load(&q, s, c, &report);

	*found = '\0';
	if (report.n)
		conf_finding_format(&report.findings[0], found, size);
	return r;
}

static void test_settings(void)
{
	struct settings a, b;
	char found[512], seen[256] = "";

	write_text("streamer.conf", full);
	ok(load(&a, NULL, "c", found, sizeof(found)) == -EINVAL,
		"settings are looked at as a whole");
	write_text("streamer.conf", strchr(full, '\n'));
	ok(load(&a, NULL, "c", found, sizeof(found)) == 0 && !*found, "in the settings %s", found);
	ok(a.detector.rules && a.detector.rules->n_states == 3 && !a.detector.shadow,
		"there are rules");
	write_text(
		"cards/c.conf", "\ndetector: { states: { FREE: { enter = 1; }; }; every = 1; };");
	ok(load(&b, NULL, "c", found, sizeof(found)) == 0 &&
			b.detector.rules->states[0].enter_ms == 1000,
		"a card's file adds to a state %s", found);
	conf_diff(&settings_table, &a, &b, note, seen);
	ok(strcmp(seen, " detector.every detector.states") == 0, "a reload tells:%s", seen);
	ok(!rules_equal(a.detector.rules, b.detector.rules), "other rules");
	settings_deinit(&b);
	write_text("cards/c.conf", "detector: { enabled = false; states: { FREE = 1; }; };");
	ok(load(&b, NULL, "c", found, sizeof(found)) == 0 && !b.detector.rules && !*found,
		"switched off, nothing is looked at");
	settings_deinit(&a);
	settings_deinit(&b);
	write_text("cards/c.conf", "\n\ndetector: { states: { FREE = 1; }; };");
	ok(load(&b, NULL, "c", found, sizeof(found)) == -EINVAL &&
			strstr(found, "./cards/c.conf:3: detector.states.FREE: must be a group"),
		"a mistake is told with its file: %s", found);
	(void) unlink("cards/c.conf");
	(void) unlink("streamer.conf");
	ok(load(&b, NULL, "c", found, sizeof(found)) == 0 && b.detector.enabled &&
			!b.detector.rules,
		"nothing to recognise");
	settings_deinit(&b);
}

static void test_rules_file(void)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	_cleanup_(conf_freep) struct conf *c = NULL;
	struct settings s, saved;
	const char *file;
	char found[512];
	int line;

	write_text("streamer.conf",
		"detector: { every = \"50ms\"; mode = \"compatible\"; states: { " STATE(
			"HERE") " };\n"
				"rules = \"./rules-${card}.conf\"; shadow = \"./shadow.conf\"; };");
	ok(load(&s, NULL, "c", found, sizeof(found)) == 0 &&
			strstr(found, "streamer.conf:2: detector.rules: ./rules-c.conf does not "
				      "exist, ignored"),
		"a file that is not there yet: %s", found);
	ok(s.detector.rules->n_states == 1 && !strcmp(s.detector.rules->states[0].name, "HERE"),
		"leaves what stands here");
	settings_deinit(&s);
	write_text("rules-c.conf", "# a comment\ndetector: { screen = \"1280x720\"; every = 1; "
				   "states: { " STATE("THERE") " }; };");
	write_text("shadow.conf", "detector: { states: { " STATE("DARK") " }; };");
	ok(load(&s, &c, "c", found, sizeof(found)) == 0 && !*found, "when it is there %s", found);
	ok(s.detector.rules->n_states == 1 && !strcmp(s.detector.rules->states[0].name, "THERE") &&
			s.detector.rules->width == 1280 && s.detector.rules->mode == MODE_BETTER &&
			s.detector.mode == MODE_BETTER && s.detector.every_usec == 50000,
		"it counts for all that makes up rules, and for nothing else");
	ok(!strcmp(s.detector.shadow->states[0].name, "DARK"), "a shadow");
	conf_origin(c, NULL, 0, "detector.screen", &file, &line);
	ok(!strcmp(file, "./rules-c.conf") && line == 2, "origins are told");
	ok(conf_save(c, "saved.conf") == 0, "saved");
	(void) unlink("rules-c.conf");
	(void) unlink("shadow.conf");
	ok(settings_load_saved("saved.conf", &saved, &report) == 0 && report.n == 0 &&
			rules_equal(saved.detector.rules, s.detector.rules),
		"the last good configuration needs no other file");
	show(&report);
	settings_deinit(&saved);
	settings_deinit(&s);
	(void) unlink("saved.conf");
}

static void test_broken_files(void)
{
	struct settings s;
	char found[512];

	write_text("rules-c.conf", "\n\ndetector: { states: { A = 1; }; };");
	ok(load(&s, NULL, "c", found, sizeof(found)) == -EINVAL &&
			strstr(found, "./rules-c.conf:3: detector.states.A: must be a group"),
		"a mistake in a file of rules: %s", found);
	ok(load(&s, NULL, NULL, found, sizeof(found)) == 0, "which is not known without a card");
	settings_deinit(&s);
	(void) unlink("rules-c.conf");
	write_text("shadow.conf", "\ndetector: { states: { A = 1; }; };");
	write_text("streamer.conf", "detector: { states: { " STATE("HERE") " }; shadow = "
									   "\"./shadow.conf\"; };");
	ok(load(&s, NULL, "c", found, sizeof(found)) == -EINVAL &&
			strstr(found, "./shadow.conf:2: detector.states.A"),
		"in a shadow: %s", found);
	(void) unlink("shadow.conf");
	write_text("streamer.conf", "detector: { rules = \"${crad}\"; };");
	ok(load(&s, NULL, "c", found, sizeof(found)) == -EINVAL &&
			strstr(found, "streamer.conf:1: detector.rules: unknown name ${crad}"),
		"a bad template: %s", found);
	(void) unlink("streamer.conf");
}

int main(void)
{
	char folder[] = "/tmp/test-rules-file.XXXXXX";

	if (!mkdtemp(folder) || chdir(folder) < 0 || mkdir("cards", 0755) < 0)
		return 1;
	test_full();
	test_write();
	test_largest();
	test_original();
	test_findings();
	test_limits();
	test_outside();
	test_parse();
	test_settings();
	test_rules_file();
	test_broken_files();
	ok(rmdir("cards") == 0 && chdir("/") == 0 && rmdir(folder) == 0, "nothing is left over");
	return tap_done();
}
