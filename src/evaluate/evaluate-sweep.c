/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "evaluate/evaluate-sweep.h"

#include <string.h>

#include "recognize/judge.h"
#include "recognize/matcher.h"

#define DISTANCES 24     /* bits that are tried, from 0 on */
#define SCORES 10        /* that are tried … */
#define SCORE_FIRST 50   /* … from this hundredth on … */
#define SCORE_STEP 5     /* … so far apart … */
#define SCORE_MEASURED 5 /* 0.75, at which a correlation is its own purity: measures them */

_Static_assert(DISTANCES <= EVALUATE_POINTS_MAX && SCORES <= EVALUATE_POINTS_MAX,
	"there is a point for each");

struct variant {
	double value;
	struct debounce debounce; /* compatible mode */
	struct judge judge;       /* better mode */
	int8_t *states;           /* of each decision */
};

struct evaluate_sweep {
	const struct rules *rules;
	const struct truth *truth;
	struct variant variants[EVALUATE_POINTS_MAX];
	int n;
	struct rules *other;      /* compatible: with each variant's threshold in turn */
	struct sight sight;       /* better: likewise with its score … */
	struct decision decision; /* … and what is decided; compatible: the distances */
	struct separation separations[RULES_STATES_MAX];
	size_t n_decisions, room;
};

/* --- variants --- */

static bool takes_score(const struct state *state)
{
	for (int i = 0; i < state->n_rois; i++)
		if (rules_takes_score(&state->rois[i]))
			return true;
	return false;
}

static void add_scores(struct evaluate_sweep *s)
{
	bool any = false;

	for (int i = 0; i < s->rules->n_states; i++)
		any = any || takes_score(&s->rules->states[i]);
	s->n = any ? SCORES : 0;
	for (int i = 0; i < s->n; i++) {
		s->variants[i].value = (SCORE_FIRST + i * SCORE_STEP) / 100.0;
		judge_init(&s->variants[i].judge, s->rules);
	}
}

static int add_distances(struct evaluate_sweep *s)
{
	s->other = malloc(sizeof(*s->other));
	if (!s->other)
		return -ENOMEM;
	*s->other = *s->rules; /* shares what it points to */
	s->n = DISTANCES;
	for (int i = 0; i < s->n; i++) {
		s->variants[i].value = i;
		debounce_init(
			&s->variants[i].debounce, s->rules->confirm_frames, s->rules->drop_frames);
	}
	return 0;
}

int evaluate_sweep_new(
	struct evaluate_sweep **ret, const struct rules *rules, const struct truth *truth)
{
	_cleanup_(evaluate_sweep_freep) struct evaluate_sweep *s = calloc(1, sizeof(*s));
	int r = 0;

	if (!s)
		return -ENOMEM;
	s->rules = rules;
	s->truth = truth;
	for (int i = 0; i < RULES_STATES_MAX; i++)
		separation_init(&s->separations[i]);
	if (rules->mode == MODE_COMPATIBLE)
		r = add_distances(s);
	else
		add_scores(s);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(s);
	return 0;
}

struct evaluate_sweep *evaluate_sweep_free(struct evaluate_sweep *s)
{
	if (!s)
		return NULL;
	for (int i = 0; i < s->n; i++)
		free(s->variants[i].states);
	free(s->other);
	free(s);
	return NULL;
}

/* --- decisions --- */

static int make_room(struct evaluate_sweep *s)
{
	size_t room = MAX(s->room * 2, 4096);

	if (s->n_decisions < s->room)
		return 0;
	for (int i = 0; i < s->n; i++) {
		int8_t *p = realloc(s->variants[i].states, room);

		if (!p)
			return -ENOMEM;
		s->variants[i].states = p;
	}
	s->room = room;
	return 0;
}

static int known_distance(int state, int roi, void *userdata)
{
	const struct decision *d = userdata;

	return (int) d->states[state].rois[roi].score;
}

static int with_distance(struct evaluate_sweep *s, struct variant *v)
{
	struct match match;

	for (int i = 0; i < s->other->n_states; i++)
		s->other->states[i].threshold = v->value;
	matcher_decide(s->other, known_distance, &s->decision, &match);
	return debounce_push(&v->debounce, match.raw);
}

static int with_score(struct evaluate_sweep *s, struct variant *v)
{
	sight_set_score(&s->sight, s->rules, v->value);
	judge_push(&v->judge, &s->sight, &s->decision);
	return s->decision.state;
}

/* How much of each state is there, on the scale of the setting. */
static void measure(struct evaluate_sweep *s)
{
	const struct judge *judge = &s->variants[SCORE_MEASURED].judge;

	for (int i = 0; i < s->rules->n_states; i++)
		if (takes_score(&s->rules->states[i]))
			separation_push(&s->separations[i], s->truth, i, s->sight.capture_usec,
				(double) evidence_reach(&judge->evidence[i]));
}

int evaluate_sweep_push(
	struct evaluate_sweep *s, const struct recogniser *recogniser, const struct decision *d)
{
	const struct sight *sight = recogniser_sight(recogniser);
	int r = make_room(s);

	if (r < 0 || s->n == 0)
		return r;
	s->decision = *d;
	if (sight)
		s->sight = *sight;
	for (int i = 0; i < s->n; i++) {
		struct variant *v = &s->variants[i];
		int state = sight ? with_score(s, v) : with_distance(s, v);

		v->states[s->n_decisions] = (int8_t) state;
	}
	if (sight)
		measure(s);
	s->n_decisions++;
	return 0;
}

/* --- figures --- */

static int judge_variant(const struct variant *v, const struct evaluate_result *result,
	struct evaluate_decision *decisions, struct evaluate_point *ret)
{
	struct evaluation e;
	int r;

	for (size_t k = 0; k < result->n_decisions; k++)
		decisions[k].state = v->states[k];
	r = evaluate(&result->truth, result->rules.n_states, decisions, result->n_decisions, &e);
	if (r < 0)
		return r;
	*ret = (struct evaluate_point){
		.value = v->value,
		.right_share = e.right_share,
		.missed_changes = e.missed_changes,
		.false_changes = e.false_changes,
	};
	return 0;
}

int evaluate_sweep_judge(const struct evaluate_sweep *s, struct evaluate_result *result)
{
	_cleanup_(freep) struct evaluate_decision *decisions = NULL;
	int r = 0;

	memcpy(result->separations, s->separations, sizeof(result->separations));
	if (s->n == 0)
		return 0;
	decisions = calloc(result->n_decisions + 1, sizeof(*decisions));
	if (!decisions)
		return -ENOMEM;
	memcpy(decisions, result->decisions, result->n_decisions * sizeof(*decisions));
	for (int i = 0; i < s->n && r >= 0; i++)
		r = judge_variant(&s->variants[i], result, decisions, &result->points[i]);
	if (r < 0)
		return r;
	result->n_points = s->n;
	result->suggested =
		evaluate_suggest(result->points, result->n_points, &result->suggested_margin);
	return 0;
}
