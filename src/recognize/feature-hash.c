/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "recognize/feature-private.h"
#include "recognize/recogniser.h"

#define BITS_OF_64 12.0 /* default threshold */
#define FLAT_GRID 12    /* places across and down where the region is looked at for being flat */
#define FLAT_RANGE 12   /* levels */

struct hashes {
	struct hasher *hasher;
	struct hash references[RECOGNISER_REFERENCES_MAX];
	int index[RECOGNISER_REFERENCES_MAX]; /* as they were added */
	int n;
};

static int init(struct feature_probe *f)
{
	struct hashes *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	f->data = h;
	return hasher_new(&h->hasher, f->rules->algo, f->rules->hash_size);
}

static void deinit(struct feature_probe *f)
{
	struct hashes *h = f->data;

	hasher_free(h->hasher);
}

/* The hash of nothing is like any. */
static bool is_flat(const struct grey *g, struct rect r)
{
	int low = 255, high = 0;

	for (int j = 0; j < FLAT_GRID; j++)
		for (int i = 0; i < FLAT_GRID; i++) {
			int x = CLAMP(r.x + (2 * i + 1) * r.w / (2 * FLAT_GRID), 0, g->width - 1);
			int y = CLAMP(r.y + (2 * j + 1) * r.h / (2 * FLAT_GRID), 0, g->height - 1);
			int v = g->data[y * g->stride + (ptrdiff_t) x * g->step];

			low = MIN(low, v);
			high = MAX(high, v);
		}
	return high - low < FLAT_RANGE;
}

static int add(struct feature_probe *f, const struct view *v, bool own, int reference)
{
	struct rect rect = feature_rect(f, &v->grey);
	struct hashes *h = f->data;
	int r;

	if (!own)
		return 0;
	if (h->n == RECOGNISER_REFERENCES_MAX)
		return -ENOSPC;
	if (is_flat(&v->grey, rect))
		return -ENODATA;
	r = hasher_run(h->hasher, &h->references[h->n], &v->grey, rect);
	if (r < 0)
		return r;
	h->index[h->n++] = reference;
	return 0;
}

static bool ready(const struct feature_probe *f)
{
	const struct hashes *h = f->data;

	return h->n > 0;
}

static int look(struct feature_probe *f, const struct view *v, const struct region **guide,
	struct feature_view *ret)
{
	double bits = (double) f->rules->hash_size * f->rules->hash_size;
	struct rect rect = feature_rect(f, &v->grey);
	struct hashes *h = f->data;
	struct hash hash;
	int best = -1, r;

	(void) guide;
	ret->value = bits;
	ret->evidence = evidence_of(false);
	if (is_flat(&v->grey, rect))
		ret->quality = 0;
	if (h->n == 0 || ret->quality <= 0)
		return 0;
	r = hasher_run(h->hasher, &hash, &v->grey, rect);
	if (r < 0)
		return r;
	for (int i = 0; i < h->n; i++) {
		int d = hash_distance(&hash, &h->references[i]);

		if (best >= 0 && d >= ret->value)
			continue;
		best = i;
		ret->value = d;
	}
	ret->reference = h->index[best];
	ret->evidence =
		evidence_of_distance(ret->value, feature_threshold(f, BITS_OF_64 * bits / 64));
	return 0;
}

const struct feature_kind feature_hash = {
	.learns = true,
	.init = init,
	.deinit = deinit,
	.add = add,
	.ready = ready,
	.look = look,
};
