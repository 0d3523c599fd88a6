/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A state is judged by the mean of what its ROIs contribute: an ordinary one its distance, a
 * negative one nothing as long as it does not match and PENALTY when it does. A ROI without
 * references contributes nothing and is not counted; a state of which nothing was counted is not
 * known, whatever min_match says.
 */
#include "recognize/matcher.h"

#define PENALTY 100

struct tally {
	int sum, counted, matched;
	bool failed; /* by a required ROI */
};

static void count_roi(
	const struct state *s, int i, int distance, struct tally *t, struct match_state *ret)
{
	const struct roi *roi = &s->rois[i];
	bool near = distance >= 0 && distance <= s->threshold;

	if (distance < 0) {
		t->failed |= roi->required;
		return;
	}
	t->counted++;
	if (roi->negative) {
		t->sum += near ? PENALTY : 0;
		t->failed |= near && roi->required;
		return;
	}
	t->sum += distance;
	t->failed |= !near && roi->required;
	if (near) {
		t->matched++;
		ret->matched |= UINT32_C(1) << i;
	}
}

static void judge_state(const struct state *s, const struct tally *t, struct match_state *ret)
{
	if (t->counted == 0) {
		ret->distance = t->failed ? MATCH_DISTANCE_FAILED : MATCH_DISTANCE_NONE;
		return;
	}
	ret->distance = (double) t->sum / t->counted;
	ret->is_match = !t->failed && t->matched >= s->min_match && ret->distance <= s->threshold;
}

void matcher_decide(const struct rules *rules, int (*distance)(int state, int roi, void *userdata),
	void *userdata, struct match *ret)
{
	*ret = (struct match){ .raw = STATE_OTHER };
	for (int i = 0; i < rules->n_states; i++) {
		const struct state *s = &rules->states[i];
		struct tally t = { 0 };

		for (int j = 0; j < s->n_rois; j++)
			count_roi(s, j, distance(i, j, userdata), &t, &ret->states[i]);
		judge_state(s, &t, &ret->states[i]);
		if (ret->states[i].is_match && ret->raw == STATE_OTHER)
			ret->raw = i;
	}
}

void debounce_init(struct debounce *d, int confirm_frames, int drop_frames)
{
	*d = (struct debounce){
		.confirm = confirm_frames,
		.drop = drop_frames,
		.state = STATE_OTHER,
		.pending = STATE_OTHER,
	};
}

int debounce_push(struct debounce *d, int raw)
{
	int need = raw == STATE_OTHER ? d->drop : d->confirm;

	if (raw != d->pending) {
		d->pending = raw;
		d->count = 0;
	}
	/* Nothing asks for more than enough, and a state may last for years. */
	if (d->count < need)
		d->count++;
	if (raw != STATE_UNKNOWN && d->count >= need)
		d->state = raw;
	return d->state;
}
