/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How good decisions are, measured against what a clip truly shows. Pure; any thread.
 *
 * Words: OTHER and UNKNOWN are one state, "other". A decision holds until the next one; the last
 * holds for as long as the one before it did, at most until the truth ends. A segment is long from
 * EVALUATE_LONG_USEC on. The first EVALUATE_FADE_USEC of every segment but the first are its
 * cross-fade: the picture is neither the one nor the other. What counts for shares is a long
 * segment's time from EVALUATE_SETTLE_USEC after its start on, also in the first segment.
 *
 * Changes: each long segment but the first is a change that must be seen. It is seen when the state
 * is right at some decision within the segment; its delay runs from the segment's start to the
 * first such decision, and is 0 when the state was right before and stays so. A decided change is
 * false when, outside of cross-fades, it goes to a state that is not shown at that moment. That
 * leaves the change from the start-up's "other" into the first segment's state: neither counted nor
 * false.
 */
#pragma once

#include "recognize/truth.h"

#define EVALUATE_LONG_USEC UINT64_C(500000)
#define EVALUATE_STALE_USEC UINT64_C(105000) /* an older picture may show another number */
#define EVALUATE_FADE_USEC UINT64_C(250000)
#define EVALUATE_SETTLE_USEC UINT64_C(350000)
#define EVALUATE_FLAP_USEC UINT64_C(1000000)
/* Containers round times: what lies this close to a moment is at that moment. */
#define EVALUATE_ROUNDING_USEC UINT64_C(1000)

struct evaluate_decision {
	uint64_t usec;  /* of the clip; rises */
	int raw, state; /* as in struct decision */
	int64_t number; /* what is read, or TRUTH_NUMBER_NONE */
	double margin;  /* how clearly raw won; only compared with others; NAN: not known */
};

/* A state, or "other" as the last of them. */
struct evaluate_state {
	double shown_s;   /* time for which it was shown … */
	double decided_s; /* … decided … */
	double right_s;   /* … and both */
	/* Shares of right_s in decided_s and shown_s; NAN when there was none. */
	double precision, recall;
	double lowest_margin; /* of raw decisions that are right; NAN when there is none */
	uint64_t lowest_margin_usec;
};

struct evaluation {
	size_t decisions;
	double counted_s;   /* time that counts for shares */
	double right_share; /* 0 … 1 of it in the right state; NAN when nothing counts */
	int changes, missed_changes, false_changes;
	double mean_delay_s, p50_delay_s, p99_delay_s; /* of changes seen (nearest rank); or NAN */
	/* A state is left and entered again within EVALUATE_FLAP_USEC, and the truth did no such
	 * thing from EVALUATE_FLAP_USEC before until then. */
	int flaps;
	/* Decisions within the time that counts whose raw state is wrong and whose state is right:
	 * only the debounce stood between them and a mistake. */
	size_t near_misses;
	int n_states; /* of the rules; confusion and states have one more, "other" */
	double confusion[RULES_STATES_MAX + 1][RULES_STATES_MAX + 1]; /* s: [shown][decided] */
	struct evaluate_state states[RULES_STATES_MAX + 1];
	/* Numbers, each from the newest decision before the end of a second. */
	int credits;       /* seconds in which one is shown */
	int credits_read;  /* … and read right */
	int credits_wrong; /* another one was read, or one where none is shown outside of fades;
			      not in a picture that is stale at the end of the second */
};

/* n_states: of the rules that the truth's states belong to. 0, -ENOMEM. */
int evaluate(const struct truth *truth, int n_states, const struct evaluate_decision *decisions,
	size_t n, struct evaluation *ret);

/* The segment whose time counts for shares at this moment; or NULL. */
const struct truth_segment *evaluate_segment(const struct truth *truth, uint64_t usec);

/* The index of a state in confusion and states. */
int evaluate_index(const struct evaluation *e, int state);

/* How the clip is decided with one value of a setting. */
struct evaluate_point {
	double value;
	double right_share;
	int missed_changes, false_changes;
};

/* Of points in the order of their value: the best ones have the fewest mistakes and, within
 * EVALUATE_SHARE_EQUAL, the highest share. Returns the index of the one in the middle of the widest
 * run of these, ret_margin gets how far the value may be off to either side and still be as good;
 * -1 when there are no points. */
#define EVALUATE_SHARE_EQUAL 0.001
int evaluate_suggest(const struct evaluate_point *points, int n, double *ret_margin);
