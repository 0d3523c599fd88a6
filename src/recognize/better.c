/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/better.h"

#include <errno.h>
#include <stdlib.h>

#include "recognize/combine.h"
#include "recognize/freeze.h"
#include "recognize/gauge.h"
#include "recognize/settle.h"
#include "recognize/tracker.h"

#define FLAT 3.0F       /* levels: a region with less contrast shows nothing */
#define SIGNAL_GRID 24  /* places across and down where the picture is looked at for being flat */
#define SIGNAL_RANGE 12 /* levels between the darkest and the brightest of them */
#define MARGIN_MIN 0.05 /* two states that are both there, closer than this: ambiguous */
#define NEAR 0.4        /* score: something like a state, but not near enough */

struct better {
	const struct rules *rules;
	struct feature_probe *features[RULES_STATES_MAX][RULES_ROIS_MAX];
	struct settle settles[RULES_STATES_MAX];
	struct freeze freeze;
	struct tracker tracker;
	struct gauge gauge;
};

/* What one picture has to tell besides its evidence. */
struct overview {
	float contrast; /* the highest of all regions that ask for it */
	bool asked;     /* … there are such */
	bool blurred;   /* a region would match but for its lack of detail */
};

static int prepare(struct better *b, int state)
{
	const struct state *s = &b->rules->states[state];
	int r = combine_check(s);

	for (int i = 0; i < s->n_rois && r >= 0; i++)
		r = feature_new(&b->features[state][i], b->rules, s, i);
	return r < 0 ? r : settle_init(&b->settles[state], b->rules, s);
}

int better_new(struct better **ret, const struct rules *rules)
{
	_cleanup_(better_freep) struct better *b = calloc(1, sizeof(*b));
	int r;

	if (!b)
		return -ENOMEM;
	b->rules = rules;
	gauge_init(&b->gauge);
	tracker_init(&b->tracker, rules);
	r = freeze_init(&b->freeze, rules);
	for (int s = 0; s < rules->n_states && r >= 0; s++)
		r = prepare(b, s);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(b);
	return 0;
}

struct better *better_free(struct better *b)
{
	if (!b)
		return NULL;
	for (int s = 0; s < RULES_STATES_MAX; s++) {
		for (int i = 0; i < RULES_ROIS_MAX; i++)
			feature_free(b->features[s][i]);
		settle_deinit(&b->settles[s]);
	}
	freeze_deinit(&b->freeze);
	free(b);
	return NULL;
}

int better_add_reference(struct better *b, int state, const struct view *v, int reference)
{
	int learnt = 0, own = 0, why = 0;

	for (int s = 0; s < b->rules->n_states; s++)
		for (int i = 0; i < b->rules->states[s].n_rois; i++) {
			bool mine = b->rules->states[s].rois[i].ref_state == state &&
				    feature_learns(b->features[s][i]);
			int r = feature_add(b->features[s][i], v, mine, reference);

			if (r < 0 && r != -ENODATA && r != -ENOTSUP)
				return r;
			own += mine;
			learnt += mine && r >= 0;
			if (mine && r < 0)
				why = r;
		}
	return own > 0 && learnt == 0 ? why : 0;
}

/* What remembers pictures, and knows nothing of references, is exchanged whole. */
void better_continue(struct better *b, struct better *from)
{
	struct freeze freeze = b->freeze;

	b->tracker = from->tracker;
	b->gauge = from->gauge;
	b->freeze = from->freeze;
	from->freeze = freeze;
	for (int s = 0; s < b->rules->n_states; s++) {
		struct settle settle = b->settles[s];

		b->settles[s] = from->settles[s];
		from->settles[s] = settle;
		for (int i = 0; i < b->rules->states[s].n_rois; i++)
			feature_continue(b->features[s][i], from->features[s][i]);
	}
}

void better_lost(struct better *b, uint64_t usec)
{
	tracker_lost(&b->tracker, usec);
}

static bool is_flat(const struct grey *g)
{
	int low = 255, high = 0;

	for (int j = 0; j < SIGNAL_GRID; j++)
		for (int i = 0; i < SIGNAL_GRID; i++) {
			int x = (2 * i + 1) * g->width / (2 * SIGNAL_GRID);
			int y = (2 * j + 1) * g->height / (2 * SIGNAL_GRID);
			int v = g->data[y * g->stride + (ptrdiff_t) x * g->step];

			low = MIN(low, v);
			high = MAX(high, v);
		}
	return high - low <= SIGNAL_RANGE;
}

/* No state is fully there: why not? */
static enum reason why_none(const struct better *b, const struct grey *picture,
	const struct decision *d, const struct overview *o)
{
	double best = 0;

	if (o->contrast < FLAT && is_flat(picture))
		return REASON_NO_SIGNAL;
	if ((o->contrast < FLAT && o->asked) || o->blurred)
		return REASON_LOW_QUALITY;
	for (int s = 0; s < b->rules->n_states; s++)
		best = MAX(best, d->states[s].score);
	return best >= NEAR ? REASON_BELOW_THRESHOLD : REASON_NONE;
}

