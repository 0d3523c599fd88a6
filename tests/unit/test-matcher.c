/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The decisions of the original, one by one: tests/data/matcher holds the hashes of the regions in
 * the pictures of two clips, and what its matcher and its
 * debounce made of them under three rule sets. Then what those clips do not reach.
 */
#include "recognize/matcher.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "common/cleanup.h"
#include "tests/tap.h"

#define FRAMES 360 /* in each file of vectors */

/* --- the vectors ----------------------------------------------------------------------------- */

struct vectors {
	const struct rules *rules;
	const json_t *refs, *frame;
};

static int hex_distance(const char *a, const char *b)
{
	return __builtin_popcountll(strtoull(a, NULL, 16) ^ strtoull(b, NULL, 16));
}

static int vector_distance(int state, int roi, void *userdata)
{
	const struct vectors *v = userdata;
	const struct roi *r = &v->rules->states[state].rois[roi];
	const json_t *refs = json_object_get(v->refs, v->rules->states[r->ref_state].name);
	const json_t *ref;
	char box[64];
	int best = -1;
	size_t i;

	if (strcmp(r->name, "nowhere") == 0)
		return -1;
	snprintf(box, sizeof(box), "%d,%d,%d,%d", r->rect.x, r->rect.y, r->rect.w, r->rect.h);
	json_array_foreach(refs, i, ref)
	{
		int d = hex_distance(json_string_value(json_object_get(v->frame, box)),
			json_string_value(json_object_get(ref, box)));

		if (best < 0 || d < best)
			best = d;
	}
	return best;
}

static int get_int(const json_t *object, const char *key)
{
	return (int) json_integer_value(json_object_get(object, key));
}

static char *get_string(const json_t *value)
{
	char *s = strdup(json_string_value(value));

	if (!s)
		abort();
	return s;
}

static void fill_roi(
	const struct rules *rules, const char *state, const json_t *json, struct roi *roi)
{
	const char *ref_state = json_string_value(json_object_get(json, "ref_state"));

	*roi = (struct roi){
		.name = get_string(json_object_get(json, "name")),
		.rect = { get_int(json, "x"), get_int(json, "y"), get_int(json, "w"),
			get_int(json, "h") },
		.required = json_is_true(json_object_get(json, "required")),
		.negative = json_is_true(json_object_get(json, "negative")),
	};
	if (rules_find_state(rules, ref_state ? ref_state : state, &roi->ref_state) < 0)
		abort();
}

static void fill_state(const struct rules *rules, const json_t *json, struct state *s)
{
	const json_t *roi;
	size_t i;

	s->threshold = json_number_value(json_object_get(json, "threshold"));
	s->min_match = get_int(json, "min_match");
	json_array_foreach(json_object_get(json, "rois"), i, roi)
		fill_roi(rules, s->name, roi, &s->rois[s->n_rois++]);
}

static void fill_rules(const json_t *json, struct rules *rules)
{
	const json_t *states = json_object_get(json, "states"), *name;
	size_t i;

	rules->confirm_frames = get_int(json, "confirm");
	rules->drop_frames = get_int(json, "drop");
	json_array_foreach(json_object_get(json, "priority"), i, name)
		rules->states[rules->n_states++]
			.name = get_string(name);
	for (int j = 0; j < rules->n_states; j++)
		fill_state(
			rules, json_object_get(states, rules->states[j].name), &rules->states[j]);
}

/* json: [is_match, [matched ROIs], mean distance] */
static bool same_state(const struct state *s, const struct match_state *m, const json_t *json)
{
	const json_t *names = json_array_get(json, 1);
	size_t n = 0;

	for (int i = 0; i < s->n_rois; i++) {
		if (!(m->matched & UINT32_C(1) << i))
			continue;
		if (n >= json_array_size(names) ||
			strcmp(json_string_value(json_array_get(names, n++)), s->rois[i].name) != 0)
			return false;
	}
	/* Both are a sum of whole numbers over their count: no rounding stands between them. */
	return n == json_array_size(names) &&
	       m->is_match == json_is_true(json_array_get(json, 0)) &&
	       m->distance == json_number_value(json_array_get(json, 2));
}

/* json: [{state: …}, raw, debounced] */
static bool same_decision(
	const struct rules *rules, const struct match *m, int debounced, const json_t *json)
{
	const json_t *states = json_array_get(json, 0);
	bool same = (int) json_object_size(states) == rules->n_states;

	for (int i = 0; i < rules->n_states; i++)
		same &= same_state(&rules->states[i], &m->states[i],
			json_object_get(states, rules->states[i].name));
	return same &&
	       strcmp(rules_state_name(rules, m->raw),
		       json_string_value(json_array_get(json, 1))) == 0 &&
	       strcmp(rules_state_name(rules, debounced),
		       json_string_value(json_array_get(json, 2))) == 0;
}

