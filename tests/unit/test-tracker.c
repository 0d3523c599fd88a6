/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/tracker.h"

#include <math.h>
#include <string.h>

#include "common/usec.h"
#include "tests/tap.h"

#define FRAME (USEC_PER_SEC / 30)

enum {
	A,
	B,
	STATES
};

static struct rules rules;
static struct tracker t;
static uint64_t now;

static void begin(void)
{
	memset(&rules, 0, sizeof(rules));
	rules.n_states = STATES;
	tracker_init(&t, &rules);
	now = USEC_PER_SEC;
}

static struct evidence seen(float purity, float level)
{
	return (struct evidence){ .purity = purity, .level = level, .high = INFINITY };
}

/* One picture with this of A and that of B. */
static int push(struct evidence a, struct evidence b)
{
	struct evidence e[STATES] = { a, b };
	int raw = evidence_full(&a) ? A : evidence_full(&b) ? B : STATE_OTHER;

	now += FRAME;
	return tracker_push(&t, now, e, raw);
}

static int push_n(int n, struct evidence a, struct evidence b)
{
	int state = t.state;

	for (int i = 0; i < n; i++)
		state = push(a, b);
	return state;
}

static const struct evidence none = { .purity = 0.05F, .level = 0.02F, .high = INFINITY };

static void test_cut(void)
{
	begin();
	ok(push(seen(0.98F, 1), none) == STATE_OTHER, "one picture is none");
	ok(push(seen(0.98F, 1), none) == A, "two are");
	ok(t.since_usec == now - FRAME, "since the first of them");
	(void) push_n(30, seen(0.98F, 1), none);
	ok(push(none, seen(0.98F, 1)) == A, "a cut: one picture may be a flash");
	ok(push(none, seen(0.98F, 1)) == B, "two are another state");
	(void) push_n(5, none, seen(0.98F, 1));
	ok(push(none, none) == B && push(none, none) == STATE_OTHER, "gone in two pictures: left");
}

static void test_flash(void)
{
	begin();
	(void) push_n(10, seen(0.98F, 1), none);
	ok(push(none, none) == A && push(seen(0.98F, 1), none) == A && push(none, none) == A &&
			push(seen(0.98F, 1), none) == A,
		"single black pictures change nothing");
	ok(push(none, seen(0.98F, 1)) == A && push(seen(0.98F, 1), none) == A,
		"nor does a single one of another state");
}

/* A fade of n pictures from A to B; returns after how many of them B was answered. */
static int fade(int n, bool covered)
{
	int at = 0;

	for (int i = 1; i <= n; i++) {
		float part = (float) i / (float) n;
		/* What is below makes the pattern that comes impure, as long as it is there. */
		float purity = covered ? part / sqrtf(part * part + (1 - part) * (1 - part)) : 1;

		if (push(seen(0.99F, 1 - part), seen(purity, part)) == B && !at)
			at = i;
	}
	return at;
}

static void test_fade(void)
{
	int at;

	begin();
	(void) push_n(10, seen(0.98F, 1), none);
	at = fade(8, false);
	ok(at >= 3 && at <= 5, "a fade is followed in its middle (%d of 8)", at);
	begin();
	(void) push_n(10, seen(0.98F, 1), none);
	at = fade(8, true);
	ok(at >= 4 && at <= 6, "also where the old picture shines through (%d of 8)", at);
	begin();
	(void) push_n(10, seen(0.98F, 1), none);
	at = 0;
	for (int i = 1; i <= 8; i++)
		if (push(seen(0.99F, 1 - (float) i / 8), none) < 0 && !at)
			at = i;
	ok(at >= 4 && at <= 6, "a fade to nothing as well (%d of 8)", at);
}

static void test_half_way(void)
{
	struct evidence dim = seen(0.98F, 0.4F), like = seen(0.99F, 0.7F);

	begin();
	(void) push_n(10, none, seen(0.98F, 1));
	ok(push_n(60, dim, none) < 0, "a pattern of less than half its strength is not the state");
	begin();
	for (int i = 1; i <= 8; i++)
		(void) push(seen(0.6F, 0.6F * (float) i / 8), none);
	ok(push_n(30, seen(0.6F, 0.6F), none) < 0,
		"what is a little like it, fading in, is not either");
	begin();
	like.low = 0.8F;
	ok(push_n(30, like, none) < 0, "nor one that a rival of less strength rules out");
	like.level = 0.9F;
	ok(push_n(3, like, none) == A, "above that limit it is");
	begin();
	like.beaten = true;
	ok(push_n(30, like, none) < 0, "nor one that looks more like another state");
}

static void test_holds(void)
{
	int n = 0;

	begin();
	rules.states[A].enter_ms = 200;
	rules.states[A].leave_ms = 300;
	while (push(seen(0.98F, 1), none) != A && n < 100)
		n++;
	ok(n == 6 || n == 7, "enter_ms is capture time (%d pictures before)", n);
	for (n = 0; push(none, none) == A && n < 100; n++)
		;
	ok(n >= 9 && n <= 10, "leave_ms as well (%d)", n);
}

