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
#define RULES_MASKS_MAX 4 /* of one ROI */
#define RULES_OPS_MAX 48  /* of one state's expression */
#define RULES_NUMBERS_MAX 8
#define RULES_NAME_MAX 63 /* bytes of a state's, ROI's or number's name */
#define RULES_SIDE_MAX 8192

/* What is neither of the states. */
#define STATE_OTHER (-1)   /* a picture that is none of them */
#define STATE_UNKNOWN (-2) /* cannot be told; enum reason says why */

enum rules_mode {
	MODE_BETTER,
	MODE_COMPATIBLE, /* the original's hashes and counting */
};

/* What of a region is compared, in the better mode; feature.h tells defaults and units. */
enum feature {
	FEATURE_PATTERN,    /* correlation with the references, with a small search for the shift */
	FEATURE_HASH,       /* the rules' hash; threshold in bits */
	FEATURE_COLOUR,     /* mean colour; threshold is a distance, 0 … 255 */
	FEATURE_DOMINANT,   /* most frequent colour; likewise */
	FEATURE_BRIGHTNESS, /* mean brightness, 0 … 255, between least and most */
	FEATURE_EDGES,      /* correlation of outlines, blind to what fills them */
	FEATURE_MOTION,     /* share of the region that changed since the picture before, 0 … 1,
			       between least and most */
	FEATURE_DIGITS,     /* a number is to be read there, between least and most */
	_FEATURE_MAX
};

struct roi {
	char *name;
	struct rect rect;
	bool required; /* not matched: the state fails */
	bool negative; /* matched: the state fails (compatible: contributes 100) */
	int ref_state; /* whose references are compared; the state's own index as a rule */
	/* better mode */
	enum feature feature;
	double threshold;   /* in the feature's own unit; 0: its default */
	double least, most; /* both 0: the feature's default range; most below least: no limit */
	/* of the same screen: what lies there does not count; not with FEATURE_HASH and _DIGITS */
	struct rect masks[RULES_MASKS_MAX];
	int n_masks;
};

/* An expression over a state's ROIs in postfix order: "spin AND (banner OR NOT dialog)". Operands
 * are indices of ROIs; ROIs that it does not name play no part. */
enum {
	OP_AND = -1,
	OP_OR = -2,
	OP_NOT = -3,
};

struct state {
	char *name; /* [A-Za-z0-9_-]+: also of a folder; unique */
	struct roi rois[RULES_ROIS_MAX];
	int n_rois;
	int min_match;
	/* compatible mode */
	double threshold; /* bits: of each ROI's distance, and of their mean */
	/* better mode; 0: the recogniser's own default */
	double score;  /* a ROI's least correlation where it has no threshold of its own */
	double margin; /* its score must be so much above the second's, whatever that is */
	int8_t ops[RULES_OPS_MAX];
	int n_ops;              /* 0: required, negative and min_match decide */
	int enter_ms, leave_ms; /* of capture time */
	int settle_ms;          /* its regions must have been still for so long */
	int longest_ms;      /* after so long it is STATE_UNKNOWN, until it was away or another one
				there */
	bool restricted;     /* only what may_follow tells may come before */
	uint32_t may_follow; /* bit of each state; RULES_OTHER_BIT: what is none of them */
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
	int frozen_ms; /* the same picture to the bit for so long: frozen; 0: never */
	/* compatible mode, and FEATURE_HASH */
	enum hash_algo algo;
	int hash_size;
	int confirm_frames, drop_frames;
};

/* All of it given back; the struct itself is the caller's. */
void rules_deinit(struct rules *r);

/* The same for one of malloc()'s, the struct with it; NULL is fine. Returns NULL. */
struct rules *rules_free(struct rules *r);
DEFINE_CLEANUP(struct rules *, rules_free)

/* 0 and a copy that shares nothing; -ENOMEM. */
int rules_copy(struct rules **ret, const struct rules *r);

/* Whether both mean the same to a recogniser, names included. NULL is equal to NULL only. */
bool rules_equal(const struct rules *a, const struct rules *b);

/* 0 and the index of the state of that name, STATE_OTHER for "OTHER", STATE_UNKNOWN for "UNKNOWN";
 * -ENOENT. */
int rules_find_state(const struct rules *r, const char *name, int *ret);

/* A rectangle of the rules' screen in a picture of another size; at least one sample wide and high.
 */
struct rect rules_scale(const struct rules *r, struct rect in, int width, int height);

/* Whether its state's score is the ROI's threshold. */
bool rules_takes_score(const struct roi *roi);

/* "OTHER" and "UNKNOWN" for those. */
const char *rules_state_name(const struct rules *r, int state);

/* "correlation", "hash", "colour" …; the names that settings use, in the order of the enum, then
 * NULL. */
extern const char *const feature_names[];

/* Whether a state, ROI or number can have this name: [A-Za-z0-9_-]+, at most RULES_NAME_MAX bytes,
 * and no word of an expression. */
bool rules_name_valid(const char *name);

/* Reads an expression over the state's ROIs ("a AND (b OR NOT c)"; words in any case; && || ! as
 * well) into its ops. 0; -EINVAL with words; ops are then untouched. */
int rules_parse_match(struct state *s, const char *text, char *why, size_t why_size);

/* The state's ops as such a text; NULL: no memory, or it has none. The caller frees. */
char *rules_format_match(const struct state *s);
