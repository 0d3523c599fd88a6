/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any text as a file of rules, and its first line as an expression: what is accepted keeps what the
 * headers promise, is written as a text that gives the same again, and copied without a difference;
 * what is refused leaves an error finding.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "recognize/recogniser.h"
#include "settings/rules-file.h"
#include "settings/rules-json.h"
#include "tests/fuzz/fuzz.h"

static void check_rect(const struct rules *r, const struct rect *rect, int least)
{
	must(rect->w >= least && rect->w <= RULES_SIDE_MAX);
	must(rect->h >= least && rect->h <= RULES_SIDE_MAX);
	must(rect->x < r->width && rect->x + rect->w > 0);
	must(rect->y < r->height && rect->y + rect->h > 0);
	if (r->mode == MODE_BETTER)
		must(rect->x >= 0 && rect->y >= 0 && rect->x + rect->w <= r->width &&
			rect->y + rect->h <= r->height);
}

/* Postfix: each operator finds its operands, and one value is left. */
static void check_ops(const struct state *s)
{
	int depth = 0;

	must(s->n_ops >= 0 && s->n_ops <= RULES_OPS_MAX);
	for (int i = 0; i < s->n_ops; i++) {
		int op = s->ops[i];

		must(op >= OP_NOT && op < s->n_rois);
		if (op == OP_AND || op == OP_OR)
			must(--depth >= 1);
		else if (op == OP_NOT)
			must(depth >= 1);
		else
			depth++;
	}
	must(s->n_ops == 0 || depth == 1);
}

static void check_roi(const struct rules *r, const struct roi *roi)
{
	must(rules_name_valid(roi->name));
	check_rect(r, &roi->rect, 4);
	must(roi->ref_state >= 0 && roi->ref_state < r->n_states);
	must((int) roi->feature >= 0 && roi->feature < _FEATURE_MAX);
	must(isfinite(roi->threshold) && roi->threshold >= 0);
	must(isfinite(roi->least) && roi->least >= 0 && isfinite(roi->most));
	must(roi->most == 0 || roi->least <= roi->most);
	must(roi->n_masks >= 0 && roi->n_masks <= RULES_MASKS_MAX);
	for (int i = 0; i < roi->n_masks; i++)
		must(roi->masks[i].w >= 1 && roi->masks[i].h >= 1);
}

static void check_state(const struct rules *r, int index)
{
	const struct state *s = &r->states[index];
	int found;

	must(rules_name_valid(s->name) && rules_find_state(r, s->name, &found) == 0);
	must(found == index && s->n_rois >= 1 && s->n_rois <= RULES_ROIS_MAX);
	must(s->min_match >= 0 && s->min_match <= RULES_ROIS_MAX);
	must(s->enter_ms >= 0 && s->leave_ms >= 0 && s->settle_ms >= 0 && s->longest_ms >= 0);
	must(s->restricted == (s->may_follow != 0));
	must((s->may_follow & ~RULES_OTHER_BIT) >> r->n_states == 0);
	for (int i = 0; i < s->n_rois; i++)
		check_roi(r, &s->rois[i]);
	check_ops(s);
}

/* What is accepted here must not fail when the card starts. */
static void check_recogniser(const struct rules *r)
{
	_cleanup_(recogniser_freep) struct recogniser *recogniser = NULL;

	must(recogniser_new(&recogniser, r) == 0);
}

static void check_rules(const struct rules *r)
{
	must(r->width >= 32 && r->width <= RULES_SIDE_MAX);
	must(r->height >= 32 && r->height <= RULES_SIDE_MAX);
	must(r->hash_size >= HASH_SIZE_MIN && r->hash_size <= HASH_SIZE_MAX);
	must(r->confirm_frames >= 1 && r->drop_frames >= 1 && r->frozen_ms >= 0);
	must(r->n_states >= 0 && r->n_states <= RULES_STATES_MAX);
	must(r->n_numbers >= 0 && r->n_numbers <= RULES_NUMBERS_MAX);
	for (int i = 0; i < r->n_states; i++)
		check_state(r, i);
	for (int i = 0; i < r->n_numbers; i++) {
		must(rules_name_valid(r->numbers[i].name));
		check_rect(r, &r->numbers[i].rect, 4);
	}
}

static void check_round_trip(const struct rules *r)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	_cleanup_(rules_deinit) struct rules again = { 0 };
	_cleanup_(rules_freep) struct rules *copy = NULL;
	_cleanup_(freep) char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	must(f && rules_file_write(r, f) == 0 && fclose(f) == 0);
	must(rules_file_parse(text, size, "again", &again, &report) == 0);
	must(rules_equal(r, &again));
	must(rules_copy(&copy, r) == 0 && rules_equal(r, copy));
}

static void check_json(const struct rules *r)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	_cleanup_(rules_deinit) struct rules again = { 0 };
	json_t *j = rules_json(r);

	must(j && rules_json_parse(j, NULL, &again, &report) == 0);
	must(rules_equal(r, &again));
	json_decref(j);
}

static void check_expression(const char *text)
{
	static char *const names[] = { "a", "b", "spin" };
	struct state s = { .n_rois = 3 }, again = { .n_rois = 3 };
	_cleanup_(freep) char *line = strndup(text, strcspn(text, "\n")), *back = NULL;
	char why[128] = "";

	for (int i = 0; i < 3; i++)
		s.rois[i].name = again.rois[i].name = names[i];
	must(line);
	if (rules_parse_match(&s, line, why, sizeof(why)) < 0) {
		must(*why && s.n_ops == 0);
		return;
	}
	check_ops(&s);
	back = rules_format_match(&s);
	must(back && rules_parse_match(&again, back, why, sizeof(why)) == 0);
	must(again.n_ops == s.n_ops && memcmp(again.ops, s.ops, (size_t) s.n_ops) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	_cleanup_(rules_deinit) struct rules rules = { 0 };
	_cleanup_(freep) char *text = calloc(1, size + 1);
	int r;

	must(text);
	memcpy(text, data, size);
	r = rules_file_parse(text, size, "input", &rules, &report);
	must((r == 0) == (report.errors == 0) && (r == 0 || r == -EINVAL));
	if (r == 0) {
		check_rules(&rules);
		check_recogniser(&rules);
		check_round_trip(&rules);
		check_json(&rules);
	}
	check_expression(text);
	return 0;
}
