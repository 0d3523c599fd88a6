/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "recognize/feature-private.h"
#include "recognize/motion.h"

static int init(struct feature_probe *f)
{
	struct motion *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	f->data = m;
	return motion_init(m, f->roi, f->rules->width, f->rules->height);
}

static void deinit(struct feature_probe *f)
{
	motion_deinit(f->data);
}

static void resume(struct feature_probe *f, struct feature_probe *from)
{
	void *data = f->data;

	f->data = from->data;
	from->data = data;
}

/* Of the first picture it is not known. */
static int look(struct feature_probe *f, const struct view *v, const struct region **guide,
	struct feature_view *ret)
{
	struct motion *m = f->data;
	float share;
	int r = motion_look(m, &v->grey, *guide, feature_threshold(f, MOTION_LEVELS), &share);

	if (r < 0)
		return r;
	ret->value = (double) share;
	ret->quality = m->known;
	ret->evidence = evidence_of(
		m->known && feature_in_range(f, ret->value, (double) MOTION_NONE, INFINITY));
	ret->evidence.blind = !m->known;
	motion_keep(m);
	return 0;
}

const struct feature_kind feature_motion = {
	.takes_masks = true,
	.init = init,
	.deinit = deinit,
	.resume = resume,
	.look = look,
};