static void test_rule_set(
	const char *file, const char *set, const json_t *root, const json_t *rules_json)
{
	_cleanup_(rules_deinit) struct rules rules = { 0 };
	const json_t *decisions = json_object_get(json_object_get(root, "decisions"), set);
	const json_t *frames = json_object_get(root, "frames");
	struct vectors v = { .rules = &rules, .refs = json_object_get(root, "refs") };
	struct debounce debounce;
	size_t i, same = 0;

	fill_rules(rules_json, &rules);
	debounce_init(&debounce, rules.confirm_frames, rules.drop_frames);
	json_array_foreach(frames, i, v.frame)
	{
		const json_t *expected = json_array_get(decisions, i);
		struct match m;
		bool equal;

		matcher_decide(&rules, vector_distance, &v, &m);
		equal = same_decision(&rules, &m, debounce_push(&debounce, m.raw), expected);
		same += equal;
		if (!equal)
			printf("# %s, %s: decision %zu is another one\n", file, set, i);
	}
	ok(same == FRAMES && json_array_size(decisions) == FRAMES, "%s, %s: %zu of %d decisions",
		file, set, same, FRAMES);
}

static void test_vectors(const char *file)
{
	const char *top = getenv("top_srcdir"), *set;
	_cleanup_(freep) char *path = NULL;
	json_t *root, *sets, *rules;

	if (asprintf(&path, "%s/tests/data/matcher/%s", top ? top : ".", file) < 0)
		abort();
	root = json_load_file(path, 0, NULL);
	sets = json_object_get(root, "rules");
	ok(json_object_size(sets) == 3, "%s: three rule sets", file);
	json_object_foreach(sets, set, rules) test_rule_set(file, set, root, rules);
	json_decref(root);
}

/* --- what the vectors do not reach ----------------------------------------------------------- */

enum {
	PLAIN = 0,
	REQUIRED = 1,
	NEGATIVE = 2,
};

struct one_state {
	int flags[3], distances[3];
	int n_rois, min_match;
};

static int listed_distance(int state, int roi, void *userdata)
{
	const struct one_state *one = userdata;

	return state == 0 ? one->distances[roi] : -1;
}

static struct match_state decide(struct one_state one, int *ret_raw)
{
	struct rules rules = { .n_states = 1 };
	struct state *s = &rules.states[0];
	struct match m;

	s->threshold = 12;
	s->min_match = one.min_match;
	s->n_rois = one.n_rois;
	for (int i = 0; i < one.n_rois; i++) {
		s->rois[i].required = one.flags[i] & REQUIRED;
		s->rois[i].negative = one.flags[i] & NEGATIVE;
	}
	matcher_decide(&rules, listed_distance, &one, &m);
	*ret_raw = m.raw;
	return m.states[0];
}

static const struct {
	const char *name;
	struct one_state one;
	struct match_state expected;
} cases[] = {
	{ "at the threshold", { { 0 }, { 12 }, 1, 1 }, { true, 1, 12 } },
	{ "beyond the threshold", { { 0 }, { 13 }, 1, 1 }, { false, 0, 13 } },
	{ "the very picture", { { 0 }, { 0 }, 1, 1 }, { true, 1, 0 } },
	{ "the mean at the threshold", { { 0, 0 }, { 4, 20 }, 2, 1 }, { true, 1, 12 } },
	{ "the mean beyond the threshold", { { 0, 0 }, { 4, 21 }, 2, 1 }, { false, 1, 12.5 } },
	{ "the mean of three", { { 0, 0, 0 }, { 1, 2, 5 }, 3, 3 }, { true, 7, 8.0 / 3 } },
	{ "less than min_match", { { 0, 0 }, { 4, 14 }, 2, 2 }, { false, 1, 9 } },
	{ "min_match 0 with a ROI that does not match", { { 0 }, { 14 }, 1, 0 }, { false, 0, 14 } },
	{ "a required ROI too far off, the mean near", { { 0, REQUIRED }, { 0, 13 }, 2, 1 },
		{ false, 1, 6.5 } },
	{ "a required ROI that matches", { { 0, REQUIRED }, { 13, 2 }, 2, 1 }, { true, 2, 7.5 } },
	{ "no ROI", { { 0 }, { 0 }, 0, 1 }, { false, 0, MATCH_DISTANCE_NONE } },
	{ "no ROI, min_match 0", { { 0 }, { 0 }, 0, 0 }, { false, 0, MATCH_DISTANCE_NONE } },
	{ "no references", { { 0, NEGATIVE }, { -1, -1 }, 2, 0 },
		{ false, 0, MATCH_DISTANCE_NONE } },
	{ "a ROI without references is not counted", { { 0, 0 }, { -1, 6 }, 2, 1 },
		{ true, 2, 6 } },
	{ "required, no references", { { REQUIRED }, { -1 }, 1, 1 },
		{ false, 0, MATCH_DISTANCE_FAILED } },
	{ "required, no references, another one counted", { { REQUIRED, 0 }, { -1, 6 }, 2, 1 },
		{ false, 2, 6 } },
	{ "negative and required, no references", { { REQUIRED | NEGATIVE }, { -1 }, 1, 0 },
		{ false, 0, MATCH_DISTANCE_FAILED } },
	{ "negative, at the threshold", { { 0, NEGATIVE }, { 6, 12 }, 2, 1 }, { false, 1, 53 } },
	{ "negative, far off", { { 0, NEGATIVE }, { 6, 13 }, 2, 1 }, { true, 1, 3 } },
	{ "a negative one does not count as matched", { { NEGATIVE }, { 13 }, 1, 1 },
		{ false, 0, 0 } },
	{ "negative only, min_match 0", { { NEGATIVE }, { 13 }, 1, 0 }, { true, 0, 0 } },
	{ "negative and required, far off", { { 0, NEGATIVE | REQUIRED }, { 6, 40 }, 2, 1 },
		{ true, 1, 3 } },
	{ "negative and required, near", { { 0, NEGATIVE | REQUIRED }, { 6, 0 }, 2, 1 },
		{ false, 1, 53 } },
};

