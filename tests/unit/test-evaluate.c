/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/evaluate.h"

#include <math.h>
#include <string.h>

#include "common/usec.h"
#include "recognize/separation.h"
#include "tests/tap.h"

enum {
	A, /* the rules' states */
	B,
	N_STATES,
	X = STATE_OTHER,
	U = STATE_UNKNOWN,
};

#define NONE TRUTH_NUMBER_NONE
#define DECISIONS_MAX 1000
#define STEP_USEC 10000

static struct evaluate_decision decisions[DECISIONS_MAX];
static size_t n_decisions;
static struct evaluation e;

static uint64_t at(double s)
{
	return (uint64_t) llround(s * 1e6);
}

static bool near(double a, double b)
{
	return fabs(a - b) < 1e-6;
}

/* Decisions, one each 10 ms up to this moment, raw and state alike. */
static void decide(int state, double until)
{
	for (; n_decisions * STEP_USEC < at(until); n_decisions++)
		decisions[n_decisions] = (struct evaluate_decision){
			.usec = n_decisions * STEP_USEC,
			.raw = state,
			.state = state,
			.number = NONE,
			.margin = NAN,
		};
}

static void judge(const struct truth *t)
{
	ok(evaluate(t, N_STATES, decisions, n_decisions, &e) == 0, "evaluates");
	n_decisions = 0;
}

/* 2 s of A, 2 s of B, 1 s of other. */
static struct truth_segment plain_segments[] = {
	{ .state = A, .start_usec = 0, .end_usec = 2000000 },
	{ .state = B, .start_usec = 2000000, .end_usec = 4000000 },
	{ .state = X, .start_usec = 4000000, .end_usec = 5000000 },
};
static const struct truth plain = { .segments = plain_segments, .n_segments = 3 };

static void test_perfect(void)
{
	decide(A, 2);
	decide(B, 4);
	decide(X, 5);
	judge(&plain);
	ok(near(e.counted_s, 1.65 + 1.65 + 0.65), "what counts is 0.35 s less for each segment");
	ok(e.right_share == 1 && e.decisions == 500, "all of it is right");
	ok(e.changes == 2 && e.missed_changes == 0 && e.false_changes == 0, "two changes, seen");
	ok(e.mean_delay_s == 0 && e.p99_delay_s == 0, "without delay");
	ok(near(e.confusion[A][A], 1.65) && near(e.confusion[B][B], 1.65) &&
			near(e.confusion[N_STATES][N_STATES], 0.65) && e.confusion[A][B] == 0,
		"the matrix has a diagonal only");
	ok(e.states[A].precision == 1 && e.states[N_STATES].recall == 1, "precision and recall");
	ok(e.flaps == 0 && e.near_misses == 0, "no flap, no near miss");
}

static void test_late(void)
{
	decide(X, 0.1);
	decide(A, 2.2);
	decide(B, 4.4);
	decide(U, 5);
	judge(&plain);
	ok(near(e.mean_delay_s, 0.3),
		"delays are counted from the segment's start: 0.2 s and 0.4 s");
	ok(near(e.p50_delay_s, 0.2) && near(e.p99_delay_s, 0.4), "… and their quantiles");
	ok(e.missed_changes == 0 && e.false_changes == 0,
		"unknown is other, and the first change is no false one");
	ok(near(e.confusion[N_STATES][B], 0.05) && near(e.right_share, 1 - 0.05 / 3.95),
		"only the time after 0.35 s counts as wrong");
	ok(near(e.states[B].precision, 1.65 / 1.7) && near(e.states[N_STATES].recall, 0.6 / 0.65),
		"precision and recall suffer");
}

static void test_early(void)
{
	decide(A, 1.9);
	decide(B, 4.1);
	decide(A, 4.2);
	decide(X, 5);
	judge(&plain);
	ok(near(e.mean_delay_s, 0.1), "early is no delay");
	ok(e.false_changes == 1, "but it is a false change; one inside a cross-fade is not");
	ok(e.missed_changes == 0, "and none is missed");
	decide(A, 1.9);
	decide(B, 2);
	decide(A, 2.5);
	decide(B, 4);
	decide(X, 5);
	judge(&plain);
	ok(near(e.mean_delay_s, 0.25), "early and given up again is none");
	ok(e.false_changes == 1 && e.flaps == 2, "two states are left and entered again");
}

