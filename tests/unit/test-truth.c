/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/truth.h"

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/file.h"
#include "tests/tap.h"

static char *read_data(const char *name, size_t *ret_size)
{
	const char *top = getenv("top_srcdir");
	_cleanup_(freep) char *path = NULL;
	char *text;

	if (asprintf(&path, "%s/tests/data/truth/%s", top ? top : ".", name) < 0 ||
		file_read(path, TRUTH_TEXT_MAX, &text, ret_size) < 0)
		abort();
	return text;
}

static bool is_rect(struct rect r, int x, int y, int w, int h)
{
	return r.x == x && r.y == y && r.w == w && r.h == h;
}

static bool is_state(const struct state *s, const char *name, const char *roi)
{
	return strcmp(s->name, name) == 0 && s->n_rois == 1 && s->min_match == 1 &&
	       s->threshold == 12 && strcmp(s->rois[0].name, roi) == 0 && s->rois[0].required &&
	       !s->rois[0].negative;
}

static void test_clip_rules(const struct rules *rules)
{
	ok(rules->mode == MODE_BETTER && rules->width == 640 && rules->height == 480,
		"the better mode, in the clip's size");
	ok(rules->algo == HASH_DHASH && rules->hash_size == 8 && rules->confirm_frames == 2 &&
			rules->drop_frames == 8,
		"the compatible mode's values");
	ok(rules->n_states == 3 && is_state(&rules->states[0], "SELECT", "dialog") &&
			is_state(&rules->states[1], "PLAYING", "freegame_text") &&
			is_state(&rules->states[2], "NORMAL", "spin"),
		"states in the original's order");
	ok(rules->states[1].rois[0].ref_state == 1 && rules->states[2].rois[0].ref_state == 2,
		"each with references of its own");
	ok(is_rect(rules->states[1].rois[0].rect, 180, 78, 281, 65), "a region's place");
	ok(rules->n_numbers == 1 && strcmp(rules->numbers[0].name, "CREDIT") == 0 &&
			!rules->numbers[0].format &&
			is_rect(rules->numbers[0].rect, 130, 428, 125, 44),
		"CREDIT is a number");
}

static bool is_segment(const struct truth_segment *s, int state, const char *name,
	const char *shown, uint64_t start, uint64_t end)
{
	return s->state == state && strcmp(s->name, name) == 0 && strcmp(s->shown, shown) == 0 &&
	       s->start_usec == start && s->end_usec == end;
}

static void test_clip(void)
{
	_cleanup_(truth_deinit) struct truth t = { 0 };
	_cleanup_(rules_deinit) struct rules rules = { 0 };
	char why[TRUTH_WHY_SIZE], playing[] = "PLAYING";
	const struct rules others = { .n_states = 1, .states = { { .name = playing } } };
	size_t size;
	_cleanup_(freep) char *text = read_data("koi-worn.json", &size);
	int r = truth_parse(text, size, &t, &rules, why, sizeof(why));

	ok(r == 0 && !*why, "a whole clip");
	if (r < 0)
		return;
	test_clip_rules(&rules);
	ok(t.fps == 30 && t.width == 640 && t.height == 480, "rate and size");
	ok(t.n_segments == 14, "segments");
	ok(is_segment(&t.segments[0], 2, "NORMAL", "NORMAL", 0, 5852000), "the first");
	ok(is_segment(&t.segments[10], STATE_OTHER, "OTHER", "BLACK", 50461000, 50911000),
		"what is none of them");
	ok(is_segment(&t.segments[13], 2, "NORMAL", "NORMAL", 55863000, 60000000), "the last");
	ok(t.n_credits == 60 && t.credits[0] == 50186 && t.credits[5] == TRUTH_NUMBER_NONE &&
			t.credits[59] == 56610,
		"numbers");
	truth_apply_rules(&t, &others);
	ok(t.segments[0].state == STATE_OTHER && t.segments[2].state == 0, "other rules' states");
}

static int parse(const char *text, struct truth *t, struct rules *rules, char *why)
{
	return truth_parse(text, strlen(text), t, rules, why, TRUTH_WHY_SIZE);
}

#define HEAD "{\"width\": 640, \"height\": 480, "
#define REGION "{\"x\": 1, \"y\": 2, \"w\": 3, \"h\": 4}"
#define SEGMENT "\"segments\": [[\"A\", 0, 1]]"

