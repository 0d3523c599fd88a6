/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the merged settings to rules, in two rounds: first each state by itself, in the order of
 * priority, then what one says about another. Everything is looked at even when something was
 * wrong, so that one run of a check shows all there is to mend.
 */
#include <stdlib.h>
#include <string.h>

#include "common/usec.h"
#include "recognize/digits.h"
#include "settings/rules-private.h"

#define MS(usec) ((int) ((usec) / USEC_PER_MSEC))

static int copy(const char *text, char **ret)
{
	*ret = strdup(text);
	return *ret ? 0 : -ENOMEM;
}

/* ---- states ---- */

struct state_text {
	char *match;
	int64_t min_match;
	double threshold, score, margin;
	uint64_t enter_usec, leave_usec, settle_usec, longest_usec;
};

#define AT(member) .offset = offsetof(struct state_text, member)
#define MINUTE ((int64_t) 60 * USEC_PER_SEC)
#define DAY (24 * 60 * MINUTE)

static const struct conf_row state_rows[] = {
	{ "min_match", CONF_INT, AT(min_match), .min = 0, .max = RULES_ROIS_MAX, .def = "1" },
	{ "threshold", CONF_REAL, AT(threshold), .min = 0, .max = 1024, .def = "12" },
	{ "score", CONF_REAL, AT(score), .min = 0, .max = 1, .def = "0" },
	{ "margin", CONF_REAL, AT(margin), .min = 0, .max = 1, .def = "0" },
	{ "match", CONF_STRING, AT(match), .max = CONF_TREE_TEXT_MAX, .def = "" },
	{ "enter", CONF_DURATION, AT(enter_usec), .min = 0, .max = MINUTE, .def = "0" },
	{ "leave", CONF_DURATION, AT(leave_usec), .min = 0, .max = MINUTE, .def = "0" },
	{ "settle", CONF_DURATION, AT(settle_usec), .min = 0, .max = MINUTE, .def = "0" },
	{ "longest", CONF_DURATION, AT(longest_usec), .min = 0, .max = DAY, .def = "0" },
	{ .path = NULL },
};

#undef AT

static void check_match(struct rules_reading *rd, const struct conf_node *n, const char *key,
	struct state *s, const char *match)
{
	char buf[RULES_KEY_MAX], why[RULES_WHY_MAX];
	int positive = 0;

	for (int i = 0; i < s->n_rois; i++)
		positive += !s->rois[i].negative;
	if (*match) {
		if (rules_parse_match(s, match, why, sizeof(why)) < 0)
			rules_refuse(rd, rules_place(n, "match"), rules_key(buf, "%s.match", key),
				"%s", why);
	} else if (s->n_rois > 0 && s->min_match > positive) {
		rules_refuse(rd, rules_place(n, "min_match"), rules_key(buf, "%s.min_match", key),
			"asks for %d regions, and only %d can match", s->min_match, positive);
	}
}

static int read_state(struct rules_reading *rd, int state)
{
	static const char *const others[] = { "rois", "after", NULL };
	const struct conf_node *n = rd->states[state];
	struct state *s = &rd->rules->states[state];
	struct state_text text = { 0 };
	char key[RULES_KEY_MAX];
	int r;

	rules_key(key, "detector.states.%s", s->name);
	r = rules_read_rows(rd, n, key, state_rows, others, &text);
	if (r == 0 && n->kind == CONF_NODE_GROUP) {
		s->min_match = (int) text.min_match;
		s->threshold = text.threshold;
		s->score = text.score;
		s->margin = text.margin;
		s->enter_ms = MS(text.enter_usec);
		s->leave_ms = MS(text.leave_usec);
		s->settle_ms = MS(text.settle_usec);
		s->longest_ms = MS(text.longest_usec);
		r = rules_read_rois(rd, n, key, state);
		check_match(rd, n, key, s, text.match);
	}
	conf_rows_destroy(state_rows, &text);
	return r;
}

