/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Evidence of ROIs put together. */
#include "recognize/combine.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "tests/tap.h"

enum {
	A,
	B,
	C,
	ROIS
};

static struct state state;
static struct evidence each[ROIS];

static struct evidence pattern(float purity, float level)
{
	return (struct evidence){ .purity = purity, .level = level, .high = INFINITY };
}

static void begin(void)
{
	memset(&state, 0, sizeof(state));
	state.n_rois = ROIS;
	for (int i = 0; i < ROIS; i++)
		each[i] = evidence_of(false);
}

static void set_ops(int n, const int8_t *ops)
{
	memcpy(state.ops, ops, (size_t) n);
	state.n_ops = n;
}

static struct evidence all(void)
{
	return combine(&state, each, 7);
}

static bool full(void)
{
	struct evidence e = all();

	return evidence_full(&e);
}

static void test_thresholds(void)
{
	struct evidence e;

	ok(evidence_purity(0.8F, 0) == 0.8F && evidence_purity(-1, 0) == 0,
		"without a threshold a correlation is what it is");
	ok(fabsf(evidence_purity(0.9F, 0.9) - EVIDENCE_PURE) < 1e-6F &&
			evidence_purity(0.89F, 0.9) < EVIDENCE_PURE &&
			evidence_purity(1, 0.9) == 1 && evidence_purity(0, 0.9) == 0,
		"a higher one asks for more");
	ok(evidence_purity(0.5F, 0.5) == EVIDENCE_PURE && evidence_purity(1, 0.5) == 1,
		"a lower one for less");
	e = pattern(evidence_purity(0.72F, 0.9), 1);
	ok(!evidence_gone(&e), "what is gone goes along");
	e = pattern(evidence_purity(0.71F, 0.9), 1);
	ok(evidence_gone(&e), "in proportion");
	e = evidence_of_distance(12, 12);
	ok(evidence_full(&e), "a distance may be the threshold");
	e = evidence_of_distance(12.1, 12);
	ok(!evidence_full(&e) && !evidence_gone(&e), "not more, which is half-way");
	e = evidence_of_distance(16, 12);
	ok(evidence_gone(&e) && evidence_score(&e) > 0.4F, "until it is gone, but near");
	e = evidence_of_distance(0, 0);
	ok(evidence_full(&e) && e.purity == 1, "no distance at all is enough for 0");
	e = evidence_of_distance(1, 0);
	ok(evidence_gone(&e), "one is not");
}

static void test_counting(void)
{
	begin();
	state.rois[A].required = true;
	state.rois[B].negative = true;
	each[A] = pattern(0.9F, 0.8F);
	ok(full() && fabsf(all().purity - 0.9F) < 1e-6F && fabsf(all().level - 0.8F) < 1e-6F &&
			!all().abrupt,
		"required alone");
	each[B] = pattern(0.8F, 1);
	ok(!full() && all().purity == 0, "a negative one forbids");
	each[B] = evidence_of(false);
	each[B].blind = true;
	ok(!full(), "also one that cannot be told");
	each[B].blind = false;
	state.min_match = 2;
	ok(!full(), "one more is asked for");
	each[C] = pattern(0.8F, 1);
	ok(full() && fabsf(all().purity - 0.8F) < 1e-6F, "and is there: the weaker counts");
	ok(combine(&state, each, 1 << A).purity == 0, "but not one that knows nothing");
	each[C].beaten = true;
	ok(!full(), "nor one that is beaten");
	ok(combine_wants(&state, A) && !combine_wants(&state, B) && combine_wants(&state, C),
		"what is wanted");
}

/* A hash or a colour beside a pattern. */
static void test_gates(void)
{
	begin();
	for (int i = 0; i < ROIS; i++)
		state.rois[i].required = true;
	each[A] = pattern(0.97F, 0.5F);
	each[B] = evidence_of_distance(11, 12);
	each[C] = evidence_of(true);
	ok(fabsf(all().purity - 0.97F) < 1e-6F && fabsf(all().level - 0.5F) < 1e-6F &&
			!all().abrupt,
		"open ones let a pattern pass as it is");
	each[A].level = 1.1F;
	ok(full() && fabsf(all().level - 1.1F) < 1e-6F, "with its level");
	each[B] = evidence_of_distance(14, 12);
	ok(!full() && all().abrupt, "a closed one does not, at once");
	each[A] = evidence_of_distance(3, 12);
	each[B] = evidence_of_distance(6, 12);
	ok(full() && all().abrupt && all().level == 1 &&
			fabsf(all().purity - evidence_of_distance(6, 12).purity) < 1e-6F,
		"among themselves the weakest counts");
}

static void test_expression(void)
{
	static const int8_t and_not[] = { A, B, C, OP_NOT, OP_OR, OP_AND }; /* A AND (B OR NOT C) */
	static const int8_t not_and[] = { A, C, OP_AND, OP_NOT };

	begin();
	set_ops(6, and_not);
	ok(combine_check(&state) == 0, "an expression");
	state.rois[A].negative = true; /* does not count then */
	each[A] = pattern(0.9F, 1);
	ok(full() && fabsf(all().purity - 0.9F) < 1e-6F, "A AND NOT C");
	each[C] = pattern(0.9F, 1);
	ok(!full(), "not with C");
	each[B] = pattern(0.8F, 0.9F);
	ok(full() && fabsf(all().purity - 0.8F) < 1e-6F && fabsf(all().level - 0.9F) < 1e-6F,
		"but with B: the weakest of what there must be");
	each[A] = pattern(0.5F, 1);
	ok(!full() && !all().abrupt, "not without A");
	each[C].blind = true;
	each[C].purity = 0;
	each[A] = pattern(0.9F, 1);
	each[B] = evidence_of(false);
	ok(!full(), "what cannot be told is not its opposite either");
	set_ops(4, not_and);
	each[C] = pattern(0.9F, 1);
	ok(!full(), "NOT of both");
	each[C] = pattern(0.7F, 1);
	ok(full() && all().abrupt, "which are not both there");
	ok(combine_wants(&state, A) && !combine_wants(&state, B), "B plays no part");
}

/* The stronger of two. */
static void test_or(void)
{
	static const int8_t ops[] = { A, B, OP_OR };

	begin();
	set_ops(3, ops);
	each[A] = pattern(0.76F, 1);
	each[B] = pattern(0.99F, 0.5F);
	ok(full() && fabsf(all().purity - 0.76F) < 1e-6F, "one that is there");
	each[B].level = 1;
	ok(fabsf(all().purity - 0.99F) < 1e-6F, "the better one");
	each[A].beaten = each[B].beaten = true;
	ok(!full(), "none");
}

static void test_refused(void)
{
	static const int8_t broken[][3] = { { A, B, A }, { OP_AND, A, B }, { A, OP_NOT, OP_OR },
		{ A, ROIS, OP_AND }, { A, -4, -4 } };

	for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
		begin();
		set_ops(3, broken[i]);
		ok(combine_check(&state) == -EINVAL, "broken expression %zu", i);
	}
	begin();
	state.n_ops = RULES_OPS_MAX + 1;
	ok(combine_check(&state) == -EINVAL, "too long");
	state.n_ops = 0;
	ok(combine_check(&state) == 0, "none");
}

int main(void)
{
	test_thresholds();
	test_counting();
	test_gates();
	test_expression();
	test_or();
	test_refused();
	return tap_done();
}
