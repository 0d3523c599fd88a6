/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules as JSON and back: nothing is lost, what is wrong is said with its place. */
#include "settings/rules-json.h"

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "settings/rules-file.h"
#include "tests/tap.h"

static const char full[] =
	"detector: {\n"
	"	mode = \"compatible\"; screen = \"1280x720\"; algo = \"phash\"; hash_size = 16;\n"
	"	confirm_frames = 3; drop_frames = 9; frozen = \"90s\";\n"
	"	states: {\n"
	"		NORMAL: { threshold = 10.5; min_match = 2; score = 0.9; margin = 0.125;\n"
	"			enter = \"300ms\"; leave = 2; settle = 0.25; longest = \"5min\";\n"
	"			after = [ \"FREE\", \"OTHER\" ]; match = \"spin && !text\";\n"
	"			rois = ( { name = \"spin\"; x = 540; y = 80; w = 91; h = 31;\n"
	"				required = true; feature = \"brightness\"; threshold = 7;\n"
	"				least = 20; most = 60.5;\n"
	"				masks = ( { x = 540; y = 80; w = 1; h = 1; } ); },\n"
	"				{ name = \"text\"; negative = true; ref_state = \"FREE\";\n"
	"				x = 1; y = 2; w = 5; h = 6; } ); };\n"
	"		FREE: { threshold = 0; rois = ( { name = \"text\"; x = 180; y = 78;\n"
	"			w = 281; h = 65; } ); };\n"
	"	};\n"
	"	numbers: { BET: { x = 1; y = 1; w = 9; h = 9; format = \"99.99\"; }; };\n"
	"	priority = [ \"FREE\", \"NORMAL\" ];\n"
	"};\n";

static struct rules all;

/* The first finding, "" for none, into found; what came of it into ret unless NULL. */
static char found[512];

static int parse(const char *text, const struct rules *before, struct rules *ret)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	struct rules rules = { 0 };
	json_t *j = json_loads(text, 0, NULL);
	int r = rules_json_parse(j, before, ret ? ret : &rules, &report);

	found[0] = '\0';
	if (report.n)
		conf_finding_format(&report.findings[0], found, sizeof(found));
	ok((r == -EINVAL) == (report.errors > 0), "the result goes with the findings: %s", found);
	rules_deinit(&rules);
	json_decref(j);
	return r;
}

static void test_round(void)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	struct rules again = { 0 };
	json_t *j = rules_json(&all), *state;
	const char *name;

	ok(j && json_integer_value(json_object_get(j, "width")) == 1280 &&
			strcmp(json_string_value(json_array_get(json_object_get(j, "priority"), 0)),
				"FREE") == 0,
		"rules become an object");
	json_object_set_new(j, "editable", json_true());
	json_object_foreach(json_object_get(j, "states"), name, state)
	{
		(void) name;
		json_object_set_new(state, "refs", json_integer(3));
	}
	ok(rules_json_parse(j, NULL, &again, &report) == 0 && report.n == 0 &&
			rules_equal(&all, &again),
		"and the same rules again");
	json_decref(j);
	rules_deinit(&again);
}

static void test_part(void)
{
	struct rules r = { 0 };

	ok(parse("{\"states\": {\"A\": {\"rois\": [{\"name\": \"r\", \"x\": 0, \"y\": 0, \"w\": 8, "
		 "\"h\": 8}]}}}",
		   &all, &r) == 0 &&
			r.n_states == 1 && strcmp(r.states[0].name, "A") == 0 && r.width == 1280 &&
			r.n_numbers == 1 && r.mode == MODE_COMPATIBLE,
		"what is left out stays as it was");
	rules_deinit(&r);
	r = (struct rules){ 0 };
	ok(parse("{\"width\": 640, \"height\": 480, \"states\": {}, \"numbers\": {}, \"priority\": "
		 "[]}",
		   NULL, &r) == 0 &&
			r.n_states == 0 && r.width == 640,
		"there may be none at all");
	rules_deinit(&r);
}

static void test_wrong(void)
{
	static const struct {
		const char *text, *finding;
	} cases[] = {
		{ "{\"states\": {\"A\": {\"rois\": []}}}", "detector.states.A.rois: " },
		{ "{\"states\": {\"A\": {\"rois\": [{\"name\": \"r\", \"x\": 1280, \"y\": 0, "
		  "\"w\": "
		  "8, \"h\": 8}]}}}",
			"detector.states.A.rois[0]: 8x8 at 1280,0 reaches out" },
		{ "{\"states\": {\"7\": {}}}", "detector.states.7: a name must begin" },
		{ "{\"states\": {\"A; @include\": {}}}", "detector.states.A; @include: a name" },
		{ "{\"states\": {\"A\": {\"rois\": [{\"name\": \"a\\nb\"}]}}}",
			"detector.states.A.rois[0].name: a text with control" },
		{ "{\"priority\": [\"NOBODY\"]}", "detector.priority[0]: \"NOBODY\" is no state" },
		{ "{\"priority\": [null]}", "detector.priority[0]: null" },
		{ "{\"states\": [[[[[[[[[[[[1]]]]]]]]]]]]}", "detector.states[0][0][0]" },
		{ "{\"states\": 5}", "" },
		{ "{\"width\": \"wide\"}", "detector.screen: width and height" },
		{ "{\"width\": 9999999999}", "" },
		{ "{\"mode\": \"none\"}", "detector.mode: " },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ok(parse(cases[i].text, &all, NULL) == -EINVAL &&
				strncmp(found, cases[i].finding, strlen(cases[i].finding)) == 0,
			"%s", cases[i].text);
	ok(parse("{\"tresholds\": 1}", &all, NULL) == 0 && strstr(found, "tresholds is nothing"),
		"a key that is not known is told");
}

int main(void)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };

	if (rules_file_parse(full, strlen(full), "f", &all, &report) < 0)
		return 1;
	test_round();
	test_part();
	test_wrong();
	rules_deinit(&all);
	return tap_done();
}
