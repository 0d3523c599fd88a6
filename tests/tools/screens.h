/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Invented screens of gaming machines for tests: ten layouts that have nothing in common, each
 * with states, screens that are none of them, and the regions a technician would mark. Segments of
 * random length follow each other; any frame can be had at any time, and all of it follows from
 * layout, seed and options. What is true of a frame is known exactly. One thread for each object.
 */
#pragma once

#include "common/cleanup.h"
#include "media/frame.h"
#include "recognize/rules.h"

#define SCREENS_LAYOUTS 10
#define SCREENS_RATE 30
#define SCREENS_FRAMES_MAX 8   /* that may be out at once */
#define SCREENS_SEGMENT_MIN 18 /* frames */
#define SCREENS_SEGMENT_MAX 360
#define SCREENS_SHIFT_MAX 8

enum screens_range {
	SCREENS_RANGE_RIGHT,
	SCREENS_RANGE_SQUEEZED,  /* made limited once more: grey blacks */
	SCREENS_RANGE_STRETCHED, /* made full, but not said so */
};

/* Zeroed, it is a perfect card: 640x480, hard cuts. */
struct screens_options {
	int width, height; /* 0: 640x480; even */
	double noise;      /* sigma */
	double gain;       /* 0: 1 */
	int offset;        /* brightness, after the gain */
	enum screens_range range;
	int shift_x, shift_y; /* pixels */
	bool blur;
	int fade_frames; /* a segment cross-fades for so long at its start */
};

struct screens_truth {
	int state;           /* index of a state, or STATE_OTHER */
	bool fading;         /* the screen before is still to be seen */
	int before;          /* the state of the segment before; of the first: its own */
	const char *scene;   /* what is shown */
	uint64_t start, end; /* frames of the segment; the end is the next one's start */
	int64_t credit;      /* the number to be seen; -1: none, or it cross-fades */
};

struct screens;

/* 0, -EINVAL, -ENOMEM. */
int screens_new(
	struct screens **ret, int layout, uint64_t seed, const struct screens_options *options);
struct screens *screens_free(struct screens *s);
DEFINE_CLEANUP(struct screens *, screens_free)

const char *screens_layout_name(int layout);

/* What a technician would set: better mode, thresholds left at their defaults; one number, CREDIT.
 * The caller's to rules_deinit(). 0, -ENOMEM. */
int screens_rules(const struct screens *s, struct rules *ret);

/* A picture of a state as a good card shows it; the caller's. ret_credit: the number in it, or -1;
 * may be NULL. 0, -ENOMEM; -EINVAL without such a state. */
int screens_reference(
	struct screens *s, int state, int variant, struct frame **ret, int64_t *ret_credit);

/* The picture n / 30 s after the start, where its capture_usec begins with one second. The
 * caller's, read-only. 0; -ENOMEM, also when SCREENS_FRAMES_MAX are out. */
int screens_frame(struct screens *s, uint64_t n, struct frame **ret);

/* What is true of the frame n. 0, -ENOMEM. */
int screens_truth(struct screens *s, uint64_t n, struct screens_truth *ret);
