/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector/explain.h"

#include <math.h>

#define NEAR_SCORE 0.5 /* less is nothing like the state */
#define LOW_MARGIN 0.1 /* two states that are nearly the same */
#define NEAR_BITS 4    /* compatible: so many beyond the threshold, or before it … */
#define TIGHT_BITS 1   /* … nearly not */
#define DISTANCE_BITS 64

static double rounded(double v)
{
	return round(v * 1e4) / 1e4;
}

static json_t *state_name(const struct rules *rules, int state)
{
	return json_string(rules_state_name(rules, state));
}

/* As the original counts: 0 is the very same, -1 is not known. */
static double distance_of(const struct rules *rules, int state, const struct decision *d)
{
	const struct state_score *score = &d->states[state];

	if (rules->mode == MODE_COMPATIBLE)
		return score->score;
	for (int i = 0; i < rules->states[state].n_rois; i++)
		if (score->rois[i].reference >= 0)
			return (1 - score->score) * DISTANCE_BITS;
	return -1;
}

static json_t *match_json(const struct rules *rules, int state, const struct decision *d)
{
	const struct state_score *score = &d->states[state];
	json_t *rois = json_array();

	for (int i = 0; i < rules->states[state].n_rois; i++)
		if (score->rois[i].matched)
			json_array_append_new(rois, json_string(rules->states[state].rois[i].name));
	return json_pack("{s:o, s:o, s:f, s:b}", "state", state_name(rules, state), "matched_rois",
		rois, "avg_distance", rounded(distance_of(rules, state, d)), "is_match",
		score->matched);
}

static json_t *roi_json(const struct roi *roi, const struct roi_score *score)
{
	return json_pack("{s:s, s:f, s:f, s:f, s:b, s:o}", "name", roi->name, "score",
		rounded(score->score), "value", rounded(score->value), "quality",
		rounded(score->quality), "matched", score->matched, "reference",
		score->reference < 0 ? json_null() : json_integer(score->reference));
}

static json_t *score_json(const struct rules *rules, int state, const struct decision *d)
{
	const struct state_score *score = &d->states[state];
	json_t *rois = json_array();

	for (int i = 0; i < rules->states[state].n_rois; i++)
		json_array_append_new(
			rois, roi_json(&rules->states[state].rois[i], &score->rois[i]));
	return json_pack("{s:f, s:b, s:o}", "score", rounded(score->score), "matched",
		score->matched, "rois", rois);
}

static json_t *number_json(const struct digits_reading *n)
{
	return json_pack("{s:o, s:f}", "text", n->sure ? json_string(n->text) : json_null(),
		"confidence", rounded(n->confidence));
}

json_t *explain_json(const struct rules *rules, const struct decision *d)
{
	json_t *matches = json_object(), *states = json_object(), *numbers = json_object();

	for (int s = 0; s < rules->n_states; s++) {
		const char *name = rules->states[s].name;

		json_object_set_new(matches, name, match_json(rules, s, d));
		json_object_set_new(states, name, score_json(rules, s, d));
	}
	for (int i = 0; i < rules->n_numbers; i++)
		json_object_set_new(numbers, rules->numbers[i].name, number_json(&d->numbers[i]));
	return json_pack("{s:o, s:o, s:o, s:f, s:o, s:o, s:o}", "state",
		state_name(rules, d->state), "raw", state_name(rules, d->raw), "reason",
		d->reason == REASON_NONE ? json_null() : json_string(reason_name(d->reason)),
		"margin", rounded(d->margin), "matches", matches, "states", states, "numbers",
		numbers);
}

/* How many bits the best known state is away from its threshold; less than 0: it is within. */
static double bits_beyond(const struct rules *rules, const struct decision *d)
{
	double least = INFINITY;

	for (int s = 0; s < rules->n_states; s++)
		if (d->states[s].score >= 0)
			least = MIN(least, d->states[s].score - rules->states[s].threshold);
	return least;
}

static double best_score(const struct rules *rules, const struct decision *d)
{
	double best = 0;

	for (int s = 0; s < rules->n_states; s++)
		best = MAX(best, d->states[s].score);
	return best;
}

bool explain_is_near_miss(const struct rules *rules, const struct decision *d)
{
	if (rules->mode == MODE_COMPATIBLE) {
		double beyond = bits_beyond(rules, d);

		return d->raw >= 0 ? fabs(beyond) < TIGHT_BITS : beyond <= NEAR_BITS;
	}
	return best_score(rules, d) >= NEAR_SCORE &&
	       (d->reason == REASON_BELOW_THRESHOLD || d->margin < LOW_MARGIN);
}
