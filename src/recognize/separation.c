/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/separation.h"

#include <math.h>

#include "common/cleanup.h"
#include "recognize/evaluate.h"

void separation_init(struct separation *s)
{
	*s = (struct separation){ .lowest_shown = NAN, .highest_other = NAN };
}

void separation_push(
	struct separation *s, const struct truth *truth, int state, uint64_t usec, double score)
{
	const struct truth_segment *segment = evaluate_segment(truth, usec);
	bool shown = segment && segment->state == state;
	double held = score;

	if (s->last_segment && s->last_segment == segment &&
		usec - s->last_usec <= SEPARATION_GAP_USEC)
		held = shown ? MAX(score, s->last) : MIN(score, s->last);
	if (shown && !(s->lowest_shown <= held)) {
		s->lowest_shown = held;
		s->lowest_shown_usec = usec;
	} else if (segment && !shown && !(s->highest_other >= held)) {
		s->highest_other = held;
		s->highest_other_usec = usec;
	}
	s->last = score;
	s->last_usec = usec;
	s->last_segment = segment;
}

double separation_suggest(const struct separation *s, double *ret_margin)
{
	double low = s->highest_other, high = s->lowest_shown;

	*ret_margin = NAN;
	if (!(low < high))
		return NAN;
	if (high > SEPARATION_LEAST)
		low = MAX(low, SEPARATION_LEAST);
	*ret_margin = (high - low) / 2;
	return (low + high) / 2;
}
