/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/better.h"

#include <errno.h>
#include <stdlib.h>

#include "recognize/combine.h"
#include "recognize/freeze.h"
#include "recognize/judge.h"
#include "recognize/settle.h"

#define FLAT 3.0F       /* levels: a region with less contrast shows nothing */
#define SIGNAL_GRID 24  /* places across and down where the picture is looked at for being flat */
#define SIGNAL_RANGE 12 /* levels between the darkest and the brightest of them */

struct better {
	const struct rules *rules;
	struct feature_probe *features[RULES_STATES_MAX][RULES_ROIS_MAX];
	struct settle settles[RULES_STATES_MAX];
	struct freeze freeze;
	struct judge judge;
	struct sight sight; /* of the last picture */
	float contrast;     /* … the highest of all regions that ask for it */
	bool asked;         /* … there are such */
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
	judge_init(&b->judge, rules);
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

	b->judge = from->judge;
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
	judge_lost(&b->judge, usec);
}

const struct sight *better_sight(const struct better *b)
{
	return &b->sight;
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

/* All of a state's regions. */
static int look_at(struct better *b, const struct view *v, int state, const struct region **guide,
	struct state_score *score)
{
	for (int i = 0; i < b->rules->states[state].n_rois; i++) {
		struct feature_probe *f = b->features[state][i];
		struct feature_view view;
		int r = feature_look(f, v, guide, &view);

		if (r < 0)
			return r;
		b->sight.rois[state][i] = (struct sight_roi){
			.evidence = view.evidence,
			.value = view.value,
			.shaded = feature_wants_contrast(f),
			.blurred = view.blurred,
			.ready = feature_ready(f),
		};
		if (feature_wants_contrast(f)) {
			b->contrast = MAX(b->contrast, view.contrast);
			b->asked = true;
		}
		b->sight.blurred = b->sight.blurred || view.blurred;
		score->rois[i].value = view.value;
		score->rois[i].quality = view.quality;
		score->rois[i].reference = view.reference;
	}
	return 0;
}

/* All states. */
static int gather(struct better *b, const struct view *v, uint64_t capture_usec, struct decision *d)
{
	const struct region *guide = NULL; /* knows by how much this picture is shifted */
	int n = b->rules->n_states, r = 0;

	for (int i = 0; i < n && r >= 0; i++) {
		/* The current state first: its regions are the likeliest to tell the shift. */
		int s = (i + MAX(b->judge.tracker.state, 0)) % n;

		r = look_at(b, v, s, &guide, &d->states[s]);
		if (r >= 0 && b->settles[s].n > 0)
			r = settle_push(&b->settles[s], &v->grey, guide, capture_usec,
				&b->sight.settling[s]);
	}
	return r;
}

int better_look(struct better *b, const struct view *v, uint64_t capture_usec, struct decision *ret)
{
	struct sight *sight = &b->sight;
	int r;

	sight->capture_usec = capture_usec;
	sight->blurred = b->asked = false;
	b->contrast = 0;
	r = gather(b, v, capture_usec, ret);
	if (r < 0)
		return r;
	sight->empty = b->asked && b->contrast < FLAT;
	sight->flat = b->contrast < FLAT && is_flat(&v->grey);
	sight->frozen = freeze_push(&b->freeze, &v->grey, capture_usec);
	judge_push(&b->judge, sight, ret);
	return 0;
}
