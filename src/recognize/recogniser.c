/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/recogniser.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/usec.h"
#include "recognize/better.h"
#include "recognize/compatible.h"
#include "recognize/digits-filter.h"
#include "recognize/glance.h"

#define SCORES 30                       /* pictures, about a second of them */
#define FALL 0.04                       /* of a state's score below all of those */
#define GONE 0.55                       /* score of a state that is hardly to be seen any more */
#define FADE_USEC (110 * USEC_PER_MSEC) /* from the middle of a cross-fade to its end */
#define SOON_USEC (100 * USEC_PER_MSEC) /* pictures that can be compared */

struct recogniser {
	const struct rules *rules;
	struct better *better; /* one of the two */
	struct compatible *compatible;
	struct digits *digits[RULES_NUMBERS_MAX];
	struct digits_filter filters[RULES_NUMBERS_MAX];
	struct glance glances[RULES_NUMBERS_MAX];          /* … of each number's region … */
	struct digits_reading readings[RULES_NUMBERS_MAX]; /* … and what was read there then */
	uint64_t last_usec, changed_usec; /* capture times: last picture, last change of state */
	double scores[SCORES];            /* of the state, in the pictures before */
	unsigned n_scores;
	int references[RULES_STATES_MAX]; /* how many have been added */
	struct grey_plane plane;
};

const char *reason_name(enum reason reason)
{
	static const char *const names[_REASON_MAX] = {
		[REASON_NONE] = "none",
		[REASON_BELOW_THRESHOLD] = "below-threshold",
		[REASON_AMBIGUOUS] = "ambiguous",
		[REASON_LOW_QUALITY] = "low-quality",
		[REASON_NO_SIGNAL] = "no-signal",
		[REASON_FROZEN] = "frozen",
		[REASON_SETTLING] = "settling",
		[REASON_TIMED_OUT] = "timed-out",
		[REASON_NEW_RULES] = "new-rules",
		[REASON_OFF] = "off",
	};

	return reason < _REASON_MAX ? names[reason] : "none";
}

int recogniser_new(struct recogniser **ret, const struct rules *rules)
{
	_cleanup_(recogniser_freep) struct recogniser *r = calloc(1, sizeof(*r));
	int err = 0;

	if (!r)
		return -ENOMEM;
	r->rules = rules;
	if (rules->mode == MODE_COMPATIBLE)
		err = compatible_new(&r->compatible, rules);
	else
		err = better_new(&r->better, rules);
	for (int i = 0; i < rules->n_numbers && err >= 0; i++)
		err = digits_new(&r->digits[i]);
	if (err < 0)
		return err;
	*ret = TAKE_PTR(r);
	return 0;
}

struct recogniser *recogniser_free(struct recogniser *r)
{
	if (!r)
		return NULL;
	better_free(r->better);
	compatible_free(r->compatible);
	for (int i = 0; i < RULES_NUMBERS_MAX; i++) {
		digits_free(r->digits[i]);
		glance_deinit(&r->glances[i]);
	}
	grey_plane_deinit(&r->plane);
	free(r);
	return NULL;
}

int recogniser_add_reference(struct recogniser *r, int state, const struct frame *picture)
{
	struct view v = { .frame = picture };
	int err;

	if (state < 0 || state >= r->rules->n_states)
		return -EINVAL;
	if (r->references[state] == RECOGNISER_REFERENCES_MAX)
		return -ENOSPC;
	err = grey_view(picture, &r->plane, &v.grey);
	if (err < 0)
		return err;
	if (r->better)
		err = better_add_reference(r->better, state, &v, r->references[state]);
	else
		err = compatible_add_reference(r->compatible, state, &v.grey, r->references[state]);
	if (err >= 0)
		r->references[state]++;
	return err;
}

int recogniser_last_hashes(
	const struct recogniser *r, int state, struct hash ret[RECOGNISER_HASHES_MAX])
{
	return r->compatible ? compatible_last_hashes(r->compatible, state, ret) : -ENOTSUP;
}

int recogniser_add_hashes(struct recogniser *r, int state, const struct hash *hashes, int n)
{
	int err;

	if (!r->compatible)
		return -ENOTSUP;
	if (state < 0 || state >= r->rules->n_states)
		return -EINVAL;
	if (r->references[state] == RECOGNISER_REFERENCES_MAX)
		return -ENOSPC;
	err = compatible_add_hashes(r->compatible, state, hashes, n, r->references[state]);
	if (err >= 0)
		r->references[state]++;
	return err;
}

void recogniser_continue(struct recogniser *r, struct recogniser *from)
{
	assert(r->rules == from->rules);
	if (r->better)
		better_continue(r->better, from->better);
	else
		compatible_continue(r->compatible, from->compatible);
	memcpy(r->filters, from->filters, sizeof(r->filters));
	r->last_usec = from->last_usec;
	r->changed_usec = from->changed_usec;
}

