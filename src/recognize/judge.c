/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/judge.h"

#include "recognize/combine.h"

#define MARGIN_MIN 0.05 /* two states that are both there, closer than this: ambiguous */
#define NEAR 0.4        /* score: something like a state, but not near enough */

void judge_init(struct judge *j, const struct rules *rules)
{
	*j = (struct judge){ .rules = rules };
	tracker_init(&j->tracker, rules);
	gauge_init(&j->gauge);
}

void judge_lost(struct judge *j, uint64_t usec)
{
	tracker_lost(&j->tracker, usec);
}

/* Puts a state's regions together. */
static void weigh(struct judge *j, const struct sight *sight, int state, struct state_score *score)
{
	const struct state *s = &j->rules->states[state];
	struct evidence each[RULES_ROIS_MAX], *e = &j->evidence[state];
	uint32_t ready = 0;

	for (int i = 0; i < s->n_rois; i++) {
		const struct sight_roi *roi = &sight->rois[state][i];

		each[i] = roi->evidence;
		if (roi->shaded)
			each[i].level /= j->gauge.gain;
		ready |= roi->ready ? UINT32_C(1) << i : 0;
		score->rois[i].score = evidence_score(&each[i]);
		score->rois[i].matched = evidence_full(&each[i]);
	}
	*e = combine(s, each, ready);
	e->barred = sight->settling[state];
	score->score = evidence_score(e);
	score->matched = evidence_full(e);
}

/* No state is fully there: why not? */
static enum reason why_none(
	const struct judge *j, const struct sight *sight, const struct decision *d)
{
	double best = 0;

	if (sight->flat)
		return REASON_NO_SIGNAL;
	if (sight->empty || sight->blurred)
		return REASON_LOW_QUALITY;
	for (int s = 0; s < j->rules->n_states; s++)
		best = MAX(best, d->states[s].score);
	return best >= NEAR ? REASON_BELOW_THRESHOLD : REASON_NONE;
}

/* The state with the highest score, and the second; -1: there is none. */
static int find_best(const struct judge *j, const struct decision *d, int *ret_second)
{
	int n = j->rules->n_states, best = -1, second = -1;

	for (int s = 0; s < n; s++)
		if (best < 0 || d->states[s].score > d->states[best].score)
			best = s;
	for (int s = 0; s < n; s++)
		if (s != best && (second < 0 || d->states[s].score > d->states[second].score))
			second = s;
	*ret_second = second;
	return best;
}

/* Is the best state, which is there, too close to the second? One that is not there does not count
 * where the rules ask for no margin. */
static bool is_close(const struct judge *j, const struct decision *d, int best, int second)
{
	double margin = j->rules->states[best].margin;

	if (margin <= 0 && second >= 0 && d->states[second].matched)
		margin = MARGIN_MIN;
	return d->states[best].matched && d->margin < margin;
}

/* Another state is as much there: none of them is entered. */
static void bar_all(struct judge *j)
{
	for (int s = 0; s < j->rules->n_states; s++)
		j->evidence[s].barred = true;
}

/* What this picture shows by itself. */
static void decide(struct judge *j, const struct sight *sight, struct decision *d)
{
	int current = j->tracker.state, second, best = find_best(j, d, &second);
	bool close;

	d->margin = best < 0 ? 0 : d->states[best].score;
	if (second >= 0)
		d->margin -= d->states[second].score;
	close = best >= 0 && is_close(j, d, best, second);
	if (close)
		bar_all(j);
	if (close && current >= 0 && d->states[current].matched)
		best = current;
	d->raw = best;
	d->reason = REASON_NONE;
	if (best < 0 || !d->states[best].matched) {
		d->reason = why_none(j, sight, d);
		d->raw = STATE_OTHER;
	} else if (close && best != current) {
		d->reason = REASON_AMBIGUOUS;
	} else if (j->evidence[best].barred && best != current) {
		d->reason = REASON_SETTLING;
	}
	if (d->reason != REASON_NONE)
		d->raw = STATE_UNKNOWN;
}

/* The picture itself is not to be believed. */
static void hold(struct judge *j, struct decision *d, enum reason reason)
{
	d->raw = STATE_UNKNOWN;
	d->reason = reason;
	if (j->tracker.state != STATE_UNKNOWN)
		tracker_lost(&j->tracker, d->capture_usec);
}

void judge_push(struct judge *j, const struct sight *sight, struct decision *ret)
{
	int before = j->tracker.state, n = j->rules->n_states;
	uint64_t now = sight->capture_usec;

	ret->capture_usec = now;
	for (int s = 0; s < n; s++)
		weigh(j, sight, s, &ret->states[s]);
	decide(j, sight, ret);
	if (sight->frozen) {
		hold(j, ret, REASON_FROZEN);
	} else {
		(void) tracker_push(&j->tracker, now, j->evidence, ret->raw);
		gauge_push(&j->gauge, now, j->evidence, n, j->tracker.state);
	}
	if (ret->raw >= 0 && ret->raw == j->tracker.expired) {
		ret->raw = STATE_UNKNOWN;
		ret->reason = REASON_TIMED_OUT;
	}
	ret->state = j->tracker.state;
	ret->changed = ret->state != before;
	ret->since_usec = j->tracker.since_usec;
}
