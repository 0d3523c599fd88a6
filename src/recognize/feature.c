/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/feature-private.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

static const struct feature_kind *const kinds[_FEATURE_MAX] = {
	[FEATURE_PATTERN] = &feature_pattern,
	[FEATURE_HASH] = &feature_hash,
	[FEATURE_COLOUR] = &feature_colour,
	[FEATURE_DOMINANT] = &feature_colour,
	[FEATURE_BRIGHTNESS] = &feature_brightness,
	[FEATURE_EDGES] = &feature_pattern,
	[FEATURE_MOTION] = &feature_motion,
	[FEATURE_DIGITS] = &feature_digits,
};

static bool is_on_screen(const struct rules *rules, struct rect r)
{
	return r.w > 0 && r.h > 0 && r.x >= 0 && r.y >= 0 && r.w <= rules->width &&
	       r.h <= rules->height && r.x <= rules->width - r.w && r.y <= rules->height - r.h;
}

static bool is_possible(const struct rules *rules, const struct roi *roi)
{
	if ((unsigned) roi->feature >= _FEATURE_MAX || !is_on_screen(rules, roi->rect) ||
		roi->n_masks < 0 || roi->n_masks > RULES_MASKS_MAX)
		return false;
	for (int i = 0; i < roi->n_masks; i++)
		if (!is_on_screen(rules, roi->masks[i]))
			return false;
	return roi->n_masks == 0 || kinds[roi->feature]->takes_masks;
}

int feature_new(
	struct feature_probe **ret, const struct rules *rules, const struct state *state, int roi)
{
	_cleanup_(feature_freep) struct feature_probe *f = NULL;
	int r;

	if (!is_possible(rules, &state->rois[roi]))
		return -EINVAL;
	f = calloc(1, sizeof(*f));
	if (!f)
		return -ENOMEM;
	f->rules = rules;
	f->roi = &state->rois[roi];
	f->threshold = f->roi->threshold;
	f->kind = kinds[f->roi->feature];
	if (rules_takes_score(f->roi))
		f->threshold = state->score;
	r = f->kind->init(f);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(f);
	return 0;
}

struct feature_probe *feature_free(struct feature_probe *f)
{
	if (!f)
		return NULL;
	if (f->data && f->kind->deinit)
		f->kind->deinit(f);
	free(f->data);
	free(f);
	return NULL;
}

bool feature_learns(const struct feature_probe *f)
{
	return f->kind->learns;
}

bool feature_ready(const struct feature_probe *f)
{
	return !f->kind->ready || f->kind->ready(f);
}

bool feature_wants_contrast(const struct feature_probe *f)
{
	return f->kind->wants_contrast;
}

int feature_add(struct feature_probe *f, const struct view *v, bool own, int reference)
{
	return f->kind->add ? f->kind->add(f, v, own, reference) : 0;
}

void feature_continue(struct feature_probe *f, struct feature_probe *from)
{
	if (f->kind == from->kind && f->kind->resume)
		f->kind->resume(f, from);
}

int feature_look(struct feature_probe *f, const struct view *v, const struct region **guide,
	struct feature_view *ret)
{
	*ret = (struct feature_view){ .quality = 1, .reference = -1 };
	return f->kind->look(f, v, guide, ret);
}

double feature_threshold(const struct feature_probe *f, double standard)
{
	return f->threshold > 0 ? f->threshold : standard;
}

bool feature_in_range(const struct feature_probe *f, double v, double least, double most)
{
	if (f->roi->least != 0 || f->roi->most != 0) {
		least = f->roi->least;
		most = f->roi->most < least ? INFINITY : f->roi->most;
	}
	return v >= least && v <= most;
}

struct rect feature_rect(const struct feature_probe *f, const struct grey *g)
{
	return rules_scale(f->rules, f->roi->rect, g->width, g->height);
}

void feature_masks(
	const struct feature_probe *f, const struct grey *g, struct rect ret[RULES_MASKS_MAX])
{
	for (int i = 0; i < f->roi->n_masks; i++)
		ret[i] = rules_scale(f->rules, f->roi->masks[i], g->width, g->height);
}