void recogniser_lost(struct recogniser *r, uint64_t usec, struct decision *ret)
{
	if (r->better)
		better_lost(r->better, usec);
	else
		compatible_lost(r->compatible, usec);
	memset(ret, 0, sizeof(*ret));
	ret->capture_usec = ret->since_usec = usec;
	ret->raw = ret->state = STATE_UNKNOWN;
	ret->reason = REASON_NO_SIGNAL;
	for (int s = 0; s < r->rules->n_states; s++)
		for (int i = 0; i < r->rules->states[s].n_rois; i++)
			ret->states[s].rois[i].reference = -1;
}

static struct rect number_rect(const struct rules *rules, int number, const struct grey *g)
{
	return rules_scale(rules, rules->numbers[number].rect, g->width, g->height);
}

int recogniser_learn_number(
	struct recogniser *r, int number, const struct frame *picture, const char *text)
{
	struct grey g;
	int err;

	if (number < 0 || number >= r->rules->n_numbers)
		return -EINVAL;
	err = grey_view(picture, &r->plane, &g);
	if (err < 0)
		return err;
	glance_forget(&r->glances[number]);
	return digits_learn(r->digits[number], &g, number_rect(r->rules, number, &g), text);
}

int recogniser_teach_number(struct recogniser *r, int number, const struct grey *picture,
	struct rect rect, const char *text, bool guess)
{
	if (number < 0 || number >= r->rules->n_numbers)
		return -EINVAL;
	glance_forget(&r->glances[number]);
	return guess ? digits_learn_guess(r->digits[number], picture, rect, text)
		     : digits_learn(r->digits[number], picture, rect, text);
}

unsigned recogniser_known_digits(const struct recogniser *r, int number)
{
	return digits_known(r->digits[number]);
}

/* Does the state go? Its score falls from picture to picture then; one that goes up and down is
 * that of a screen that is seen badly. */
static bool is_leaving(struct recogniser *r, const struct decision *d)
{
	double score, least = INFINITY;

	if (d->changed || d->state < 0)
		r->n_scores = 0;
	if (d->state < 0)
		return false;
	score = d->states[d->state].score;
	for (unsigned i = 0; i < MIN(r->n_scores, SCORES); i++)
		least = MIN(least, r->scores[i]);
	r->scores[r->n_scores++ % SCORES] = score;
	return d->raw != d->state && (score < least - FALL || score < GONE);
}

/* Does the screen change right now? A number seen through a cross-fade is none. */
static bool is_fading(struct recogniser *r, const struct decision *d)
{
	return r->better &&
	       (is_leaving(r, d) ||
		       (r->changed_usec && d->capture_usec - r->changed_usec < FADE_USEC));
}

/* What looks as it did shows the same number, if that one was sure. */
static int read_number(struct recogniser *r, int number, const struct grey *g)
{
	struct rect rect = number_rect(r->rules, number, g);
	struct digits_reading *reading = &r->readings[number];

	if (!glance_differs(&r->glances[number], g, rect) && reading->sure)
		return 0;
	return digits_read(r->digits[number], g, rect, reading);
}

static int read_numbers(struct recogniser *r, const struct grey *g, struct digits_reading *ret)
{
	int err = 0;

	for (int i = 0; i < r->rules->n_numbers && err >= 0; i++) {
		err = read_number(r, i, g);
		ret[i] = r->readings[i];
	}
	return err;
}

/* What of a reading is handed on. soon: after the picture before. Each digit must then be the same
 * in both, or in others not long before. */
static void filter_number(
	struct recogniser *r, int number, bool fading, bool soon, struct digits_reading *reading)
{
	struct digits_filter *filter = &r->filters[number];

	filter->need = soon ? 2 : 1;
	digits_filter_push(filter, reading);
	if (fading || !filter->shown ||
		!digits_has_format(reading->text, r->rules->numbers[number].format)) {
		reading->sure = false;
		reading->text[0] = '\0';
	}
}

int recogniser_look(struct recogniser *r, const struct frame *f, struct decision *ret)
{
	bool fading, soon = r->last_usec && f->capture_usec - r->last_usec <= SOON_USEC;
	struct view v = { .frame = f, .numbers = ret->numbers };
	int err = grey_view(f, &r->plane, &v.grey);

	memset(ret, 0, sizeof(*ret));
	if (err >= 0)
		err = read_numbers(r, &v.grey, ret->numbers);
	if (err < 0)
		return err;
	if (r->better)
		err = better_look(r->better, &v, f->capture_usec, ret);
	else
		err = compatible_look(r->compatible, &v.grey, f->capture_usec, ret);
	if (err < 0)
		return err;
	if (ret->changed)
		r->changed_usec = f->capture_usec;
	fading = is_fading(r, ret) && soon;
	for (int i = 0; i < r->rules->n_numbers; i++)
		filter_number(r, i, fading, soon, &ret->numbers[i]);
	r->last_usec = f->capture_usec;
	return 0;
}

const struct sight *recogniser_sight(const struct recogniser *r)
{
	return r->better ? better_sight(r->better) : NULL;
}