/* The state with the highest score, and the second; -1: there is none. */
static int find_best(const struct better *b, const struct decision *d, int *ret_second)
{
	int n = b->rules->n_states, best = -1, second = -1;

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
static bool is_close(const struct better *b, const struct decision *d, int best, int second)
{
	double margin = b->rules->states[best].margin;

	if (margin <= 0 && second >= 0 && d->states[second].matched)
		margin = MARGIN_MIN;
	return d->states[best].matched && d->margin < margin;
}

/* Another state is as much there: none of them is entered. */
static void bar_all(const struct better *b, struct evidence *evidence)
{
	for (int s = 0; s < b->rules->n_states; s++)
		evidence[s].barred = true;
}

/* What this picture shows by itself. */
static void decide(const struct better *b, const struct grey *picture, struct evidence *evidence,
	const struct overview *o, struct decision *d)
{
	int current = b->tracker.state, second, best = find_best(b, d, &second);
	bool close;

	d->margin = best < 0 ? 0 : d->states[best].score;
	if (second >= 0)
		d->margin -= d->states[second].score;
	close = best >= 0 && is_close(b, d, best, second);
	if (close)
		bar_all(b, evidence);
	if (close && current >= 0 && d->states[current].matched)
		best = current;
	d->raw = best;
	d->reason = REASON_NONE;
	if (best < 0 || !d->states[best].matched) {
		d->reason = why_none(b, picture, d, o);
		d->raw = STATE_OTHER;
	} else if (close && best != current) {
		d->reason = REASON_AMBIGUOUS;
	} else if (evidence[best].barred && best != current) {
		d->reason = REASON_SETTLING;
	}
	if (d->reason != REASON_NONE)
		d->raw = STATE_UNKNOWN;
}

/* All of a state's regions. */
static int look_at(struct better *b, const struct view *v, int state, const struct region **guide,
	struct evidence *each, uint32_t *ret_ready, struct state_score *score, struct overview *o)
{
	const struct state *s = &b->rules->states[state];

	for (int i = 0; i < s->n_rois; i++) {
		struct feature_probe *f = b->features[state][i];
		struct feature_view view;
		int r = feature_look(f, v, guide, &view);

		if (r < 0)
			return r;
		each[i] = view.evidence;
		if (feature_wants_contrast(f)) {
			each[i].level /= b->gauge.gain;
			o->contrast = MAX(o->contrast, view.contrast);
			o->asked = true;
		}
		o->blurred = o->blurred || view.blurred;
		*ret_ready |= feature_ready(f) ? UINT32_C(1) << i : 0;
		score->rois[i] = (struct roi_score){
			.score = evidence_score(&each[i]),
			.value = view.value,
			.quality = view.quality,
			.matched = evidence_full(&each[i]),
			.reference = view.reference,
		};
	}
	return 0;
}

/* All states. */
static int gather(struct better *b, const struct view *v, uint64_t capture_usec,
	struct evidence *evidence, struct overview *o, struct decision *d)
{
	const struct region *guide = NULL; /* knows by how much this picture is shifted */
	int n = b->rules->n_states, r = 0;

	for (int i = 0; i < n; i++) {
		/* The current state first: its regions are the likeliest to tell the shift. */
		int s = (i + MAX(b->tracker.state, 0)) % n;
		struct evidence each[RULES_ROIS_MAX], *e = &evidence[s];
		uint32_t ready = 0;

		r = look_at(b, v, s, &guide, each, &ready, &d->states[s], o);
		if (r < 0)
			return r;
		*e = combine(&b->rules->states[s], each, ready);
		d->states[s].score = evidence_score(e);
		d->states[s].matched = evidence_full(e);
		if (b->settles[s].n > 0)
			r = settle_push(&b->settles[s], &v->grey, guide, capture_usec, &e->barred);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The picture itself is not to be believed. */
static void hold(struct better *b, struct decision *d, enum reason reason)
{
	d->raw = STATE_UNKNOWN;
	d->reason = reason;
	if (b->tracker.state != STATE_UNKNOWN)
		tracker_lost(&b->tracker, d->capture_usec);
}

int better_look(struct better *b, const struct view *v, uint64_t capture_usec, struct decision *ret)
{
	struct evidence evidence[RULES_STATES_MAX];
	int before = b->tracker.state, n = b->rules->n_states, r;
	struct overview o = { 0 };

	ret->capture_usec = capture_usec;
	r = gather(b, v, capture_usec, evidence, &o, ret);
	if (r < 0)
		return r;
	decide(b, &v->grey, evidence, &o, ret);
	if (freeze_push(&b->freeze, &v->grey, capture_usec)) {
		hold(b, ret, REASON_FROZEN);
	} else {
		(void) tracker_push(&b->tracker, capture_usec, evidence, ret->raw);
		gauge_push(&b->gauge, capture_usec, evidence, n, b->tracker.state);
	}
	if (ret->raw >= 0 && ret->raw == b->tracker.expired) {
		ret->raw = STATE_UNKNOWN;
		ret->reason = REASON_TIMED_OUT;
	}
	ret->state = b->tracker.state;
	ret->changed = ret->state != before;
	ret->since_usec = b->tracker.since_usec;
	return 0;
}
