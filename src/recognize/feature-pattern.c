/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "recognize/feature-private.h"

#define EDGES_ENOUGH 0.6 /* default threshold of outlines, which noise blurs more */
#define SHARP 0.17F      /* part of the reference's detail: less is a blurred picture */
#define LIKE 0.4F        /* purity from which on a lack of detail is worth telling */
#define BLURRED 0.5F     /* purity of such a one */
#define CLEAR 24.0F      /* levels of contrast that leave nothing to wish */

static int init(struct feature_probe *f)
{
	struct region *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	f->data = r;
	err = region_init(r, f->roi->rect, f->rules->width, f->rules->height);
	r->outlines = f->roi->feature == FEATURE_EDGES;
	return err < 0 ? err
		       : region_set_masks(r, f->roi->masks, f->roi->n_masks, f->rules->width,
				 f->rules->height);
}

static void deinit(struct feature_probe *f)
{
	region_deinit(f->data);
}

static int add(struct feature_probe *f, const struct view *v, bool own, int reference)
{
	return region_add(f->data, &v->grey, own, reference);
}

static bool ready(const struct feature_probe *f)
{
	const struct region *r = f->data;

	return r->n_own > 0;
}

static void resume(struct feature_probe *f, struct feature_probe *from)
{
	region_continue(f->data, from->data);
}

static int look(struct feature_probe *f, const struct view *v, const struct region **guide,
	struct feature_view *ret)
{
	double enough = feature_threshold(f, f->roi->feature == FEATURE_EDGES ? EDGES_ENOUGH : 0);
	struct evidence *e = &ret->evidence;
	struct region *region = f->data;
	struct region_view seen;
	int r = region_look(region, &v->grey, *guide, &seen);

	if (r < 0)
		return r;
	if (region->aligned)
		*guide = region;
	ret->value = (double) seen.correlation;
	ret->contrast = seen.contrast;
	ret->quality = MIN(seen.contrast / CLEAR, 1.0F);
	ret->reference = seen.reference;
	*e = (struct evidence){
		.purity = evidence_purity(seen.correlation, enough),
		.level = MAX(seen.gain, 0.0F),
		.low = region->gain_low,
		.high = region->gain_high,
		.beaten = seen.beaten,
	};
	ret->blurred = !region->outlines && e->purity >= LIKE && seen.detail < SHARP;
	if (ret->blurred) {
		e->purity = MIN(e->purity, BLURRED);
		e->abrupt = true;
	}
	return 0;
}

const struct feature_kind feature_pattern = {
	.learns = true,
	.wants_contrast = true,
	.takes_masks = true,
	.init = init,
	.deinit = deinit,
	.add = add,
	.ready = ready,
	.resume = resume,
	.look = look,
};
