/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a screen can show: states in the order of their priority, each known by regions of interest
 * (ROI), and numbers to be read. Data only, filled by whoever reads settings, packs or truth files;
 * constant once a recogniser has it. Lengths are pixels of a screen of width x height, which the
 * recogniser scales to whatever the card yields.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "recognize/hash.h"

#define RULES_STATES_MAX 31
#define RULES_OTHER_BIT (UINT32_C(1) << 31)
#define RULES_ROIS_MAX 16 /* of one state */
#define RULES_NUMBERS_MAX 8

/* What is neither of the states. */
#define STATE_OTHER (-1)   /* a picture that is none of them */
#define STATE_UNKNOWN (-2) /* cannot be told; enum reason says why */

enum rules_mode {
	MODE_BETTER,
	MODE_COMPATIBLE, /* the original's hashes and counting */
};

struct roi {
	char *name;
	struct rect rect;
	bool required; /* not matched: the state fails */
	bool negative; /* matched: the state fails (compatible: contributes 100) */
	int ref_state; /* whose references are compared; the state's own index as a rule */
};

struct state {
	char *name; /* [A-Z0-9_]+ as a rule; unique */
	struct roi rois[RULES_ROIS_MAX];
	int n_rois;
	int min_match;
	/* compatible mode */
	double threshold; /* bits: of each ROI's distance, and of their mean */
	/* better mode; 0: the recogniser's own default */
	int enter_ms, leave_ms; /* of capture time */
	bool restricted;        /* only what may_follow tells may come before */
	uint32_t may_follow;    /* bit of each state; RULES_OTHER_BIT: what is none of them */
};

/* A region read as a number. */
struct number {
	char *name;
	struct rect rect;
	char *format; /* "9" for a digit, others stand for themselves; NULL: digits only */
};

struct rules {
	enum rules_mode mode;
	int width, height;
	struct state states[RULES_STATES_MAX];
	int n_states;
	struct number numbers[RULES_NUMBERS_MAX];
	int n_numbers;
	/* compatible mode */
	enum hash_algo algo;
	int hash_size;
	int confirm_frames, drop_frames;
};

/* All of it given back; the struct itself is the caller's. */
void rules_deinit(struct rules *r);

/* 0 and the index of the state of that name, STATE_OTHER for "OTHER", STATE_UNKNOWN for "UNKNOWN";
 * -ENOENT. */
int rules_find_state(const struct rules *r, const char *name, int *ret);

/* A rectangle of the rules' screen in a picture of another size; at least one sample wide and high.
 */
struct rect rules_scale(const struct rules *r, struct rect in, int width, int height);

/* "OTHER" and "UNKNOWN" for those. */
const char *rules_state_name(const struct rules *r, int state);
