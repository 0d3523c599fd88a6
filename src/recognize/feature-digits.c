/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "recognize/feature-private.h"

/* Reading is the recogniser's: each number once in a picture, whoever asks for it. */
struct numbered {
	int number; /* of the rules */
};

static bool is_same(const struct number *n, const struct roi *roi)
{
	return (roi->name && n->name && strcmp(roi->name, n->name) == 0) ||
	       (n->rect.x == roi->rect.x && n->rect.y == roi->rect.y && n->rect.w == roi->rect.w &&
		       n->rect.h == roi->rect.h);
}

static int init(struct feature_probe *f)
{
	struct numbered *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	f->data = d;
	for (d->number = 0; d->number < f->rules->n_numbers; d->number++)
		if (is_same(&f->rules->numbers[d->number], f->roi))
			return 0;
	return -EINVAL;
}

static double value_of(const char *text)
{
	double v = 0;

	for (; *text; text++)
		if (*text >= '0' && *text <= '9')
			v = v * 10 + (*text - '0');
	return v;
}

static int look(struct feature_probe *f, const struct view *v, const struct region **guide,
	struct feature_view *ret)
{
	const struct numbered *d = f->data;
	const struct digits_reading *reading = v->numbers ? &v->numbers[d->number] : NULL;

	(void) guide;
	ret->evidence = evidence_of(false);
	if (!reading || !reading->sure || !reading->text[0]) {
		ret->quality = 0;
		return 0;
	}
	ret->value = value_of(reading->text);
	ret->quality = (float) reading->confidence;
	ret->evidence =
		evidence_of(digits_has_format(reading->text, f->rules->numbers[d->number].format) &&
			    feature_in_range(f, ret->value, 0, INFINITY));
	return 0;
}

const struct feature_kind feature_digits = {
	.init = init,
	.look = look,
};
