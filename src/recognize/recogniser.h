/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The recogniser: rules and references in, a decision for each picture out. It owns what it derives
 * from the references, looks at the pixels of the ROIs only, keeps no frame, knows no clock but the
 * frames' capture times, and does no I/O. One thread for each object. Bounded by the rules' limits
 * and RECOGNISER_REFERENCES_MAX.
 *
 * Causal: a decision knows only frames up to its own and is never changed later.
 */
#pragma once

#include "common/cleanup.h"
#include "media/frame.h"
#include "recognize/digits.h"
#include "recognize/rules.h"

#define RECOGNISER_REFERENCES_MAX 64 /* of one state */

enum reason {
	REASON_NONE,
	REASON_BELOW_THRESHOLD, /* no state's ROIs look enough like its references */
	REASON_AMBIGUOUS,       /* two states are too close to each other; none is entered */
	REASON_LOW_QUALITY,     /* the ROIs are flat, black or blurred */
	REASON_NO_SIGNAL,       /* the whole picture is black or one colour */
	REASON_FROZEN,          /* the same picture to the bit for too long */
	REASON_SETTLING,        /* a state's regions still move */
	REASON_TIMED_OUT,       /* the state has lasted longer than it may */
	REASON_NEW_RULES,       /* these rules do not know the state from before; the caller's */
	REASON_OFF,             /* nothing is recognised any more; the caller's */
	_REASON_MAX
};

const char *reason_name(enum reason reason); /* "below-threshold" … */

struct roi_score {
	double score;   /* better: 0 … 1; compatible: the distance, -1 without references */
	double value;   /* better: in its feature's unit, what the rules' limits are held against */
	double quality; /* better: 0 … 1; what little there is to be seen in a flat region */
	bool matched;
	int reference; /* the nearest one, in the order they were added; -1 */
};

struct state_score {
	double score; /* better: of its weakest ROI that counts; compatible: the mean distance */
	bool matched;
	struct roi_score rois[RULES_ROIS_MAX];
};

struct decision {
	uint64_t capture_usec;
	int raw;             /* what this picture shows by itself */
	int state;           /* … after enter and leave debounce */
	enum reason reason;  /* why raw is not a state */
	double margin;       /* better: the best state's score above the second best */
	bool changed;        /* state is another one than in the decision before */
	uint64_t since_usec; /* capture time of the first frame of the state */
	struct state_score states[RULES_STATES_MAX];
	struct digits_reading numbers[RULES_NUMBERS_MAX]; /* unsure while the screen changes */
};

struct recogniser;
struct sight;

/* The rules must outlive it and not change. */
int recogniser_new(struct recogniser **ret, const struct rules *rules);
struct recogniser *recogniser_free(struct recogniser *r);
DEFINE_CLEANUP(struct recogniser *, recogniser_free)

/* A picture of the state as a whole screen, of any size: RGB24 or with luma as such. 0; -ENOSPC;
 * -EINVAL for other formats. May come at any time. */
int recogniser_add_reference(struct recogniser *r, int state, const struct frame *picture);

/* What the compatible mode keeps of a reference, for whoever would rather not read its picture
 * again: a hash for each ROI that is compared with the references of the state, in the order of
 * states and ROIs. last_hashes: of the reference added last; returns how many, -ENOTSUP in the
 * better mode, which keeps more. add_hashes: as recogniser_add_reference(); -EINVAL when they are
 * not what these rules ask for. */
#define RECOGNISER_HASHES_MAX (RULES_STATES_MAX * RULES_ROIS_MAX)
int recogniser_last_hashes(
	const struct recogniser *r, int state, struct hash ret[RECOGNISER_HASHES_MAX]);
int recogniser_add_hashes(struct recogniser *r, int state, const struct hash *hashes, int n);

/* A picture in which the number shows text. 0, or as digits_learn(). */
int recogniser_learn_number(
	struct recogniser *r, int number, const struct frame *picture, const char *text);

/* The same from a part of a picture, in which the number has its own rectangle. guess: the text is
 * from somebody who may err, as for digits_learn_guess(). */
int recogniser_teach_number(struct recogniser *r, int number, const struct grey *picture,
	struct rect rect, const char *text, bool guess);

/* Which digits are known of the number, as digits_known(). */
unsigned recogniser_known_digits(const struct recogniser *r, int number);

/* Takes over what another one of the same rules has seen so far: the state and how long it lasts,
 * how the card is set, by how much it shifts. So references can be exchanged without a change of
 * state. Before the first look; from is then good for nothing but recogniser_free(). */
void recogniser_continue(struct recogniser *r, struct recogniser *from);

/* No picture comes any more: UNKNOWN, no-signal, until pictures show something else. */
void recogniser_lost(struct recogniser *r, uint64_t usec, struct decision *ret);

/* Looks at one frame. 0; -EINVAL for a format it cannot look into; -ENOMEM. */
int recogniser_look(struct recogniser *r, const struct frame *f, struct decision *ret);

/* What that frame had to say, before a decision was made of it, until the next look; NULL in the
 * compatible mode. */
const struct sight *recogniser_sight(const struct recogniser *r);