static void test_shapes(void)
{
	_cleanup_(truth_deinit) struct truth t = { 0 };
	_cleanup_(rules_deinit) struct rules rules = { 0 };
	char why[TRUTH_WHY_SIZE];
	int r = parse(HEAD "\"rois\": {\"SELECT\": " REGION ", \"CREDIT\": [" REGION "], "
			   "\"PLAYING\": [" REGION ", {\"name\": \"two\", \"x\": -5, \"y\": 6, "
			   "\"w\": 7, \"h\": 8}], \"BONUS\": " REGION "}, "
			   "\"segments\": [[\"BONUS\", 0.0000004, 1], [\"CREDIT\", 1.9999996, 3], "
			   "[\"UNKNOWN\", 3, 3]]}",
		&t, &rules, why);

	ok(r == 0, "regions alone and in lists");
	if (r < 0)
		return;
	ok(rules.n_states == 3 && strcmp(rules.states[0].name, "SELECT") == 0 &&
			strcmp(rules.states[2].name, "BONUS") == 0,
		"without one of the three, the file's order");
	ok(rules.states[1].n_rois == 2 && strcmp(rules.states[1].rois[0].name, "PLAYING") == 0 &&
			is_rect(rules.states[1].rois[1].rect, -5, 6, 7, 8) &&
			rules.states[1].rois[1].required && rules.states[1].rois[1].ref_state == 1,
		"two regions of a state");
	ok(rules.n_numbers == 1, "a number in a list of one");
	ok(is_segment(&t.segments[0], 2, "BONUS", "BONUS", 0, 1000000), "nothing else is shown");
	ok(is_segment(&t.segments[1], STATE_OTHER, "CREDIT", "CREDIT", 2000000, 3000000),
		"a number is no state");
	ok(t.segments[2].state == STATE_OTHER, "nor is UNKNOWN");
	ok(t.fps == 0 && t.n_credits == 0, "no rate, no numbers");
}

static void test_original_first(void)
{
	_cleanup_(truth_deinit) struct truth t = { 0 };
	_cleanup_(rules_deinit) struct rules rules = { 0 };
	char why[TRUTH_WHY_SIZE];
	int r = parse(HEAD "\"rois\": {\"BONUS\": " REGION ", \"NORMAL\": " REGION
			   ", \"PLAYING\": " REGION ", \"SELECT\": " REGION "}, " SEGMENT "}",
		&t, &rules, why);

	ok(r == 0 && rules.n_states == 4 && strcmp(rules.states[0].name, "SELECT") == 0 &&
			strcmp(rules.states[3].name, "BONUS") == 0,
		"the original's three go before others");
}