static void test_missed(void)
{
	decide(A, 5);
	judge(&plain);
	ok(e.changes == 2 && e.missed_changes == 2 && isnan(e.mean_delay_s), "nothing is seen");
	ok(e.false_changes == 0, "which is no false change");
	ok(isnan(e.states[B].precision) && e.states[B].recall == 0, "B is never decided");
	decide(A, 4.3);
	decide(B, 5);
	judge(&plain);
	ok(e.missed_changes == 2, "a state that comes after its segment is missed");
	ok(e.false_changes == 1, "… and false");
	decide(A, 4.2);
	decide(B, 4.5);
	decide(X, 5);
	judge(&plain);
	ok(e.missed_changes == 1 && e.false_changes == 0, "… but not inside the cross-fade");
}

/* A, 0.45 s of other, A again, 0.6 s of other. */
static void test_short(void)
{
	struct truth_segment segments[] = {
		{ .state = A, .start_usec = 0, .end_usec = 1000000 },
		{ .state = X, .start_usec = 1000000, .end_usec = 1450000 },
		{ .state = A, .start_usec = 1450000, .end_usec = 3000000 },
		{ .state = X, .start_usec = 3000000, .end_usec = 3600000 },
	};
	const struct truth t = { .segments = segments, .n_segments = 4 };

	decide(A, 3);
	decide(X, 3.6);
	judge(&t);
	ok(e.changes == 2 && e.missed_changes == 0, "a short segment needs not be seen");
	ok(near(e.counted_s, 0.65 + 1.2 + 0.25) && e.right_share == 1, "… and has no time");
	decide(A, 1.1);
	decide(X, 1.5);
	decide(A, 3.1);
	decide(X, 3.6);
	judge(&t);
	ok(e.false_changes == 0 && e.flaps == 0, "seeing it is neither false nor a flap");
	ok(near(e.mean_delay_s, (0.05 + 0.1) / 2), "delay of the segment after it");
	decide(A, 1.3);
	decide(B, 1.4);
	decide(A, 3);
	decide(X, 3.6);
	judge(&t);
	ok(e.false_changes == 2, "another state in it is false, and so is coming back too early");
}

static void test_flaps(void)
{
	decide(A, 1);
	decide(X, 1.1);
	decide(A, 1.5);
	decide(X, 1.6);
	decide(A, 2);
	decide(B, 4);
	decide(X, 5);
	judge(&plain);
	ok(e.flaps == 3, "A twice, and other in between");
	ok(e.false_changes == 2, "leaving is false, coming back is right");
	decide(B, 0.5);
	decide(A, 2);
	decide(B, 3);
	decide(X, 3.01);
	decide(B, 4);
	decide(X, 5);
	judge(&plain);
	ok(e.flaps == 2, "B for 10 ms; other after 0.99 s");
	ok(e.false_changes == 2, "a wrong state at the start is false");
	decide(A, 0.5);
	decide(X, 1.6);
	decide(A, 2);
	decide(B, 4);
	decide(X, 5);
	judge(&plain);
	ok(e.flaps == 0, "after more than a second it is none");
}

/* The truth leaves A for 0.4 s and for 2 s. */
static void test_flaps_of_the_truth(void)
{
	struct truth_segment segments[] = {
		{ .state = A, .start_usec = 0, .end_usec = 1000000 },
		{ .state = X, .start_usec = 1000000, .end_usec = 1400000 },
		{ .state = A, .start_usec = 1400000, .end_usec = 4000000 },
		{ .state = B, .start_usec = 4000000, .end_usec = 6000000 },
		{ .state = A, .start_usec = 6000000, .end_usec = 8000000 },
	};
	const struct truth t = { .segments = segments, .n_segments = 5 };

	decide(A, 1.2);
	decide(X, 1.6);
	decide(A, 4);
	decide(B, 6);
	decide(A, 8);
	judge(&t);
	ok(e.flaps == 0, "a flap of the truth is none");
	decide(A, 0.5);
	decide(X, 0.7);
	decide(A, 4);
	decide(B, 6);
	decide(A, 8);
	judge(&t);
	ok(e.flaps == 1, "before one of the truth");
	decide(A, 2.6);
	decide(X, 2.7);
	decide(A, 4);
	decide(B, 6);
	decide(A, 6.5);
	decide(B, 6.7);
	decide(A, 8);
	judge(&t);
	ok(e.flaps == 3, "long after it, and after a long absence from A; B twice");
}