static void test_restricted(void)
{
	begin();
	rules.states[B].restricted = true;
	rules.states[B].may_follow = UINT32_C(1) << A;
	ok(push_n(10, none, seen(0.98F, 1)) < 0, "may not come from nothing");
	(void) push_n(10, seen(0.98F, 1), none);
	ok(t.state == A && push_n(3, none, seen(0.98F, 1)) == B, "may come after the one allowed");
	begin();
	rules.states[B].restricted = true;
	rules.states[B].may_follow = RULES_OTHER_BIT;
	ok(push_n(3, none, seen(0.98F, 1)) == B, "or from nothing where that is allowed");
}

/* What knows no fade is entered and left by cuts, whatever way its purity takes. */
static void test_abrupt(void)
{
	struct evidence e = evidence_of_distance(6, 12);
	int at = 0;

	begin();
	ok(push(e, none) == STATE_OTHER && push(e, none) == A, "a hash enters in two pictures");
	e = evidence_of_distance(11, 12);
	(void) push_n(10, e, none);
	e = evidence_of_distance(17, 12);
	ok(push(e, none) == A && push(e, none) == STATE_OTHER, "and leaves in two");
	begin();
	for (int i = 8; i >= 0; i--)
		if (push(evidence_of_distance(3.0 * i, 12), none) == A && !at)
			at = i;
	ok(at == 3, "nothing is foreseen (at a distance of %d)", 3 * at);
}

static void test_longest(void)
{
	int n = 0;

	begin();
	rules.states[A].longest_ms = 1000;
	while (push(seen(0.98F, 1), none) != STATE_UNKNOWN && n < 100)
		n++;
	ok(n >= 29 && n <= 31 && t.expired == A, "longest_ms is capture time (%d pictures)", n);
	ok(push_n(100, seen(0.98F, 1), none) == STATE_UNKNOWN && t.expired == A,
		"and UNKNOWN for as long as it goes on");
	(void) push(none, none);
	ok(push_n(5, seen(0.98F, 1), none) == STATE_UNKNOWN, "a flash changes nothing");
	(void) push_n(15, none, none);
	ok(t.state == STATE_OTHER && t.expired == STATE_OTHER, "away, it is OTHER");
	ok(push_n(3, seen(0.98F, 1), none) == A, "and may come back");
	(void) push_n(40, seen(0.98F, 1), none);
	ok(push_n(3, none, seen(0.98F, 1)) == B, "another state ends it");
	ok(push_n(3, seen(0.98F, 1), none) == A, "and may be followed by it");
}

/* Time-outs and what may follow what go together. */
static void test_longest_restricted(void)
{
	begin();
	rules.states[A].longest_ms = 500;
	rules.states[B].restricted = true;
	rules.states[B].may_follow = UINT32_C(1) << A;
	(void) push_n(30, seen(0.98F, 1), none);
	ok(t.state == STATE_UNKNOWN && push_n(3, none, seen(0.98F, 1)) == B,
		"what may follow a state may follow it when it lasted too long");
}

static void test_moving(void)
{
	struct evidence e = seen(0.98F, 1);

	begin();
	e.barred = true;
	ok(push_n(30, e, none) < 0, "not entered while it moves");
	ok(push(seen(0.98F, 1), none) == A, "but once it is still");
	ok(push_n(5, e, none) == A, "motion does not end it");
}

static void test_lost(void)
{
	begin();
	rules.states[B].restricted = true;
	rules.states[B].may_follow = UINT32_C(1) << A;
	(void) push_n(5, seen(0.98F, 1), none);
	(void) push_n(5, none, seen(0.98F, 1));
	tracker_lost(&t, now);
	ok(t.state == STATE_UNKNOWN && t.since_usec == now, "UNKNOWN without pictures");
	ok(push(none, seen(0.98F, 1)) == STATE_UNKNOWN && push(none, seen(0.98F, 1)) == B,
		"what was lost with them may come back, in two pictures");
	(void) push_n(5, none, none);
	ok(push_n(5, none, seen(0.98F, 1)) < 0, "but not later");
}

static void test_unknown(void)
{
	struct evidence e[STATES] = { none, none };
	int n = 0;

	begin();
	(void) push_n(10, seen(0.98F, 1), none);
	(void) push_n(3, none, none);
	ok(t.state == STATE_OTHER, "left for OTHER");
	for (; t.state == STATE_OTHER && n < 100; n++) {
		now += FRAME;
		(void) tracker_push(&t, now, e, STATE_UNKNOWN);
	}
	ok(n >= 9 && n <= 11, "what stays unknown becomes UNKNOWN (after %d)", n);
	ok(push(none, none) == STATE_UNKNOWN && push_n(12, none, none) == STATE_OTHER, "and back");
}

static void test_gaps(void)
{
	begin();
	(void) push_n(10, seen(0.98F, 1), none);
	now += 2 * USEC_PER_SEC;
	ok(push(seen(0.9F, 0.52F), seen(0.9F, 0.55F)) == A, "no slope over a gap");
	now += USEC_PER_SEC / 2;
	ok(push(none, seen(0.9F, 0.9F)) == B && t.since_usec == now,
		"after one a single picture is enough, and the state begins with it");
	now += USEC_PER_SEC / 2;
	ok(push(none, none) == STATE_OTHER, "to leave as well");
}

int main(void)
{
	test_cut();
	test_flash();
	test_fade();
	test_half_way();
	test_holds();
	test_restricted();
	test_abrupt();
	test_longest();
	test_longest_restricted();
	test_moving();
	test_lost();
	test_unknown();
	test_gaps();
	return tap_done();
}