static const struct {
	const char *text, *why;
} refused[] = {
	{ "", "line 1, column 0: " },
	{ "{\n\"width\": 640,\n\"height\": }", "line 3, column 11: " },
	{ "{\"width\": 640, \"width\": 641}", "line 1, column 22: duplicate object key" },
	{ "[]", "must be an object" },
	{ "{}", "width: must be a whole number from 1 to 8192" },
	{ "{\"width\": 640.0, \"height\": 480}", "width: " },
	{ "{\"width\": 640, \"height\": 8193}", "height: " },
	{ HEAD "\"clip\": \"\"}", "clip: must be a text" },
	{ HEAD "\"clip\": 7}", "clip: must be a text" },
	{ HEAD "\"fps\": 0}", "fps: " },
	{ HEAD "\"fps\": \"30\"}", "fps: " },
	{ HEAD "\"rois\": []}", "rois: must be an object" },
	{ HEAD "\"rois\": {\"A\": 1}}", "rois.A: must be an object" },
	{ HEAD "\"rois\": {\"A\": []}}", "rois.A: must be 1 to 16 regions" },
	{ HEAD "\"rois\": {\"A\": [" REGION ", {}]}}", "rois.A[1].x: must be a whole number" },
	{ HEAD "\"rois\": {\"A\": {\"x\": 0, \"y\": 0, \"w\": 0, \"h\": 1}}}", "rois.A.w: " },
	{ HEAD "\"rois\": {\"A\": {\"name\": null, \"x\": 0, \"y\": 0, \"w\": 1, \"h\": 1}}}",
		"rois.A.name: " },
	{ HEAD "\"rois\": {\"CREDIT\": [" REGION ", " REGION "]}}", "rois.CREDIT: must be one" },
	{ HEAD "\"rois\": {\"CREDIT\": {\"x\": 1}}}", "rois.CREDIT.y: " },
	{ HEAD "\"rois\": {\"\": " REGION "}}", "rois: \"\" must be 1 to 63 of A-Z" },
	{ HEAD "\"rois\": {\"../a\": " REGION "}}", "rois: \"../a\" must be" },
	{ HEAD "\"rois\": {\"a\\u001b\\n\": " REGION "}}", "rois: \"a\?\?\" must be" },
	{ HEAD "\"rois\": {\"OTHER\": " REGION "}}", "rois: OTHER is what no state is" },
	{ HEAD "\"rois\": {\"UNKNOWN\": " REGION "}}", "rois: UNKNOWN is what no state is" },
	{ HEAD "\"a\": 1}", "segments: must be a list" },
	{ HEAD "\"segments\": []}", "segments: must be a list of 1 to 16384" },
	{ HEAD "\"segments\": [[\"A\", 0]]}", "segments[0]: must be [state, start, end" },
	{ HEAD "\"segments\": [[\"A\", 0, 1], {}]}", "segments[1]: must be [state" },
	{ HEAD "\"segments\": [[\"A\", 0, 1, 2]]}", "segments[0]: names must be" },
	{ HEAD "\"segments\": [[\"\", 0, 1]]}", "segments[0]: names must be" },
	{ HEAD "\"segments\": [[\"A\", -0.1, 1]]}", "segments[0]: times must be" },
	{ HEAD "\"segments\": [[\"A\", 0, 1000001]]}", "segments[0]: times must be" },
	{ HEAD "\"segments\": [[\"A\", 2, 1]]}", "segments[0]: must not begin before" },
	{ HEAD "\"segments\": [[\"A\", 0, 1], [\"B\", 0.5, 2]]}", "segments[1]: must not begin" },
	{ HEAD SEGMENT ", \"credits\": {}}", "credits: must be a list" },
	{ HEAD SEGMENT ", \"credits\": [1, -1]}", "credits[1]: must be null or a whole number" },
	{ HEAD SEGMENT ", \"credits\": [1000000000000000]}", "credits[0]: must be null" },
	{ HEAD SEGMENT ", \"credits\": [1.5]}", "credits[0]: must be null" },
};

static void test_refused(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct truth t = { .width = 77 };
		struct rules rules = { .width = 77 };
		char why[TRUTH_WHY_SIZE];
		int r = parse(refused[i].text, &t, &rules, why);

		ok(r == -EBADMSG && strstr(why, refused[i].why) == why, "refused: %s", why);
		ok(t.width == 77 && rules.width == 77, "… and nothing is touched");
	}
}

/* Repeats item n times between the other two; # in it is which one. */
static char *repeat(const char *before, const char *item, int n, const char *after)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		abort();
	fputs(before, f);
	for (int i = 0; i < n; i++) {
		if (i)
			fputc(',', f);
		for (const char *c = item; *c; c++)
			if (*c == '#')
				fprintf(f, "%d", i);
			else
				fputc(*c, f);
	}
	fputs(after, f);
	fclose(f);
	return text;
}

static void test_limit(const char *what, const char *before, const char *item, const char *after,
	int max, const char *expected)
{
	for (int n = max; n <= max + 1; n++) {
		_cleanup_(truth_deinit) struct truth t = { 0 };
		_cleanup_(rules_deinit) struct rules rules = { 0 };
		_cleanup_(freep) char *text = repeat(before, item, n, after);
		char why[TRUTH_WHY_SIZE];
		int r = parse(text, &t, &rules, why);

		ok(r == (n > max ? -EBADMSG : 0) && strstr(why, n > max ? expected : "") == why,
			"%d %s: %s", n, what, *why ? why : "accepted");
	}
}