static void test_raw(void)
{
	decide(A, 2);
	decide(B, 4);
	decide(X, 5);
	decisions[30].raw = B;  /* settling: does not count */
	decisions[100].raw = B; /* saved by the debounce */
	decisions[101].raw = U; /* … */
	decisions[102].raw = decisions[102].state = B;
	decisions[20].margin = 0.01;  /* settling */
	decisions[100].margin = 0.02; /* wrong */
	decisions[120].margin = 0.4;
	decisions[130].margin = 0.3;
	decisions[140].margin = 0.5;
	decisions[300].margin = 0.7;
	judge(&plain);
	ok(e.near_misses == 2, "raw decisions that the debounce saved");
	ok(near(e.states[A].lowest_margin, 0.3) && e.states[A].lowest_margin_usec == 1300000,
		"lowest margin of those that are right");
	ok(near(e.states[B].lowest_margin, 0.7) && isnan(e.states[N_STATES].lowest_margin),
		"… of each state");
}

static void test_credits(void)
{
	int64_t credits[] = { 100, NONE, NONE, 400, 500, 600 };
	struct truth t = plain;

	t.credits = credits;
	t.n_credits = 6;
	plain_segments[2].end_usec = 5050000;
	plain_segments[1].start_usec = plain_segments[0].end_usec = 1900000;
	decide(A, 2);
	decide(B, 4);
	decide(X, 5);
	decisions[98].number = 7; /* not the last one of its second */
	decisions[99].number = 100;
	decisions[100].number = 7; /* the first one of the next */
	decisions[199].number = 9; /* inside a cross-fade */
	decisions[299].number = 9; /* invented */
	decisions[399].number = NONE;
	decisions[499].number = 501;
	judge(&t);
	ok(e.credits == 3, "three numbers are shown; the clip ends before the last second does");
	ok(e.credits_read == 1, "one is read");
	ok(e.credits_wrong == 2, "one is another one, one is invented; unsure is not wrong");
	plain_segments[2].end_usec = 5000000;
	plain_segments[1].start_usec = plain_segments[0].end_usec = 2000000;

	/* Twice a second: the newest before the end of the second is in the middle of it. */
	for (n_decisions = 0; n_decisions < 10; n_decisions++)
		decisions[n_decisions] = (struct evaluate_decision){
			.usec = n_decisions * 500000,
			.number = n_decisions == 1 ? 100 : NONE,
		};
	/* A time that was rounded down belongs to the next second. */
	decisions[2].usec -= 400;
	decisions[2].number = 7;
	/* It may have become 500 after that. */
	decisions[9].number = 412;
	judge(&t);
	ok(e.credits == 3 && e.credits_read == 1 && e.credits_wrong == 0,
		"at two decisions a second");
}

static void test_rare(void)
{
	struct truth_segment segments[] = {
		{ .state = A, .start_usec = 0, .end_usec = 1000000 },
		{ .state = B, .start_usec = 1200000, .end_usec = 1800000 },
		{ .state = A, .start_usec = 1800000, .end_usec = 3000000 },
	};
	const struct truth t = { .segments = segments, .n_segments = 3 };

	judge(&plain);
	ok(isnan(e.right_share) && e.missed_changes == 2 && e.counted_s == 0,
		"no decisions at all");
	decisions[0] =
		(struct evaluate_decision){ .usec = 0, .raw = A, .state = A, .number = NONE };
	decisions[1] = (struct evaluate_decision){ .usec = 1100000, .raw = B, .state = B };
	decisions[2] = (struct evaluate_decision){ .usec = 1900000, .raw = A, .state = A };
	n_decisions = 3;
	judge(&t);
	ok(e.missed_changes == 0 && near(e.mean_delay_s, 0.05),
		"a state that holds over a segment without a decision is right in it");
	ok(e.false_changes == 0, "in a gap of the truth nothing is false");
	ok(near(e.counted_s, 0.65 + 0.25 + 0.55) && near(e.confusion[A][A], 0.65 + 0.55),
		"decisions hold across segments; the last as long as the one before it");
	decisions[2] = (struct evaluate_decision){ .usec = 1300000, .raw = B, .state = B };
	decisions[3] = (struct evaluate_decision){ .usec = 1900000, .raw = A, .state = A };
	n_decisions = 4;
	judge(&t);
	ok(near(e.mean_delay_s, 0.05), "what was right before is not late at its next decision");
}

