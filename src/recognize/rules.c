/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/rules.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void rules_deinit(struct rules *r)
{
	for (int i = 0; i < r->n_states; i++) {
		for (int j = 0; j < r->states[i].n_rois; j++)
			free(r->states[i].rois[j].name);
		free(r->states[i].name);
	}
	for (int i = 0; i < r->n_numbers; i++) {
		free(r->numbers[i].name);
		free(r->numbers[i].format);
	}
	memset(r, 0, sizeof(*r));
}

struct rules *rules_free(struct rules *r)
{
	if (r)
		rules_deinit(r);
	free(r);
	return NULL;
}

/* Puts a text of its own in the place of one that another struct owns. */
static int own(char **text)
{
	if (!*text)
		return 0;
	*text = strdup(*text);
	return *text ? 0 : -ENOMEM;
}

static int own_state(struct state *s, const struct state *from)
{
	int r;

	*s = *from;
	s->n_rois = 0;
	r = own(&s->name);
	while (r == 0 && s->n_rois < from->n_rois)
		r = own(&s->rois[s->n_rois++].name);
	return r;
}

static int own_number(struct number *n, const struct number *from)
{
	int r;

	*n = (struct number){ .name = from->name, .rect = from->rect };
	r = own(&n->name);
	if (r < 0)
		return r;
	n->format = from->format;
	return own(&n->format);
}

int rules_copy(struct rules **ret, const struct rules *r)
{
	_cleanup_(rules_freep) struct rules *copy = malloc(sizeof(*copy));
	int error = 0;

	if (!copy)
		return -ENOMEM;
	*copy = *r;
	/* Counted up again, so that rules_free() gives back no more than is the copy's. */
	copy->n_states = copy->n_numbers = 0;
	while (error == 0 && copy->n_states < r->n_states) {
		int i = copy->n_states++;

		error = own_state(&copy->states[i], &r->states[i]);
	}
	while (error == 0 && copy->n_numbers < r->n_numbers) {
		int i = copy->n_numbers++;

		error = own_number(&copy->numbers[i], &r->numbers[i]);
	}
	if (error == 0)
		*ret = TAKE_PTR(copy);
	return error;
}

static bool texts_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool rects_equal(const struct rect *a, const struct rect *b)
{
	return a->x == b->x && a->y == b->y && a->w == b->w && a->h == b->h;
}

static bool rois_equal(const struct roi *a, const struct roi *b)
{
	if (!texts_equal(a->name, b->name) || !rects_equal(&a->rect, &b->rect) ||
		a->required != b->required || a->negative != b->negative ||
		a->ref_state != b->ref_state || a->feature != b->feature ||
		a->threshold != b->threshold || a->least != b->least || a->most != b->most ||
		a->n_masks != b->n_masks)
		return false;
	for (int i = 0; i < a->n_masks; i++)
		if (!rects_equal(&a->masks[i], &b->masks[i]))
			return false;
	return true;
}

static bool states_equal(const struct state *a, const struct state *b)
{
	if (!texts_equal(a->name, b->name) || a->n_rois != b->n_rois ||
		a->min_match != b->min_match || a->threshold != b->threshold ||
		a->score != b->score || a->margin != b->margin || a->n_ops != b->n_ops ||
		memcmp(a->ops, b->ops, (size_t) a->n_ops * sizeof(*a->ops)) != 0 ||
		a->enter_ms != b->enter_ms || a->leave_ms != b->leave_ms ||
		a->settle_ms != b->settle_ms || a->longest_ms != b->longest_ms ||
		a->restricted != b->restricted || a->may_follow != b->may_follow)
		return false;
	for (int i = 0; i < a->n_rois; i++)
		if (!rois_equal(&a->rois[i], &b->rois[i]))
			return false;
	return true;
}

bool rules_equal(const struct rules *a, const struct rules *b)
{
	if (!a || !b)
		return a == b;
	if (a->mode != b->mode || a->width != b->width || a->height != b->height ||
		a->n_states != b->n_states || a->n_numbers != b->n_numbers ||
		a->frozen_ms != b->frozen_ms || a->algo != b->algo ||
		a->hash_size != b->hash_size || a->confirm_frames != b->confirm_frames ||
		a->drop_frames != b->drop_frames)
		return false;
	for (int i = 0; i < a->n_states; i++)
		if (!states_equal(&a->states[i], &b->states[i]))
			return false;
	for (int i = 0; i < a->n_numbers; i++)
		if (!texts_equal(a->numbers[i].name, b->numbers[i].name) ||
			!texts_equal(a->numbers[i].format, b->numbers[i].format) ||
			!rects_equal(&a->numbers[i].rect, &b->numbers[i].rect))
			return false;
	return true;
}

int rules_find_state(const struct rules *r, const char *name, int *ret)
{
	for (int i = 0; i < r->n_states; i++)
		if (strcmp(r->states[i].name, name) == 0) {
			*ret = i;
			return 0;
		}
	if (strcmp(name, "OTHER") == 0)
		*ret = STATE_OTHER;
	else if (strcmp(name, "UNKNOWN") == 0)
		*ret = STATE_UNKNOWN;
	else
		return -ENOENT;
	return 0;
}

static int scale(int v, int to, int from)
{
	return (int) lround((double) v * to / from);
}

struct rect rules_scale(const struct rules *r, struct rect in, int width, int height)
{
	return (struct rect){
		.x = scale(in.x, width, r->width),
		.y = scale(in.y, height, r->height),
		.w = MAX(scale(in.w, width, r->width), 1),
		.h = MAX(scale(in.h, height, r->height), 1),
	};
}

bool rules_takes_score(const struct roi *roi)
{
	return roi->threshold <= 0 &&
	       (roi->feature == FEATURE_PATTERN || roi->feature == FEATURE_EDGES);
}

const char *rules_state_name(const struct rules *r, int state)
{
	if (state >= 0 && state < r->n_states)
		return r->states[state].name;
	return state == STATE_UNKNOWN ? "UNKNOWN" : "OTHER";
}