static int add_state(struct rules_reading *rd, const struct conf_node *n)
{
	struct rules *rules = rd->rules;
	char key[RULES_KEY_MAX];

	rules_key(key, "detector.states.%.*s", RULES_NAME_MAX, n->name);
	if (!rules_name_valid(n->name) || strcmp(n->name, "OTHER") == 0 ||
		strcmp(n->name, "UNKNOWN") == 0)
		rules_refuse(rd, n, key,
			"a state's name must consist of at most %d letters, digits, '_' and '-', "
			"and not be OTHER, UNKNOWN, AND, OR or NOT",
			RULES_NAME_MAX);
	if (rules->n_states == RULES_STATES_MAX) {
		rules_refuse(rd, n, key, "there can be at most %d states", RULES_STATES_MAX);
		return 0;
	}
	rd->states[rules->n_states] = n;
	return copy(n->name, &rules->states[rules->n_states++].name);
}

/* One name of detector.priority. */
static int add_by_name(struct rules_reading *rd, const struct conf_node *states,
	const struct conf_node *n, size_t index)
{
	const struct conf_node *state = NULL;
	char key[RULES_KEY_MAX];

	rules_key(key, "detector.priority[%zu]", index);
	if (n->kind == CONF_NODE_STRING && states)
		state = conf_node_child(states, n->string);
	if (state && !rules_is_known(rd, n->string))
		return add_state(rd, state);
	if (n->kind != CONF_NODE_STRING)
		rules_refuse(rd, n, key, "must be the name of a state in quotes");
	else
		rules_refuse(rd, n, key, "\"%.*s\" is %s", RULES_NAME_MAX, n->string,
			state ? "there already" : "no state of detector.states");
	return 0;
}

/* States in the order of their priority: as told, else the original's; then as the files have them.
 */
static int order_states(
	struct rules_reading *rd, const struct conf_node *states, const struct conf_node *priority)
{
	static const char *const original[] = { "SELECT", "PLAYING", "NORMAL" };
	int r = 0;

	for (size_t i = 0; priority && i < priority->n && r == 0; i++)
		r = add_by_name(rd, states, &priority->children[i], i);
	for (size_t i = 0; !priority && states && i < ARRAY_SIZE(original) && r == 0; i++)
		if (conf_node_child(states, original[i]))
			r = add_state(rd, conf_node_child(states, original[i]));
	for (size_t i = 0; states && i < states->n && r == 0; i++)
		if (!rules_is_known(rd, states->children[i].name))
			r = add_state(rd, &states->children[i]);
	return r;
}

/* ---- what one state says about another ---- */

static void resolve_after(struct rules_reading *rd, int state)
{
	struct state *s = &rd->rules->states[state];
	const struct conf_node *after = conf_node_child(rd->states[state], "after");
	char key[RULES_KEY_MAX];
	int found;

	if (!after)
		return;
	rules_key(key, "detector.states.%s.after", s->name);
	if (after->kind != CONF_NODE_LIST || after->n == 0) {
		rules_refuse(
			rd, after, key, "must be a list of states' names: [ \"…\", \"OTHER\" ]");
		return;
	}
	s->restricted = true;
	for (size_t i = 0; i < after->n; i++) {
		const struct conf_node *n = &after->children[i];

		if (n->kind != CONF_NODE_STRING ||
			rules_find_state(rd->rules, n->string, &found) < 0 ||
			found == STATE_UNKNOWN)
			rules_refuse(rd, n, key, "must name states of detector.states, or OTHER");
		else
			s->may_follow |= found >= 0 ? UINT32_C(1) << found : RULES_OTHER_BIT;
	}
}

static void resolve(struct rules_reading *rd)
{
	for (int i = 0; i < rd->rules->n_states; i++) {
		const struct conf_node *rois = conf_node_child(rd->states[i], "rois");

		/* With something that is no group in between, indices would not fit. */
		for (int j = 0; rois && j < rd->rules->states[i].n_rois &&
				(size_t) rd->rules->states[i].n_rois == rois->n;
			j++)
			rules_resolve_roi(rd, i, j, &rois->children[j]);
		resolve_after(rd, i);
	}
}

/* ---- numbers ---- */

struct number_text {
	struct rules_rect rect;
	char *format;
};