static void test_suggest(void)
{
	const struct evaluate_point points[] = {
		{ 2, 0.5, 3, 0 },
		{ 4, 0.9, 0, 0 },
		{ 6, 0.9995, 0, 0 },
		{ 8, 0.999, 0, 0 },
		{ 10, 1, 0, 0 },
		{ 12, 1, 0, 1 },
		{ 14, 0.9995, 0, 0 },
		{ 16, 1, 1, 0 },
	};
	double margin = 0;

	ok(evaluate_suggest(points, 8, &margin) == 3 && near(margin, 2),
		"the middle of the widest run");
	ok(evaluate_suggest(points, 1, &margin) == 0 && margin == 0, "of one");
	ok(evaluate_suggest(points, 0, &margin) == -1, "of none");
	ok(evaluate_suggest(points + 4, 4, &margin) == 0 && margin == 0,
		"of two runs of one the first");
}

/* Pictures of one score, one each 10 ms up to this moment. */
static void score(struct separation *s, uint64_t *now, double value, double until)
{
	for (; *now < at(until); *now += STEP_USEC)
		separation_push(s, &plain, A, *now, value);
}

static void test_separation(void)
{
	struct separation s;
	uint64_t now = 0;
	double margin;

	separation_init(&s);
	ok(isnan(separation_suggest(&s, &margin)) && isnan(margin), "of no pictures");
	score(&s, &now, 0.1, 0.35); /* settling */
	score(&s, &now, 0.95, 1);
	score(&s, &now, 0.2, 1.01); /* one picture */
	score(&s, &now, 0.95, 1.5);
	score(&s, &now, 0.9, 1.52);
	score(&s, &now, 0.95, 2);
	ok(isnan(separation_suggest(&s, &margin)), "of none that does not show it");
	score(&s, &now, 0.99, 2.35); /* a cross-fade */
	score(&s, &now, 0.1, 3);
	score(&s, &now, 0.97, 3.01);
	score(&s, &now, 0.1, 4.5);
	score(&s, &now, 0.3, 4.6);
	ok(near(s.lowest_shown, 0.9) && s.lowest_shown_usec == 1510000,
		"the lowest score that two pictures have while it is shown");
	ok(near(s.highest_other, 0.3) && s.highest_other_usec == 4510000,
		"the highest while it is not");
	ok(near(separation_suggest(&s, &margin), 0.7) && near(margin, 0.2),
		"something half like it is always reckoned with");
	score(&s, &now, 0.8, 4.7);
	ok(near(separation_suggest(&s, &margin), 0.85) && near(margin, 0.05), "the middle");
	separation_push(&s, &plain, A, at(4.8), 0.92);
	ok(near(s.highest_other, 0.8), "a neighbour may be a tenth of a second away");
	separation_push(&s, &plain, A, at(4.99), 0.97);
	ok(near(s.highest_other, 0.97) && isnan(separation_suggest(&s, &margin)),
		"one that is further away counts for itself; nothing fits between any more");
	separation_init(&s);
	separation_push(&s, &plain, A, at(1), 0.4);
	separation_push(&s, &plain, A, at(3), 0.2);
	ok(near(separation_suggest(&s, &margin), 0.3) && near(margin, 0.1),
		"below a half there is nothing to reckon with");
}

int main(void)
{
	test_perfect();
	test_late();
	test_early();
	test_missed();
	test_short();
	test_flaps();
	test_flaps_of_the_truth();
	test_raw();
	test_credits();
	test_rare();
	test_suggest();
	test_separation();
	return tap_done();
}