static void test_cases(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int raw;
		struct match_state m = decide(cases[i].one, &raw);
		const struct match_state *e = &cases[i].expected;

		ok(m.is_match == e->is_match && m.matched == e->matched &&
				m.distance == e->distance && raw == (e->is_match ? 0 : STATE_OTHER),
			"%s", cases[i].name);
	}
}

/* The penalty fails a state by its mean as a rule, but not under a threshold above it: there only
 * what is required does. */
static void test_negative_required(void)
{
	struct one_state one = { { PLAIN, NEGATIVE }, { 6, 0 }, 2, 1 };
	struct rules rules = { .n_states = 1 };
	struct state *s = &rules.states[0];
	struct match m;

	s->threshold = 60;
	s->min_match = 1;
	s->n_rois = 2;
	s->rois[1].negative = true;
	matcher_decide(&rules, listed_distance, &one, &m);
	ok(m.raw == 0 && m.states[0].distance == 53, "negative, not required: the mean decides");
	s->rois[1].required = true;
	matcher_decide(&rules, listed_distance, &one, &m);
	ok(m.raw == STATE_OTHER && m.states[0].distance == 53, "negative, required: fails");
}

static int distance_by_state(int state, int roi, void *userdata)
{
	const int *distances = userdata;

	(void) roi;
	return distances[state];
}

static int decide_first(const int distances[3], struct match *ret)
{
	struct rules rules = { .n_states = 3 };

	for (int i = 0; i < 3; i++) {
		rules.states[i].threshold = 12;
		rules.states[i].min_match = 1;
		rules.states[i].n_rois = 1;
	}
	matcher_decide(&rules, distance_by_state, (void *) distances, ret);
	return ret->raw;
}

static void test_priority(void)
{
	struct match m;

	ok(decide_first((const int[]){ 9, 0, 3 }, &m) == 0, "the first that matches wins");
	ok(m.states[1].is_match && m.states[2].is_match, "… and the others are told all the same");
	ok(decide_first((const int[]){ 13, 12, 3 }, &m) == 1, "the second, when the first fails");
	ok(decide_first((const int[]){ 13, 14, 15 }, &m) == STATE_OTHER, "none is OTHER");
	ok(m.states[0].distance == 13 && m.states[2].distance == 15, "… with their distances");
}

static void test_many_rois(void)
{
	struct rules rules = { .n_states = RULES_STATES_MAX };
	struct match m;
	int distances[RULES_STATES_MAX];

	for (int i = 0; i < RULES_STATES_MAX; i++) {
		distances[i] = i == RULES_STATES_MAX - 1 ? 64 : 1024;
		rules.states[i].threshold = 64;
		rules.states[i].min_match = RULES_ROIS_MAX;
		rules.states[i].n_rois = RULES_ROIS_MAX;
	}
	matcher_decide(&rules, distance_by_state, distances, &m);
	ok(m.raw == RULES_STATES_MAX - 1, "as many states as there may be");
	ok(m.states[m.raw].matched == (UINT32_C(1) << RULES_ROIS_MAX) - 1,
		"as many ROIs as there may be");
}

/* --- debounce -------------------------------------------------------------------------------- */

