/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "evaluate/evaluate-report.h"

#include <math.h>
#include <string.h>

#include "common/usec.h"

static const char *mode_name(const struct evaluate_result *r)
{
	return r->rules.mode == MODE_COMPATIBLE ? "compatible" : "better";
}

/* Name of a row or column of the matrix. */
static const char *row_name(const struct evaluate_result *r, int i)
{
	return rules_state_name(&r->rules, i < r->rules.n_states ? i : STATE_OTHER);
}

/* --- for people --- */

static void print_label(FILE *f, const char *label)
{
	static const char dots[] = " ..................";

	fprintf(f, "%s%.*s ", label, (int) (sizeof(dots) - 1 - strlen(label)), dots);
}

static void print_share(FILE *f, double share)
{
	if (isnan(share))
		fputs("      -  ", f);
	else
		fprintf(f, " %6.2f %%", share * 100);
}

static void print_figures(FILE *f, const struct evaluate_result *r)
{
	const struct evaluation *e = &r->figures;

	print_label(f, "right");
	print_share(f, e->right_share);
	fprintf(f, " of %.1f s\n", e->counted_s);
	print_label(f, "changes");
	fprintf(f, "%d, %d missed, %d false\n", e->changes, e->missed_changes, e->false_changes);
	if (!isnan(e->mean_delay_s)) {
		print_label(f, "delay");
		fprintf(f, "mean %.3f s, p50 %.3f s, p99 %.3f s\n", e->mean_delay_s, e->p50_delay_s,
			e->p99_delay_s);
	}
	print_label(f, "unsteady");
	fprintf(f, "%d flaps, %zu near misses\n", e->flaps, e->near_misses);
	if (r->number >= 0) {
		print_label(f, r->rules.numbers[r->number].name);
		fprintf(f, "%d of %d read, %d wrong\n", e->credits_read, e->credits,
			e->credits_wrong);
	}
	print_label(f, "CPU");
	fprintf(f, "%.3f ms for each decision\n", r->cpu_ms);
}

static void print_matrix(FILE *f, const struct evaluate_result *r)
{
	const struct evaluation *e = &r->figures;

	fprintf(f, "\n%-20s", "shown \\ decided, s");
	for (int d = 0; d <= e->n_states; d++)
		fprintf(f, " %9.9s", row_name(r, d));
	fputs("    recall    margin\n", f);
	for (int s = 0; s <= e->n_states; s++) {
		const struct evaluate_state *state = &e->states[s];

		fprintf(f, "%-20.20s", row_name(r, s));
		for (int d = 0; d <= e->n_states; d++)
			fprintf(f, " %9.2f", e->confusion[s][d]);
		print_share(f, state->recall);
		if (!isnan(state->lowest_margin))
			fprintf(f, "  %.2f at %.2f s", state->lowest_margin,
				(double) state->lowest_margin_usec / USEC_PER_SEC);
		fputc('\n', f);
	}
	fprintf(f, "%-20s", "precision");
	for (int d = 0; d <= e->n_states; d++) {
		fputc(' ', f);
		print_share(f, e->states[d].precision);
	}
	fputc('\n', f);
}

static void print_sweep(FILE *f, const struct evaluate_result *r)
{
	fprintf(f, "\n%9s      right   missed    false\n",
		r->rules.mode == MODE_COMPATIBLE ? "threshold" : "score");
	for (int i = 0; i < r->n_points; i++) {
		const struct evaluate_point *p = &r->points[i];

		fprintf(f, "%9.4g  ", p->value);
		print_share(f, p->right_share);
		fprintf(f, " %8d %8d%s\n", p->missed_changes, p->false_changes,
			i == r->suggested ? "  *" : "");
	}
	if (r->suggested >= 0)
		fprintf(f, "Suggested: %.4g, which may be off by %.4g.\n",
			r->points[r->suggested].value, r->suggested_margin);
}

static void print_score(FILE *f, double score, uint64_t usec)
{
	char at[32];

	snprintf(at, sizeof(at), "at %.2f s", (double) usec / USEC_PER_SEC);
	if (isnan(score))
		fprintf(f, " %18s", "-");
	else
		fprintf(f, "  %5.3f %-11s", score, at);
}

static void print_separations(FILE *f, const struct evaluate_result *r)
{
	fprintf(f, "\n%-20s  %-17s  %-17s  %s\n", "score", "lowest when shown", "highest when not",
		"suggested");
	for (int s = 0; s < r->rules.n_states; s++) {
		const struct separation *apart = &r->separations[s];
		double margin, suggested = separation_suggest(apart, &margin);

		fprintf(f, "%-20.20s", row_name(r, s));
		print_score(f, apart->lowest_shown, apart->lowest_shown_usec);
		print_score(f, apart->highest_other, apart->highest_other_usec);
		if (isnan(suggested))
			fputs("  -\n", f);
		else
			fprintf(f, "  %.2f, may be off by %.2f\n", suggested, margin);
	}
}

void evaluate_report_text(
	FILE *f, const struct evaluate_options *o, const struct evaluate_result *r)
{
	fprintf(f, "%s: %zu decisions, %s mode, %d references\n", o->clip, r->n_decisions,
		mode_name(r), r->references);
	if (r->damaged)
		fprintf(f, "%llu pictures are damaged.\n", (unsigned long long) r->damaged);
	print_figures(f, r);
	print_matrix(f, r);
	if (r->n_points)
		print_sweep(f, r);
	if (r->n_points && r->rules.mode == MODE_BETTER)
		print_separations(f, r);
}

/* --- for machines --- */

static json_t *number(double v)
{
	return isnan(v) ? json_null() : json_real(v);
}

