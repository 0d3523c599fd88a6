/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/combine.h"

#include <errno.h>

/* Both run the same way over the expression: operands are put on a stack, operators take them. */
static int operands_of(int op)
{
	return op == OP_NOT ? 1 : op < 0 ? 2 : 0;
}

int combine_check(const struct state *s)
{
	int depth = 0;

	if (s->n_ops < 0 || s->n_ops > RULES_OPS_MAX)
		return -EINVAL;
	for (int i = 0; i < s->n_ops; i++) {
		int op = s->ops[i], takes = operands_of(op);

		if (op < OP_NOT || op >= s->n_rois || depth < takes)
			return -EINVAL;
		depth += 1 - takes;
	}
	return s->n_ops > 0 && depth != 1 ? -EINVAL : 0;
}

bool combine_wants(const struct state *s, int roi)
{
	if (s->n_ops == 0)
		return !s->rois[roi].negative;
	for (int i = 0; i < s->n_ops; i++)
		if (s->ops[i] == roi)
			return true;
	return false;
}

static struct evidence work_out(const struct state *s, const struct evidence *each)
{
	struct evidence stack[RULES_OPS_MAX] = { evidence_of(false) };
	int n = 0;

	for (int i = 0; i < s->n_ops; i++) {
		int op = s->ops[i];

		if (op >= 0)
			stack[n++] = each[op];
		else if (op == OP_NOT)
			stack[n - 1] = evidence_not(&stack[n - 1]);
		else if (op == OP_AND)
			evidence_and(&stack[n - 2], &stack[n - 1]);
		else
			evidence_or(&stack[n - 2], &stack[n - 1]);
		n -= operands_of(op) == 2;
	}
	return stack[0];
}

/* Takes the best of those that are not required, as many as min_match still asks for. */
static void add_optional(struct evidence *e, struct evidence *optional, int n, int wanted)
{
	for (; wanted > 0; wanted--) {
		int best = -1;

		for (int i = 0; i < n; i++)
			if (optional[i].purity >= 0 &&
				(best < 0 || evidence_score(&optional[i]) >
						     evidence_score(&optional[best])))
				best = i;
		if (best < 0) {
			e->purity = 0;
			return;
		}
		evidence_and(e, &optional[best]);
		optional[best].purity = -1;
	}
}

struct evidence combine(const struct state *s, const struct evidence *each, uint32_t ready)
{
	struct evidence e = evidence_of(true), optional[RULES_ROIS_MAX];
	int n = 0, counted = 0;
	bool forbidden = false;

	if (s->n_ops > 0)
		return work_out(s, each);
	for (int i = 0; i < s->n_rois; i++) {
		if (s->rois[i].negative) {
			forbidden = forbidden || each[i].blind || evidence_full(&each[i]);
		} else if (s->rois[i].required) {
			evidence_and(&e, &each[i]);
			counted++;
		} else if (ready & UINT32_C(1) << i) {
			optional[n++] = each[i];
		}
	}
	add_optional(&e, optional, n, MAX(s->min_match, counted == 0) - counted);
	if (forbidden)
		e.purity = 0;
	return e;
}
