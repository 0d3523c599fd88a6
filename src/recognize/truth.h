/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a clip truly shows, as a person or a generator wrote it down beside the clip: which state
 * from when to when, which number in each second, and where on the screen to look for both. Read
 * from the text of TRUTH.json:
 *
 *     { "clip": "koi.mkv", "fps": 30, "width": 640, "height": 480,
 *       "rois": { "NORMAL": { "name": "spin", "x": 540, "y": 80, "w": 91, "h": 31 }, … },
 *       "segments": [ [ "NORMAL", 0.0, 5.852, "what is shown" ], … ],
 *       "credits": [ 50186, null, … ] }
 *
 * A key of "rois" is a state and has one region or a list of them; CREDIT is a number to be read
 * instead. Other keys are left alone. Pure; any thread.
 *
 * Functions that parse return 0; -EBADMSG, and then why says in one line what is wrong and where
 * (the line of a syntax error, else the place, such as "segments[3]"); -ENOMEM. On failure nothing
 * is returned and nothing has to be given back.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "recognize/rules.h"

#define TRUTH_TEXT_MAX (2 << 20) /* bytes of a file; longer ones are refused */
#define TRUTH_SEGMENTS_MAX 16384 /* of a clip */
#define TRUTH_CREDITS_MAX 100000 /* seconds of a clip: more than a day */
#define TRUTH_PICTURES_MAX 4096  /* reference pictures with a number */
#define TRUTH_TIME_MAX 1000000   /* seconds that a clip may last */
#define TRUTH_CLIP_MAX 255       /* bytes of the clip's name */
#define TRUTH_NAME_MAX 63        /* bytes of a name of a state, region or segment */
#define TRUTH_NUMBER_NONE (-1)   /* null: no number is shown, or it cannot be told */
#define TRUTH_NUMBER_MAX INT64_C(999999999999999)
#define TRUTH_NUMBER_ROI "CREDIT" /* the key of the region that is a number, and its name */
#define TRUTH_WHY_SIZE 256        /* bytes that any message fits into */

struct truth_segment {
	int state;   /* index in the rules, or STATE_OTHER */
	char *name;  /* of the state, as the file has it */
	char *shown; /* what is to be seen; the state's name when the file does not say */
	uint64_t start_usec, end_usec; /* of the clip; start <= end */
};

struct truth {
	char *clip; /* file name of the clip; NULL: the file does not say */
	double fps; /* 0: the file does not say */
	int width, height;
	struct truth_segment *segments; /* in order of time; they do not overlap */
	size_t n_segments;
	int64_t *credits; /* [i]: in the last frame of second i; or TRUTH_NUMBER_NONE */
	size_t n_credits;
};

/* All of it given back; harmless for { 0 }. The struct itself is the caller's. */
void truth_deinit(struct truth *t);

/* Reads size bytes of text. ret_rules are the rules that the file's regions make, ready for both
 * modes; the caller sets mode when it wants the other one than MODE_BETTER:
 *
 * - states in the original's priority (SELECT, PLAYING, NORMAL, then others) when there are those
 *   three, else in the file's order; every ROI required, min_match 1, threshold 12, ref_state the
 *   state itself; names of states serve as names of folders: [A-Za-z0-9_-]+;
 * - CREDIT is numbers[0], without format;
 * - dhash of size 8, confirm 2, drop 8; width and height are the file's.
 *
 * A segment's state that has no region is STATE_OTHER. ret must be given back with truth_deinit(),
 * ret_rules with rules_deinit(). */
int truth_parse(const char *text, size_t size, struct truth *ret, struct rules *ret_rules,
	char *why, size_t why_size);

/* Looks the segments' names up again in other rules, such as those of a configuration. */
void truth_apply_rules(struct truth *t, const struct rules *rules);

/* The numbers in the reference pictures, of credits.json beside them:
 * { "NORMAL/ref_0.jpg": 123456, "SELECT/ref_0.jpg": null, … } */
struct truth_picture {
	char *path;     /* STATE/FILE */
	int64_t number; /* or TRUTH_NUMBER_NONE */
};

struct truth_pictures {
	struct truth_picture *items; /* sorted by path */
	size_t n;
};

void truth_pictures_deinit(struct truth_pictures *p);

/* ret must be given back with truth_pictures_deinit(). */
int truth_pictures_parse(
	const char *text, size_t size, struct truth_pictures *ret, char *why, size_t why_size);

/* 0 and the number or TRUTH_NUMBER_NONE; -ENOENT when the picture is not in the list. */
int truth_pictures_find(const struct truth_pictures *p, const char *path, int64_t *ret);
