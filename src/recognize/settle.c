/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/settle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/usec.h"
#include "recognize/combine.h"

int settle_init(struct settle *s, const struct rules *rules, const struct state *state)
{
	int r = 0;

	memset(s, 0, sizeof(*s));
	if (state->settle_ms <= 0 || state->n_rois == 0)
		return 0;
	s->need_usec = (uint64_t) state->settle_ms * USEC_PER_MSEC;
	s->motions = calloc((size_t) state->n_rois, sizeof(*s->motions));
	if (!s->motions)
		return -ENOMEM;
	for (int i = 0; i < state->n_rois && r >= 0; i++)
		if (combine_wants(state, i))
			r = motion_init(
				&s->motions[s->n++], &state->rois[i], rules->width, rules->height);
	return r;
}

void settle_deinit(struct settle *s)
{
	for (int i = 0; i < s->n; i++)
		motion_deinit(&s->motions[i]);
	free(s->motions);
	memset(s, 0, sizeof(*s));
}

int settle_push(struct settle *s, const struct grey *picture, const struct region *guide,
	uint64_t capture_usec, bool *ret)
{
	bool moves = s->since_usec == 0;

	for (int i = 0; i < s->n; i++) {
		float share;
		int r = motion_look(&s->motions[i], picture, guide, MOTION_LEVELS, &share);

		if (r < 0)
			return r;
		moves = moves || share > MOTION_NONE;
	}
	for (int i = 0; i < s->n && moves; i++)
		motion_keep(&s->motions[i]);
	if (moves)
		s->since_usec = capture_usec;
	*ret = capture_usec - s->since_usec < s->need_usec;
	return 0;
}
