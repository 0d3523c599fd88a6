/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/region.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "recognize/warp.h"

#define CONTRAST_MIN 3.0F /* levels: below is noise and the encoder's blocks */
#define SAME 0.995F       /* correlation of two pictures of one thing */
#define ALIKE 0.985F      /* … of one pattern, perhaps of another strength */
#define STRENGTH 1.25F    /* ratio at which it is another one */
#define GOOD 0.9F         /* the shift is right, nothing to search for */
#define SURE 0.8F         /* … as right as noise lets it be found */
#define HOPE 0.25F        /* worth a search */
#define SEARCH_EVERY 8    /* pictures at least between two searches */
#define PERFECT 0.97F
#define CLIMB_STEPS 4
#define CLIMB_MIN 0.01F
#define BEATEN_BY 0.01F
#define DETAILED 0.4F /* like enough to ask whether it is sharp … */
#define CERTAIN 0.95F /* … which no blurred picture comes near */
#define THERE 0.6F    /* it may well be the state's */
#define STRETCH 0.3F  /* worth looking whether parts have moved */

int region_init(struct region *r, struct rect rect, int width, int height)
{
	memset(r, 0, sizeof(*r));
	r->gain_low = 0;
	r->gain_high = INFINITY;
	return patch_grid_init(&r->grid, rect, width, height);
}

void region_deinit(struct region *r)
{
	for (int i = 0; i < r->n_templates; i++)
		free(r->templates[i].cell);
	r->n_templates = r->n_own = 0;
	patch_window_deinit(&r->window);
	r->mask = patch_mask_free(r->mask);
}

int region_set_masks(struct region *r, const struct rect *masks, int n, int width, int height)
{
	int err = patch_mask_new(&r->mask, &r->grid, masks, n, width, height);

	if (err >= 0 && r->mask && r->outlines)
		patch_mask_widen(r->mask, &r->grid);
	return err < 0 ? err : r->mask && r->mask->seen == 0 ? -EINVAL : 0;
}

/* The grid as it is compared. */
static void sample(const struct region *r, int dx, int dy, struct patch *ret)
{
	patch_sample(&r->window, &r->grid, dx, dy, ret);
	if (r->outlines)
		patch_outline(ret, &r->grid);
	if (r->mask)
		patch_hide(ret, r->mask);
}

/* Correlation of two templates. */
static float likeness(
	const struct region *r, const struct region_template *a, const struct region_template *b)
{
	return patch_dot(a->cell, b->cell, r->grid.cols * r->grid.rows);
}

static bool same_strength(float a, float b)
{
	return a < b * STRENGTH && b < a * STRENGTH;
}

/* Is there one already that says the same? */
static bool known(const struct region *r, const struct region_template *t)
{
	for (int i = 0; i < r->n_templates; i++) {
		const struct region_template *o = &r->templates[i];

		if (o->own == t->own && same_strength(o->norm, t->norm) && likeness(r, o, t) > SAME)
			return true;
	}
	return false;
}

int region_add(struct region *r, const struct grey *picture, bool own, int reference)
{
	struct patch *p = &r->scratch;
	struct region_template t = { .reference = reference, .own = own };
	int err = patch_load(&r->window, &r->grid, picture);

	if (err < 0)
		return err;
	sample(r, 0, 0, p);
	if (patch_contrast(p) < CONTRAST_MIN)
		return own ? -ENODATA : 0;
	if ((own ? r->n_own : r->n_templates - r->n_own) >=
		(own ? REGION_OWN_MAX : REGION_RIVALS_MAX))
		return own ? -ENOSPC : 0;
	t.norm = p->norm;
	t.mean = p->mean;
	t.detail = patch_detail(p, &r->grid);
	t.cell = malloc((size_t) p->n * sizeof(*t.cell));
	if (!t.cell)
		return -ENOMEM;
	for (int i = 0; i < p->n; i++)
		t.cell[i] = p->cell[i] / p->norm;
	if (known(r, &t)) {
		free(t.cell);
		return 0;
	}
	r->templates[r->n_templates++] = t;
	r->n_own += own;
	r->sorted = false;
	return 0;
}

/* A rival of our own pattern and strength tells nothing (the region shows the same in both states);
 * one of another strength sets the limit between them, by ratio. */
static void sort_rival(struct region *r, struct region_template *rival)
{
	rival->idle = false;
	for (int i = 0; i < r->n_templates; i++) {
		const struct region_template *o = &r->templates[i];
		float gain = rival->norm / o->norm;

		if (!o->own || likeness(r, o, rival) < ALIKE)
			continue;
		rival->idle = true;
		if (same_strength(rival->norm, o->norm))
			continue;
		if (gain < 1)
			r->gain_low = MAX(r->gain_low, sqrtf(gain));
		else
			r->gain_high = MIN(r->gain_high, sqrtf(gain));
	}
}

static void sort_rivals(struct region *r)
{
	r->gain_low = 0;
	r->gain_high = INFINITY;
	for (int i = 0; i < r->n_templates; i++)
		if (!r->templates[i].own)
			sort_rival(r, &r->templates[i]);
	r->sorted = true;
}

/* Correlation with the nearest template, own or rival. */
static float nearest(const struct region *r, bool own, const struct patch *p, int *ret)
{
	float best = -1;

	for (int i = 0; i < r->n_templates; i++) {
		const struct region_template *t = &r->templates[i];
		float v;

		if (t->own != own || t->idle)
			continue;
		v = patch_dot(p->cell, t->cell, p->n) / p->norm;
		if (v > best) {
			best = v;
			*ret = i;
		}
	}
	return best;
}

