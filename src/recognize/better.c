/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/better.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "recognize/region.h"
#include "recognize/tracker.h"

#define FLAT 3.0F        /* levels: a region with less contrast shows nothing */
#define SIGNAL_GRID 24   /* places across and down where the picture is looked at for being flat */
#define SIGNAL_RANGE 12  /* levels between the darkest and the brightest of them */
#define MARGIN_MIN 0.05  /* two states that are both there, closer than this: ambiguous */
#define NEAR 0.4         /* score: something like a state, but not near enough */
#define USUAL_PURE 0.95F /* a state so pure tells the usual gain … */
#define USUAL_RANGE 0.2F /* … when it is as near to it as this */
#define USUAL_PART 0.03F /* how fast it is followed */
#define GAIN_LOW 0.35F   /* a grabber is not set worse than that */
#define GAIN_HIGH 2.5F
#define STEADY_PURE 0.85F
#define STEADY_FRAMES 15

struct better {
	const struct rules *rules;
	struct region *regions; /* RULES_ROIS_MAX for each state */
	struct tracker tracker;
	float gain; /* usual one of this card against the references */
	bool known; /* … has been seen */
	int steady; /* pictures in a row that would fit a state of steady_gain */
	float steady_gain;
};

static struct region *region_of(const struct better *b, int state, int roi)
{
	return &b->regions[state * RULES_ROIS_MAX + roi];
}

int better_new(struct better **ret, const struct rules *rules)
{
	_cleanup_(better_freep) struct better *b = calloc(1, sizeof(*b));

	if (!b)
		return -ENOMEM;
	b->rules = rules;
	b->gain = 1;
	tracker_init(&b->tracker, rules);
	b->regions = calloc((size_t) MAX(rules->n_states, 1) * RULES_ROIS_MAX, sizeof(*b->regions));
	if (!b->regions)
		return -ENOMEM;
	for (int s = 0; s < rules->n_states; s++)
		for (int i = 0; i < rules->states[s].n_rois; i++) {
			int r = region_init(region_of(b, s, i), rules->states[s].rois[i].rect,
				rules->width, rules->height);

			if (r < 0)
				return r;
		}
	*ret = TAKE_PTR(b);
	return 0;
}

struct better *better_free(struct better *b)
{
	if (!b)
		return NULL;
	for (int s = 0; b->regions && s < b->rules->n_states; s++)
		for (int i = 0; i < b->rules->states[s].n_rois; i++)
			region_deinit(region_of(b, s, i));
	free(b->regions);
	free(b);
	return NULL;
}

int better_add_reference(struct better *b, int state, const struct grey *picture, int reference)
{
	int flat = 0, own = 0;

	for (int s = 0; s < b->rules->n_states; s++)
		for (int i = 0; i < b->rules->states[s].n_rois; i++) {
			const struct roi *roi = &b->rules->states[s].rois[i];
			bool mine = roi->ref_state == state;
			int r = region_add(region_of(b, s, i), picture, mine, reference);

			if (r < 0 && r != -ENODATA)
				return r;
			own += mine;
			flat += mine && r == -ENODATA;
		}
	return own > 0 && flat == own ? -ENODATA : 0;
}

void better_continue(struct better *b, const struct better *from)
{
	b->tracker = from->tracker;
	b->gain = from->gain;
	b->known = from->known;
	b->steady = from->steady;
	b->steady_gain = from->steady_gain;
	for (int s = 0; s < b->rules->n_states; s++)
		for (int i = 0; i < b->rules->states[s].n_rois; i++)
			region_continue(region_of(b, s, i), region_of(from, s, i));
}

void better_lost(struct better *b, uint64_t usec)
{
	tracker_lost(&b->tracker, usec);
}

/* What one ROI says. */
static struct evidence weigh(
	const struct better *b, const struct region *r, const struct region_view *v)
{
	return (struct evidence){
		.purity = MAX(v->correlation, 0.0F),
		.level = MAX(v->gain, 0.0F) / b->gain,
		.low = r->gain_low,
		.high = r->gain_high,
		.beaten = v->beaten,
	};
}

static void weaken(struct evidence *e, const struct evidence *by)
{
	e->purity = MIN(e->purity, by->purity);
	e->level = MIN(e->level, by->level);
	e->low = MAX(e->low, by->low);
	e->high = MIN(e->high, by->high);
	e->beaten = e->beaten || by->beaten;
}

/* Takes the best of those that are not required, as many as min_match still asks for. */
static void add_optional(struct evidence *e, struct evidence *optional, int n, int wanted)
{
	for (; wanted > 0; wanted--) {
		int best = -1;

		for (int i = 0; i < n; i++)
			if (optional[i].purity >= 0 &&
				(best < 0 || evidence_score(&optional[i]) >
						     evidence_score(&optional[best])))
				best = i;
		if (best < 0) {
			e->purity = 0;
			return;
		}
		weaken(e, &optional[best]);
		optional[best].purity = -1;
	}
}

/* Puts a state's ROIs together. */
static struct evidence combine(const struct better *b, int state, const struct evidence *each)
{
	const struct state *s = &b->rules->states[state];
	struct evidence e = { 1, INFINITY, 0, INFINITY, false }, optional[RULES_ROIS_MAX];
	int n = 0, counted = 0;
	bool forbidden = false;

