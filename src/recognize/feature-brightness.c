/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "recognize/feature-private.h"

#define NEAR 20.0 /* levels to either side of the references' */

struct brightness {
	struct patch_grid grid;
	struct patch_window window;
	struct patch patch;
	struct patch_mask *mask;
	double low, high; /* of the references */
	int n;
};

static int init(struct feature_probe *f)
{
	struct brightness *b = calloc(1, sizeof(*b));
	int r;

	if (!b)
		return -ENOMEM;
	f->data = b;
	b->low = INFINITY;
	b->high = -INFINITY;
	r = patch_grid_init(&b->grid, f->roi->rect, f->rules->width, f->rules->height);
	return r < 0 ? r
		     : patch_mask_new(&b->mask, &b->grid, f->roi->masks, f->roi->n_masks,
			       f->rules->width, f->rules->height);
}

static void deinit(struct feature_probe *f)
{
	struct brightness *b = f->data;

	patch_window_deinit(&b->window);
	patch_mask_free(b->mask);
}

static int measure(struct brightness *b, const struct view *v, double *ret)
{
	int r = patch_load(&b->window, &b->grid, &v->grey);

	if (r < 0)
		return r;
	patch_sample(&b->window, &b->grid, 0, 0, &b->patch);
	if (b->mask)
		patch_hide(&b->patch, b->mask);
	*ret = (double) b->patch.mean;
	return 0;
}

static int add(struct feature_probe *f, const struct view *v, bool own, int reference)
{
	struct brightness *b = f->data;
	double mean;
	int r;

	(void) reference;
	if (!own)
		return 0;
	r = measure(b, v, &mean);
	if (r < 0)
		return r;
	b->low = MIN(b->low, mean);
	b->high = MAX(b->high, mean);
	b->n++;
	return 0;
}

static bool ready(const struct feature_probe *f)
{
	const struct brightness *b = f->data;

	return b->n > 0 || f->roi->least != 0 || f->roi->most != 0;
}

static int look(struct feature_probe *f, const struct view *v, const struct region **guide,
	struct feature_view *ret)
{
	double near = feature_threshold(f, NEAR);
	struct brightness *b = f->data;
	int r = measure(b, v, &ret->value);

	(void) guide;
	if (r < 0)
		return r;
	ret->evidence = evidence_of(
		ready(f) && feature_in_range(f, ret->value, b->low - near, b->high + near));
	return 0;
}

const struct feature_kind feature_brightness = {
	.learns = true,
	.takes_masks = true,
	.init = init,
	.deinit = deinit,
	.add = add,
	.ready = ready,
	.look = look,
};