/* Letters: a, b states; o OTHER; u UNKNOWN. */
static int decision_of(char letter)
{
	switch (letter) {
	case 'o':
		return STATE_OTHER;
	case 'u':
		return STATE_UNKNOWN;
	default:
		return letter - 'a';
	}
}

static const struct {
	const char *name;
	int confirm, drop;
	const char *raw, *states;
} runs[] = {
	{ "starts with OTHER", 2, 3, "ou", "oo" },
	{ "two in a row", 2, 3, "aab", "oaa" },
	{ "confirm 1", 1, 3, "abab", "abab" },
	{ "confirm 3", 3, 3, "aabaaab", "oooooaa" },
	{ "OTHER in between resets", 2, 3, "aoaoaa", "oooooa" },
	{ "another state in between resets", 2, 3, "abaabb", "oooaab" },
	{ "UNKNOWN in between resets", 2, 3, "auauaa", "oooooa" },
	{ "UNKNOWN is never the answer", 1, 1, "auuuuub", "aaaaaab" },
	{ "three of OTHER drop", 2, 3, "aaoooo", "oaaaoo" },
	{ "drop 1", 2, 1, "aaoaa", "oaooa" },
	{ "the state itself resets the drop", 2, 3, "aaooaooo", "oaaaaaao" },
	{ "another state resets the drop", 2, 3, "aaoobooo", "oaaaaaao" },
	{ "UNKNOWN resets the drop", 2, 3, "aaoouooo", "oaaaaaao" },
	{ "the state itself resets the candidate", 2, 3, "aababb", "oaaaab" },
	{ "from state to state", 2, 3, "aabbaa", "oaabba" },
	{ "a candidate while OTHER is counted", 2, 3, "aaoobb", "oaaaab" },
	{ "a long state, then short ones", 2, 3, "aaaaaaaabaabooaooo", "oaaaaaaaaaaaaaaaao" },
	{ "confirm 0 is 1", 0, 0, "abo", "abo" },
};

static void test_runs(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(runs); i++) {
		struct debounce d;
		bool same = strlen(runs[i].raw) == strlen(runs[i].states);

		debounce_init(&d, runs[i].confirm, runs[i].drop);
		for (size_t j = 0; runs[i].raw[j]; j++) {
			int state = debounce_push(&d, decision_of(runs[i].raw[j]));

			same &= state == decision_of(runs[i].states[j]) && state == d.state;
		}
		ok(same, "debounce: %s", runs[i].name);
	}
}

/* --- names ----------------------------------------------------------------------------------- */

static void test_scale(void)
{
	struct rules rules = { .width = 640, .height = 480 };
	struct rect r = { 180, 78, 281, 65 };
	struct rect same = rules_scale(&rules, r, 640, 480),
		    big = rules_scale(&rules, r, 1920, 1080);
	struct rect small = rules_scale(&rules, (struct rect){ 10, 10, 2, 2 }, 64, 48);

	ok(memcmp(&same, &r, sizeof(r)) == 0, "a picture of the rules' size");
	ok(big.x == 540 && big.y == 176 && big.w == 843 && big.h == 146, "a larger one");
	ok(small.x == 1 && small.y == 1 && small.w == 1 && small.h == 1, "nothing is left of none");
}

static void test_names(void)
{
	char select[] = "SELECT", other[] = "OTHER_GAME";
	const struct rules rules = { .n_states = 2,
		.states = { { .name = select }, { .name = other } } };
	int state = 77;

	ok(rules_find_state(&rules, "SELECT", &state) == 0 && state == 0, "the first state");
	ok(rules_find_state(&rules, "OTHER_GAME", &state) == 0 && state == 1, "the second state");
	ok(rules_find_state(&rules, "OTHER", &state) == 0 && state == STATE_OTHER, "OTHER");
	ok(rules_find_state(&rules, "UNKNOWN", &state) == 0 && state == STATE_UNKNOWN, "UNKNOWN");
	state = 77;
	ok(rules_find_state(&rules, "select", &state) == -ENOENT && state == 77, "another case");
	ok(rules_find_state(&rules, "", &state) == -ENOENT && state == 77, "no name");
	ok(strcmp(rules_state_name(&rules, 1), "OTHER_GAME") == 0, "name of a state");
	ok(strcmp(rules_state_name(&rules, STATE_OTHER), "OTHER") == 0, "name of OTHER");
	ok(strcmp(rules_state_name(&rules, STATE_UNKNOWN), "UNKNOWN") == 0, "name of UNKNOWN");
	ok(strcmp(rules_state_name(&rules, 2), "OTHER") == 0, "what is no state is OTHER");
}

int main(void)
{
	test_vectors("koi-clean.json");
	test_vectors("koi-worn.json");
	test_cases();
	test_negative_required();
	test_priority();
	test_many_rois();
	test_runs();
	test_scale();
	test_names();
	return tap_done();
}