	for (int i = 0; i < s->n_rois; i++) {
		if (s->rois[i].negative) {
			forbidden = forbidden || evidence_full(&each[i]);
		} else if (s->rois[i].required) {
			weaken(&e, &each[i]);
			counted++;
		} else if (region_of(b, state, i)->n_own > 0) {
			optional[n++] = each[i];
		}
	}
	add_optional(&e, optional, n, MAX(s->min_match, counted == 0) - counted);
	if (forbidden)
		e.purity = 0;
	return e;
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
	const struct decision *d, float contrast)
{
	double best = 0;

	if (contrast < FLAT)
		return is_flat(picture) ? REASON_NO_SIGNAL : REASON_LOW_QUALITY;
	for (int s = 0; s < b->rules->n_states; s++)
		best = MAX(best, d->states[s].score);
	return best >= NEAR ? REASON_BELOW_THRESHOLD : REASON_NONE;
}

/* What this picture shows by itself. */
static void decide(
	const struct better *b, const struct grey *picture, float contrast, struct decision *d)
{
	int n = b->rules->n_states, current = b->tracker.state, best = -1;
	double second = 0;

	for (int s = 0; s < n; s++)
		if (best < 0 || d->states[s].score > d->states[best].score)
			best = s;
	for (int s = 0; s < n; s++)
		if (s != best)
			second = MAX(second, d->states[s].score);
	d->margin = best < 0 ? 0 : d->states[best].score - second;
	if (d->margin < MARGIN_MIN && current >= 0 && d->states[current].matched)
		best = current;
	d->raw = best;
	d->reason = REASON_NONE;
	if (best < 0 || !d->states[best].matched) {
		d->reason = why_none(b, picture, d, contrast);
		d->raw = STATE_OTHER;
	} else if (d->margin < MARGIN_MIN && best != current) {
		d->reason = REASON_AMBIGUOUS;
	}
	if (d->reason != REASON_NONE)
		d->raw = STATE_UNKNOWN;
}

/* Before any state has been seen: a picture that would fit one if the card were set otherwise, and
 * goes on to, tells how it is set. Not one that another state shows in another strength. */
static void guess_gain(struct better *b, const struct evidence *evidence)
{
	const struct evidence *best = NULL;

	for (int s = 0; s < b->rules->n_states; s++)
		if (evidence[s].purity >= STEADY_PURE && evidence[s].low <= 0 &&
			isinf(evidence[s].high) && (!best || evidence[s].purity > best->purity))
			best = &evidence[s];
	if (!best || best->level < GAIN_LOW || best->level > GAIN_HIGH ||
		fabsf(best->level - b->steady_gain) > USUAL_RANGE * best->level) {
		b->steady_gain = best ? best->level : 0;
		b->steady = 0;
	} else if (++b->steady >= STEADY_FRAMES) {
		b->gain = b->steady_gain;
		b->known = true;
	}
}

static void follow_gain(struct better *b, const struct evidence *evidence)
{
	const struct evidence *e = b->tracker.state >= 0 ? &evidence[b->tracker.state] : NULL;

	if (!b->known && (!e || !evidence_full(e))) {
		guess_gain(b, evidence);
	} else if (e && e->purity >= (b->known ? USUAL_PURE : STEADY_PURE) && evidence_full(e) &&
		   (!b->known || fabsf(e->level - 1) < USUAL_RANGE)) {
		b->gain += b->gain * (e->level - 1) * (b->known ? USUAL_PART : 1);
		b->gain = CLAMP(b->gain, GAIN_LOW, GAIN_HIGH);
		b->known = true;
	}
}

/* All of a state's regions. */
static int look_at(struct better *b, const struct grey *picture, int state,
	const struct region **guide, struct evidence *each, struct state_score *score,
	float *contrast)
{
	const struct state *s = &b->rules->states[state];

	for (int i = 0; i < s->n_rois; i++) {
		struct region *region = region_of(b, state, i);
		struct region_view view;
		int r = region_look(region, picture, *guide, &view);

		if (r < 0)
			return r;
		if (region->aligned)
			*guide = region;
		each[i] = weigh(b, region, &view);
		*contrast = MAX(*contrast, view.contrast);
		score->rois[i] = (struct roi_score){
			.score = evidence_score(&each[i]),
			.quality = MIN(view.contrast / (8 * FLAT), 1.0F),
			.matched = evidence_full(&each[i]),
			.reference = view.reference,
		};
	}
	return 0;
}

int better_look(
	struct better *b, const struct grey *picture, uint64_t capture_usec, struct decision *ret)
{
	struct evidence evidence[RULES_STATES_MAX], each[RULES_ROIS_MAX];
	const struct region *guide = NULL; /* knows by how much this picture is shifted */
	int before = b->tracker.state, n = b->rules->n_states;
	float contrast = 0;

	for (int i = 0; i < n; i++) {
		/* The current state first: its regions are the likeliest to tell the shift. */
		int s = (i + MAX(before, 0)) % n;
		int r = look_at(b, picture, s, &guide, each, &ret->states[s], &contrast);

		if (r < 0)
			return r;
		evidence[s] = combine(b, s, each);
		ret->states[s].score = evidence_score(&evidence[s]);
		ret->states[s].matched = evidence_full(&evidence[s]);
	}
	decide(b, picture, contrast, ret);
	ret->capture_usec = capture_usec;
	ret->state = tracker_push(&b->tracker, capture_usec, evidence, ret->raw);
	ret->changed = ret->state != before;
	ret->since_usec = b->tracker.since_usec;
	follow_gain(b, evidence);
	return 0;
}