static const struct conf_row number_rows[] = {
	RULES_RECT_ROWS(struct number_text, RULES_ROI_SIDE_MIN),
	{ "format", CONF_STRING, offsetof(struct number_text, format), .max = DIGITS_MAX,
		.def = "" },
	{ .path = NULL },
};

static int take_number(struct rules_reading *rd, const struct conf_node *n, const char *key,
	struct number_text *text)
{
	struct number *number = &rd->rules->numbers[rd->rules->n_numbers++];
	char buf[RULES_KEY_MAX];

	*number = (struct number){ .rect = rules_to_rect(&text->rect) };
	if (rules_count_sides(n) < 4)
		rules_refuse(rd, n, key, "needs x, y, w and h");
	else
		rules_check_rect(rd, n, key, &number->rect);
	if (*text->format && !strchr(text->format, '9'))
		rules_refuse(rd, rules_place(n, "format"), rules_key(buf, "%s.format", key),
			"has no place for a digit: each '9' is one, such as \"99,999\"");
	else if (*text->format)
		number->format = TAKE_PTR(text->format);
	return copy(n->name, &number->name);
}

static int read_number(struct rules_reading *rd, const struct conf_node *n)
{
	struct number_text text = { 0 };
	char key[RULES_KEY_MAX];
	int r;

	rules_key(key, "detector.numbers.%.*s", RULES_NAME_MAX, n->name);
	if (!rules_name_valid(n->name))
		rules_refuse(rd, n, key,
			"a number's name must consist of at most %d letters, digits, '_' and '-'",
			RULES_NAME_MAX);
	if (rd->rules->n_numbers == RULES_NUMBERS_MAX) {
		rules_refuse(rd, n, key, "there can be at most %d numbers", RULES_NUMBERS_MAX);
		return 0;
	}
	r = rules_read_rows(rd, n, key, number_rows, NULL, &text);
	if (r == 0 && n->kind == CONF_NODE_GROUP)
		r = take_number(rd, n, key, &text);
	conf_rows_destroy(number_rows, &text);
	return r;
}

/* ---- all of it ---- */

static void take_scalars(struct rules_reading *rd, const struct settings *s)
{
	struct rules *rules = rd->rules;
	struct conf_node place = { 0 };
	const char *file;

	rules->mode = (enum rules_mode) s->detector.mode;
	rules->width = s->detector.screen.width;
	rules->height = s->detector.screen.height;
	rules->frozen_ms = MS(s->detector.frozen_usec);
	rules->algo = (enum hash_algo) s->detector.algo;
	rules->hash_size = (int) s->detector.hash_size;
	rules->confirm_frames = (int) s->detector.confirm_frames;
	rules->drop_frames = (int) s->detector.drop_frames;
	if (rules->width > 0)
		return;
	conf_origin(rd->c, NULL, 0, "detector.screen", &file, &place.line);
	place.file = (char *) file;
	rules_refuse(rd, &place, "detector.screen", "must be a size such as \"640x480\"");
	/* Else every region would be outside as well. */
	rules->width = rules->height = RULES_SIDE_MAX;
}

static int read_all(struct rules_reading *rd, const struct settings *s)
{
	const struct conf_node *numbers = s->detector.numbers;
	int r;

	take_scalars(rd, s);
	r = order_states(rd, s->detector.states, s->detector.priority);
	for (int i = 0; i < rd->rules->n_states && r == 0; i++)
		r = read_state(rd, i);
	for (size_t i = 0; numbers && i < numbers->n && r == 0; i++)
		r = read_number(rd, &numbers->children[i]);
	if (r == 0)
		resolve(rd);
	return r;
}

int rules_read(const struct conf *c, const struct settings *s, struct rules **ret,
	struct conf_report *report)
{
	_cleanup_(rules_freep) struct rules *rules = calloc(1, sizeof(*rules));
	struct rules_reading rd = { .c = c, .rules = rules, .report = report };
	int r;

	if (!rules)
		return -ENOMEM;
	r = read_all(&rd, s);
	if (r == 0 && rd.failed)
		r = -EINVAL;
	if (r == 0)
		*ret = TAKE_PTR(rules);
	return r;
}
