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

const char *rules_state_name(const struct rules *r, int state)
{
	if (state >= 0 && state < r->n_states)
		return r->states[state].name;
	return state == STATE_UNKNOWN ? "UNKNOWN" : "OTHER";
}
