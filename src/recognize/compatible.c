/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/compatible.h"

#include <errno.h>
#include <stdlib.h>

#include "recognize/matcher.h"

/* One ROI of one state. */
struct spot {
	struct hash references[RECOGNISER_REFERENCES_MAX];
	int index[RECOGNISER_REFERENCES_MAX]; /* as they were added */
	int n;
	struct hasher *hasher; /* NULL without references */
	/* in the picture looked at */
	int distance; /* -1 without references */
	int nearest;
};

struct compatible {
	const struct rules *rules;
	struct spot *spots; /* RULES_ROIS_MAX for each state */
	struct debounce debounce;
	uint64_t since_usec, raw_since; /* capture times */
	int raw;
};

static struct spot *spot_of(const struct compatible *c, int state, int roi)
{
	return &c->spots[state * RULES_ROIS_MAX + roi];
}

int compatible_new(struct compatible **ret, const struct rules *rules)
{
	struct compatible *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->rules = rules;
	c->raw = STATE_OTHER;
	debounce_init(&c->debounce, rules->confirm_frames, rules->drop_frames);
	c->spots = calloc((size_t) MAX(rules->n_states, 1) * RULES_ROIS_MAX, sizeof(*c->spots));
	if (!c->spots) {
		free(c);
		return -ENOMEM;
	}
	*ret = c;
	return 0;
}

struct compatible *compatible_free(struct compatible *c)
{
	if (!c)
		return NULL;
	for (int i = 0; i < c->rules->n_states * RULES_ROIS_MAX; i++)
		hasher_free(c->spots[i].hasher);
	free(c->spots);
	free(c);
	return NULL;
}

static int hash_roi(const struct compatible *c, const struct roi *roi, struct spot *spot,
	const struct grey *picture, struct hash *ret)
{
	int r = 0;

	if (!spot->hasher)
		r = hasher_new(&spot->hasher, c->rules->algo, c->rules->hash_size);
	return r < 0 ? r
		     : hasher_run(spot->hasher, ret, picture,
			       rules_scale(c->rules, roi->rect, picture->width, picture->height));
}

int compatible_add_reference(
	struct compatible *c, int state, const struct grey *picture, int reference)
{
	for (int s = 0; s < c->rules->n_states; s++)
		for (int i = 0; i < c->rules->states[s].n_rois; i++) {
			const struct roi *roi = &c->rules->states[s].rois[i];
			struct spot *spot = spot_of(c, s, i);
			int r;

			if (roi->ref_state != state)
				continue;
			if (spot->n == RECOGNISER_REFERENCES_MAX)
				return -ENOSPC;
			r = hash_roi(c, roi, spot, picture, &spot->references[spot->n]);
			if (r < 0)
				return r;
			spot->index[spot->n++] = reference;
		}
	return 0;
}

/* Goes on to the next ROI that is compared with the references of the state; begins with s 0 and
 * i -1. */
static bool next_roi(const struct compatible *c, int state, int *s, int *i)
{
	for (; *s < c->rules->n_states; ++*s, *i = -1)
		while (++*i < c->rules->states[*s].n_rois)
			if (c->rules->states[*s].rois[*i].ref_state == state)
				return true;
	return false;
}

int compatible_add_hashes(
	struct compatible *c, int state, const struct hash *hashes, int n, int reference)
{
	int wanted = 0;

	for (int s = 0, i = -1; next_roi(c, state, &s, &i); wanted++)
		if (spot_of(c, s, i)->n == RECOGNISER_REFERENCES_MAX)
			return -ENOSPC;
	if (n != wanted)
		return -EINVAL;
	for (int k = 0; k < n; k++)
		if (hashes[k].algo != c->rules->algo || hashes[k].size != c->rules->hash_size)
			return -EINVAL;
	for (int s = 0, i = -1; next_roi(c, state, &s, &i);) {
		struct spot *spot = spot_of(c, s, i);

		spot->references[spot->n] = *hashes++;
		spot->index[spot->n++] = reference;
	}
	return 0;
}

int compatible_last_hashes(
	const struct compatible *c, int state, struct hash ret[RECOGNISER_HASHES_MAX])
{
	int n = 0;

	for (int s = 0, i = -1; next_roi(c, state, &s, &i);) {
		const struct spot *spot = spot_of(c, s, i);

		if (spot->n == 0)
			return 0;
		ret[n++] = spot->references[spot->n - 1];
	}
	return n;
}

void compatible_continue(struct compatible *c, const struct compatible *from)
{
	c->debounce = from->debounce;
	c->since_usec = from->since_usec;
	c->raw_since = from->raw_since;
	c->raw = from->raw;
}

void compatible_lost(struct compatible *c, uint64_t usec)
{
	debounce_init(&c->debounce, c->rules->confirm_frames, c->rules->drop_frames);
	c->raw = STATE_OTHER;
	c->since_usec = usec;
	c->raw_since = 0;
}

/* The smallest distance to the references. */
static int measure(const struct compatible *c, const struct roi *roi, struct spot *spot,
	const struct grey *picture)
{
	struct hash h;
	int r;

	spot->distance = spot->nearest = -1;
	if (spot->n == 0)
		return 0;
	r = hash_roi(c, roi, spot, picture, &h);
	if (r < 0)
		return r;
	for (int k = 0; k < spot->n; k++) {
		int d = hash_distance(&h, &spot->references[k]);

		if (spot->distance < 0 || d < spot->distance) {
			spot->distance = d;
			spot->nearest = spot->index[k];
		}
	}
	return 0;
}

static int distance_of(int state, int roi, void *userdata)
{
	return spot_of(userdata, state, roi)->distance;
}

static void report(const struct compatible *c, const struct match *m, struct decision *ret)
{
	for (int s = 0; s < c->rules->n_states; s++) {
		struct state_score *score = &ret->states[s];

		score->matched = m->states[s].is_match;
		score->score = m->states[s].distance;
		for (int i = 0; i < c->rules->states[s].n_rois; i++) {
			const struct spot *spot = spot_of(c, s, i);

			score->rois[i] = (struct roi_score){
				.score = spot->distance,
				.matched = m->states[s].matched & (UINT32_C(1) << i),
				.reference = spot->nearest,
			};
		}
	}
}

int compatible_look(struct compatible *c, const struct grey *picture, uint64_t capture_usec,
	struct decision *ret)
{
	int before = c->debounce.state;
	struct match m;

	for (int s = 0; s < c->rules->n_states; s++)
		for (int i = 0; i < c->rules->states[s].n_rois; i++) {
			int r = measure(c, &c->rules->states[s].rois[i], spot_of(c, s, i), picture);

			if (r < 0)
				return r;
		}
	matcher_decide(c->rules, distance_of, c, &m);
	report(c, &m, ret);
	if (m.raw != c->raw || c->raw_since == 0)
		c->raw_since = capture_usec;
	c->raw = m.raw;
	ret->capture_usec = capture_usec;
	ret->raw = m.raw;
	ret->state = debounce_push(&c->debounce, m.raw);
	ret->changed = ret->state != before;
	if (ret->changed)
		c->since_usec = c->raw_since;
	ret->since_usec = c->since_usec;
	return 0;
}
