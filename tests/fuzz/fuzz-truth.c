/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any text as the description of a clip, and as the numbers in its references: what is accepted
 * keeps what the header promises, what is refused is explained in one line.
 */
#include <errno.h>
#include <string.h>

#include "recognize/truth.h"
#include "tests/fuzz/fuzz.h"

static void check_why(int r, const char *why)
{
	must(r == 0 || r == -EBADMSG);
	must((r == 0) == !*why);
	for (const char *c = why; *c; c++)
		must((unsigned char) *c >= ' ' && *c != 0x7f);
}

static void check_region(const struct rect *r)
{
	must(r->w >= 1 && r->w <= FRAME_SIDE_MAX && r->h >= 1 && r->h <= FRAME_SIDE_MAX);
	must(abs(r->x) <= FRAME_SIDE_MAX && abs(r->y) <= FRAME_SIDE_MAX);
}

static void check_rules(const struct rules *rules)
{
	must(rules->n_states >= 0 && rules->n_states <= RULES_STATES_MAX);
	for (int i = 0; i < rules->n_states; i++) {
		const struct state *s = &rules->states[i];
		int found;

		must(rules_find_state(rules, s->name, &found) == 0 && found == i);
		must(!strchr(s->name, '/') && *s->name != '.');
		must(s->n_rois >= 1 && s->n_rois <= RULES_ROIS_MAX);
		for (int j = 0; j < s->n_rois; j++) {
			must(s->rois[j].name && s->rois[j].ref_state == i);
			check_region(&s->rois[j].rect);
		}
	}
	must(rules->n_numbers == 0 || rules->n_numbers == 1);
	if (rules->n_numbers)
		check_region(&rules->numbers[0].rect);
}

static void check_truth(const struct truth *t, const struct rules *rules)
{
	uint64_t end = 0;

	must(t->width >= 1 && t->height >= 1 && t->fps >= 0 && t->n_segments >= 1);
	for (size_t i = 0; i < t->n_segments; i++) {
		const struct truth_segment *s = &t->segments[i];

		must(s->name && s->shown && s->start_usec >= end && s->end_usec >= s->start_usec);
		must(s->state >= STATE_OTHER && s->state < rules->n_states);
		end = s->end_usec;
	}
	for (size_t i = 0; i < t->n_credits; i++)
		must(t->credits[i] >= TRUTH_NUMBER_NONE && t->credits[i] <= TRUTH_NUMBER_MAX);
}

static void check_pictures(const char *text, size_t size)
{
	_cleanup_(truth_pictures_deinit) struct truth_pictures p = { 0 };
	char why[TRUTH_WHY_SIZE];

	check_why(truth_pictures_parse(text, size, &p, why, sizeof(why)), why);
	for (size_t i = 0; i < p.n; i++) {
		int64_t number;

		must(truth_pictures_find(&p, p.items[i].path, &number) == 0);
		must(number == p.items[i].number && number >= TRUTH_NUMBER_NONE);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(truth_deinit) struct truth t = { 0 };
	_cleanup_(rules_deinit) struct rules rules = { 0 };
	const char *text = (const char *) data;
	char why[TRUTH_WHY_SIZE];
	int r = truth_parse(text, size, &t, &rules, why, sizeof(why));

	check_why(r, why);
	if (r == 0) {
		check_rules(&rules);
		check_truth(&t, &rules);
	}
	check_pictures(text, size);
	return 0;
}