static json_t *confusion(const struct evaluate_result *r)
{
	json_t *matrix = json_object();

	for (int s = 0; s <= r->rules.n_states; s++) {
		json_t *row = json_object();

		for (int d = 0; d <= r->rules.n_states; d++)
			json_object_set_new(
				row, row_name(r, d), json_real(r->figures.confusion[s][d]));
		json_object_set_new(matrix, row_name(r, s), row);
	}
	return matrix;
}

/* When that was; null when it never was. */
static json_t *moment(double what, uint64_t usec)
{
	return number(isnan(what) ? NAN : (double) usec / USEC_PER_SEC);
}

static void add_separation(json_t *row, const struct separation *apart)
{
	double margin, suggested = separation_suggest(apart, &margin);

	json_object_set_new(row, "lowest_score_shown", number(apart->lowest_shown));
	json_object_set_new(row, "lowest_score_shown_at_s",
		moment(apart->lowest_shown, apart->lowest_shown_usec));
	json_object_set_new(row, "highest_score_other", number(apart->highest_other));
	json_object_set_new(row, "highest_score_other_at_s",
		moment(apart->highest_other, apart->highest_other_usec));
	json_object_set_new(row, "suggested_threshold", number(suggested));
	json_object_set_new(row, "suggested_margin", number(margin));
}

static json_t *states(const struct evaluate_result *r)
{
	json_t *all = json_object();

	for (int s = 0; s <= r->rules.n_states; s++) {
		const struct evaluate_state *state = &r->figures.states[s];
		json_t *row = json_pack("{s:f, s:f, s:o, s:o, s:o, s:o}", "shown_s", state->shown_s,
			"decided_s", state->decided_s, "precision", number(state->precision),
			"recall", number(state->recall), "lowest_margin",
			number(state->lowest_margin), "lowest_margin_at_s",
			moment(state->lowest_margin, state->lowest_margin_usec));

		if (s < r->rules.n_states && r->rules.mode == MODE_BETTER)
			add_separation(row, &r->separations[s]);
		json_object_set_new(all, row_name(r, s), row);
	}
	return all;
}

static json_t *decisions(const struct evaluate_result *r)
{
	json_t *all = json_array();

	for (size_t i = 0; i < r->n_decisions; i++) {
		const struct evaluate_decision *d = &r->decisions[i];

		json_array_append_new(
			all, json_pack("[f, s, s, o]", (double) d->usec / USEC_PER_SEC,
				     rules_state_name(&r->rules, d->raw),
				     rules_state_name(&r->rules, d->state),
				     d->number == TRUTH_NUMBER_NONE ? json_null()
								    : json_integer(d->number)));
	}
	return all;
}

static void add_sweep(json_t *root, const struct evaluate_result *r)
{
	json_t *points = json_array();

	for (int i = 0; i < r->n_points; i++) {
		const struct evaluate_point *p = &r->points[i];

		json_array_append_new(
			points, json_pack("{s:f, s:o, s:i, s:i}", "threshold", p->value,
					"right_share", number(p->right_share), "missed_changes",
					p->missed_changes, "false_changes", p->false_changes));
	}
	json_object_set_new(root, "sweep", points);
	if (r->suggested < 0)
		return;
	json_object_set_new(root, "suggested_threshold", json_real(r->points[r->suggested].value));
	json_object_set_new(root, "suggested_margin", json_real(r->suggested_margin));
}

static json_t *whole(const struct evaluate_options *o, const struct evaluate_result *r)
{
	const struct evaluation *e = &r->figures;
	json_t *clip = json_string(o->clip); /* NULL: a name that is no UTF-8 */
	json_t *root = json_pack("{s:o, s:s, s:o, s:f, s:i, s:i, s:i}", "clip",
		clip ? clip : json_null(), "mode", mode_name(r), "right_share",
		number(e->right_share), "counted_s", e->counted_s, "changes", e->changes,
		"missed_changes", e->missed_changes, "false_changes", e->false_changes);

	if (!root)
		return NULL;
	json_object_set_new(root, "mean_delay_s", number(e->mean_delay_s));
	json_object_set_new(root, "p50_delay_s", number(e->p50_delay_s));
	json_object_set_new(root, "p99_delay_s", number(e->p99_delay_s));
	json_object_set_new(root, "cpu_ms_per_decision", json_real(r->cpu_ms));
	json_object_set_new(root, "flaps", json_integer(e->flaps));
	json_object_set_new(root, "near_misses", json_integer((json_int_t) e->near_misses));
	json_object_set_new(root, "credits", json_integer(e->credits));
	json_object_set_new(root, "credits_read", json_integer(e->credits_read));
	json_object_set_new(root, "credits_wrong", json_integer(e->credits_wrong));
	json_object_set_new(root, "references", json_integer(r->references));
	json_object_set(root, "references_skipped", r->skipped);
	json_object_set_new(root, "damaged_pictures", json_integer((json_int_t) r->damaged));
	json_object_set_new(root, "confusion", confusion(r));
	json_object_set_new(root, "states", states(r));
	if (r->n_points)
		add_sweep(root, r);
	json_object_set_new(root, "decisions", decisions(r));
	return root;
}

int evaluate_report_json(FILE *f, const struct evaluate_options *o, const struct evaluate_result *r)
{
	json_t *root = whole(o, r);
	int error = 0;

	if (!root)
		return -ENOMEM;
	if (json_dumpf(root, f, JSON_REAL_PRECISION(12)) < 0 || fputc('\n', f) == EOF ||
		fflush(f) == EOF)
		error = -EIO;
	json_decref(root);
	return error;
}
