/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "recognize/colour.h"
#include "recognize/feature-private.h"
#include "recognize/recogniser.h"

#define DISTANCE 40.0 /* default threshold */

struct colours {
	struct colour references[RECOGNISER_REFERENCES_MAX];
	int index[RECOGNISER_REFERENCES_MAX]; /* as they were added */
	int n;
};

static int init(struct feature_probe *f)
{
	f->data = calloc(1, sizeof(struct colours));
	return f->data ? 0 : -ENOMEM;
}

/* The colour of a picture: 0; -ENOTSUP; -ENODATA where masks cover all of it. */
static int measure(const struct feature_probe *f, const struct view *v, struct colour *ret)
{
	struct colour samples[COLOUR_SAMPLES_MAX];
	struct rect masks[RULES_MASKS_MAX];
	int n;

	if (!v->frame)
		return -ENOTSUP;
	feature_masks(f, &v->grey, masks);
	n = colour_sample(v->frame, feature_rect(f, &v->grey), masks, f->roi->n_masks, samples);
	if (n <= 0)
		return n < 0 ? n : -ENODATA;
	*ret = f->roi->feature == FEATURE_DOMINANT ? colour_dominant(samples, n)
						   : colour_mean(samples, n);
	return 0;
}

static int add(struct feature_probe *f, const struct view *v, bool own, int reference)
{
	struct colours *c = f->data;
	int r;

	if (!own)
		return 0;
	if (c->n == RECOGNISER_REFERENCES_MAX)
		return -ENOSPC;
	r = measure(f, v, &c->references[c->n]);
	if (r < 0)
		return r;
	c->index[c->n++] = reference;
	return 0;
}

static bool ready(const struct feature_probe *f)
{
	const struct colours *c = f->data;

	return c->n > 0;
}

static int look(struct feature_probe *f, const struct view *v, const struct region **guide,
	struct feature_view *ret)
{
	const struct colours *c = f->data;
	struct colour seen;

	(void) guide;
	ret->value = 255;
	ret->evidence = evidence_of(false);
	if (c->n == 0)
		return 0;
	if (measure(f, v, &seen) < 0) {
		ret->quality = 0;
		ret->evidence.blind = true;
		return 0;
	}
	for (int i = 0; i < c->n; i++) {
		double d = (double) colour_distance(seen, c->references[i]);

		if (ret->reference >= 0 && d >= ret->value)
			continue;
		ret->value = d;
		ret->reference = c->index[i];
	}
	ret->evidence = evidence_of_distance(ret->value, feature_threshold(f, DISTANCE));
	return 0;
}

const struct feature_kind feature_colour = {
	.learns = true,
	.takes_masks = true,
	.init = init,
	.add = add,
	.ready = ready,
	.look = look,
};