static void test_limits(void)
{
	struct truth t = { 0 };
	struct rules rules = { 0 };
	char why[TRUTH_WHY_SIZE], tiny[8];
	_cleanup_(freep) char *large = calloc(1, TRUTH_TEXT_MAX + 1);

	test_limit("states", HEAD SEGMENT ", \"rois\": {", "\"S#\": " REGION, "}}",
		RULES_STATES_MAX, "rois: more than 31 states");
	test_limit("regions", HEAD SEGMENT ", \"rois\": {\"A\": [",
		"{\"x\": #, \"y\": 2, \"w\": 3, \"h\": 4}", "]}}", RULES_ROIS_MAX, "rois.A: ");
	test_limit("segments", HEAD "\"segments\": [", "[\"A\", #, #]", "]}", TRUTH_SEGMENTS_MAX,
		"segments: must be a list of 1 to 16384");
	test_limit("numbers", HEAD SEGMENT ", \"credits\": [", "#", "]}", TRUTH_CREDITS_MAX,
		"credits: must be a list of at most");
	if (!large)
		abort();
	memset(large, ' ', TRUTH_TEXT_MAX + 1);
	ok(truth_parse(large, TRUTH_TEXT_MAX + 1, &t, &rules, why, sizeof(why)) == -EBADMSG &&
			strstr(why, "longer than") == why,
		"a text that is too long");
	ok(truth_parse("{}", 2, &t, &rules, tiny, sizeof(tiny)) == -EBADMSG &&
			strcmp(tiny, "width: ") == 0,
		"a message cut off");
	ok(truth_parse("{}", 2, &t, &rules, NULL, 0) == -EBADMSG, "nobody wants to know why");
	ok(truth_parse(HEAD SEGMENT "}x", strlen(HEAD SEGMENT "}"), &t, &rules, why, sizeof(why)) ==
			0,
		"no byte after the text is read");
	truth_deinit(&t);
	rules_deinit(&rules);
}

static void test_pictures(void)
{
	_cleanup_(truth_pictures_deinit) struct truth_pictures p = { 0 };
	char why[TRUTH_WHY_SIZE];
	size_t size;
	_cleanup_(freep) char *text = read_data("credits.json", &size);
	int64_t number = 77;

	ok(truth_pictures_find(&p, "a", &number) == -ENOENT, "none yet");
	ok(truth_pictures_parse(text, size, &p, why, sizeof(why)) == 0 && p.n == 12 && !*why,
		"numbers in the references");
	ok(truth_pictures_find(&p, "NORMAL/ref_0.jpg", &number) == 0 && number == 123456, "one");
	ok(truth_pictures_find(&p, "PLAYING/ref_3.jpg", &number) == 0 && number == 4487,
		"another one");
	ok(truth_pictures_find(&p, "SELECT/ref_0.jpg", &number) == 0 && number == TRUTH_NUMBER_NONE,
		"a picture without");
	number = 77;
	ok(truth_pictures_find(&p, "SELECT/ref_9.jpg", &number) == -ENOENT && number == 77,
		"no such picture");
}

static void test_pictures_refused(void)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{ "[", "line 1, column 1: " },
		{ "[]", "must be an object" },
		{ "{\"A/a.jpg\": 1, \"A/b.jpg\": \"2\"}", "A/b.jpg: must be null or a whole" },
		{ "{\"\": 1}", "names of pictures must be" },
	};
	struct truth_pictures p = { 0 };
	_cleanup_(freep) char *many = repeat("{", "\"#\": 1", TRUTH_PICTURES_MAX + 1, "}");
	char why[TRUTH_WHY_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ok(truth_pictures_parse(bad[i].text, strlen(bad[i].text), &p, why, sizeof(why)) ==
					-EBADMSG &&
				strstr(why, bad[i].why) == why,
			"refused: %s", why);
	ok(truth_pictures_parse(many, strlen(many), &p, why, sizeof(why)) == -EBADMSG &&
			strcmp(why, "more than 4096 pictures") == 0,
		"refused: %s", why);
	ok(!p.items && p.n == 0, "and nothing is returned");
	ok(truth_pictures_parse("{}", 2, &p, why, sizeof(why)) == 0 && p.n == 0, "none at all");
	truth_pictures_deinit(&p);
}

int main(void)
{
	test_clip();
	test_shapes();
	test_original_first();
	test_refused();
	test_limits();
	test_pictures();
	test_pictures_refused();
	return tap_done();
}