/* Pixels of the rules' screen to samples of the window. */
static int to_samples(double shift, int limit)
{
	return (int) lround(shift * limit / PATCH_SHIFT);
}

void region_shift(const struct region *r, const struct patch_window *w, int *ret_x, int *ret_y)
{
	*ret_x = to_samples(r->shift_x, w->shift_x);
	*ret_y = to_samples(r->shift_y, w->shift_y);
}

static double to_pixels(int samples, int limit)
{
	return limit > 0 ? (double) samples * PATCH_SHIFT / limit : 0;
}

/* Correlation with one template at a shift. */
static float try_shift(struct region *r, struct patch *p, int dx, int dy, int own)
{
	sample(r, dx, dy, p);
	if (p->norm <= 0)
		return -1;
	return patch_dot(p->cell, r->templates[own].cell, p->n) / p->norm;
}

/* Goes from shift to neighbouring shift as long as the template fits better there. */
static float climb(struct region *r, struct patch *p, int *x, int *y, int own, float best)
{
	const struct patch_window *w = &r->window;
	bool better = true;

	for (int i = 0; better && i < CLIMB_STEPS && best < PERFECT; i++) {
		int from_x = *x, from_y = *y;

		better = false;
		for (int k = 0; k < 9; k++) {
			int dx = from_x + k % 3 - 1, dy = from_y + k / 3 - 1;
			float v;

			if (k == 4 || abs(dx) > w->shift_x || abs(dy) > w->shift_y)
				continue;
			v = try_shift(r, p, dx, dy, own);
			if (v < best + CLIMB_MIN)
				continue;
			best = v;
			*x = dx;
			*y = dy;
			better = true;
		}
	}
	return best;
}

/* Every shift, for when the way from the known one does not lead there. */
static float search(struct region *r, struct patch *p, int *x, int *y, int own, float best)
{
	const struct patch_window *w = &r->window;

	r->until_search = SEARCH_EVERY;
	for (int dy = -w->shift_y; dy <= w->shift_y; dy++)
		for (int dx = -w->shift_x; dx <= w->shift_x; dx++) {
			float v = try_shift(r, p, dx, dy, own);

			if (v < best + CLIMB_MIN)
				continue;
			best = v;
			*x = dx;
			*y = dy;
		}
	return best;
}

/* The shift where an own template fits best, from the one known. Leaves the patch there. */
static float align(struct region *r, struct patch *p, int *ret_own)
{
	const struct patch_window *w = &r->window;
	float best;
	int x, y;

	region_shift(r, w, &x, &y);
	sample(r, x, y, p);
	if (r->n_own == 0 || p->norm <= 0)
		return 0;
	best = nearest(r, true, p, ret_own);
	if (r->until_search > 0)
		r->until_search--;
	/* Fine lettering is not like itself at all next to its place: what was there a picture ago
	 * may only have been shaken. */
	if (best >= GOOD || (best < HOPE && !r->there && (r->found || r->until_search > 0)))
		return best;
	best = climb(r, p, &x, &y, *ret_own, best);
	if (best < GOOD && (r->until_search == 0 || (r->there && best < THERE)))
		best = search(r, p, &x, &y, *ret_own, best);
	sample(r, x, y, p);
	best = nearest(r, true, p, ret_own);
	/* What fits a wrong screen best must not spoil what is known. */
	if (best >= SURE) {
		r->shift_x = to_pixels(x, w->shift_x);
		r->shift_y = to_pixels(y, w->shift_y);
	}
	return best;
}

/* The correlation, or what it is when parts of the lettering may stand elsewhere. */
static float warped(const struct region *r, const struct patch *p, int template, float correlation)
{
	return MAX(correlation, warp_correlation(p, &r->grid, r->templates[template].cell));
}

void region_continue(struct region *r, const struct region *from)
{
	r->shift_x = from->shift_x;
	r->shift_y = from->shift_y;
	r->found = from->found;
	r->until_search = from->until_search;
}

int region_look(struct region *r, const struct grey *picture, const struct region *hint,
	struct region_view *ret)
{
	struct patch *p = &r->scratch;
	int own = 0, rival = 0, err;
	float best, other;

	*ret = (struct region_view){ .detail = 1, .reference = -1 };
	if (!r->sorted)
		sort_rivals(r);
	if (hint) {
		r->shift_x = hint->shift_x;
		r->shift_y = hint->shift_y;
	}
	err = patch_load(&r->window, &r->grid, picture);
	if (err < 0)
		return err;
	best = align(r, p, &own);
	ret->contrast = patch_contrast(p);
	r->aligned = best >= SURE;
	r->found = r->found || r->aligned || hint;
	if (r->n_own == 0 || p->norm <= 0) {
		r->there = false;
		return 0;
	}
	other = best > HOPE ? nearest(r, false, p, &rival) : -1;
	if (best >= STRETCH && best < GOOD) {
		best = warped(r, p, own, best);
		if (other >= STRETCH)
			other = warped(r, p, rival, other);
	}
	ret->correlation = best;
	ret->gain = best * p->norm / r->templates[own].norm;
	ret->reference = r->templates[own].reference;
	if (best >= DETAILED && best < CERTAIN && r->templates[own].detail > 0)
		ret->detail = patch_detail(p, &r->grid) / r->templates[own].detail;
	ret->beaten = other > best - BEATEN_BY;
	r->there = best >= THERE && !ret->beaten;
	return 0;
}
