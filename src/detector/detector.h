/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The recogniser at work in the daemon. Threads: "recogniser" takes the newest picture from a
 * mailbox of one and decides; "references" reads the pictures on disk, watches them with inotify,
 * and hands a finished recogniser over, which takes the state along; "numbers" (numbers.h) finds
 * out what digits look like that nobody has taught, and keeps that in the folder. None can delay a
 * picture on its way to the encoder. Without references it decides OTHER and says why.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "media/frame.h"
#include "recognize/recogniser.h"

/* What has been told last, by the names in the rules of that time. */
struct detector_told {
	char state[RULES_NAME_MAX + 1]; /* "": none */
	struct detector_told_number {
		char name[RULES_NAME_MAX + 1], text[DIGITS_MAX + 1];
	} numbers[RULES_NUMBERS_MAX];
	int n_numbers;
};

struct detector_settings {
	const struct rules *rules;  /* as references; must outlive the detector, and not change */
	const struct rules *shadow; /* a second set that only logs where it differs; NULL: none */
	const char *folder;         /* of the references; copied */
	const char *cache;          /* file of hashes; NULL: none; copied */
	/* File that the rules are from; NULL: none; copied. While it says something else than they
	 * do, other references have to wait for a detector of those rules. */
	const char *rules_path;
	uint64_t every_usec; /* pictures closer than this are not looked at; 0: all are */
	/* By detectors before: what is so still is no news. A state that the rules do not know
	 * is followed by UNKNOWN. NULL: nothing. Read only during the call. */
	const struct detector_told *told;
};

/* One change of the state, or of a number. Pointers are valid during the call. */
struct detector_change {
	const struct rules *rules;
	const struct decision *decision;
	const char *before;  /* name of the state before, which other rules may have given it */
	uint64_t since_usec; /* capture time (monotonic) of the first picture of the new state */
	uint64_t since_realtime; /* the same, µs since 1970 */
	int number;              /* index of the number that changed; -1: it was the state */
	const char *text;        /* … and what it is now */
};

struct detector_hooks {
	/* On the recogniser's thread; short, must not block. */
	void (*changed)(void *userdata, const struct detector_change *c);
	/* A picture worth a look by a person: a near miss, or one decided with a low margin; at
	 * most one in a second. The callee may take a reference. NULL: nobody wants them. */
	void (*candidate)(void *userdata, const struct rules *rules, struct frame *f,
		const struct decision *d);
	/* References were read anew, or one cannot be used (path and why; else NULL). On the thread
	 * of the references. */
	void (*references)(
		void *userdata, const char *path, const char *why, int used, int skipped);
	/* The shadow has decided otherwise for a while, since that picture, or agrees again. Names
	 * of the states, since their rules are not the same. */
	void (*shadow)(void *userdata, const char *live, const char *other, uint64_t capture_usec);
	/* What becomes of the learning of numbers, as numbers_settings.said has it. NULL: nobody
	 * wants to know. */
	void (*learning)(void *userdata, int level, const char *number, const char *words);
	void *userdata;
};

struct detector;

int detector_new(struct detector **ret, const struct detector_settings *settings,
	const struct detector_hooks *hooks);
int detector_start(struct detector *d);

/* Any thread; newest wins, never blocks. Takes a reference of its own. Any pixel format: a JPEG is
 * decoded here. */
void detector_frame(struct detector *d, struct frame *f);

/* No picture is coming (a placeholder is shown): UNKNOWN, no-signal. */
void detector_lost(struct detector *d);

/* Read the references again now. Any thread. */
void detector_reload(struct detector *d);

/* Somebody who sees the screen says that the number shows text now: its digits are learnt from the
 * next picture, and kept in the folder's file. Any thread, never blocks. 0; -ENOENT: the rules have
 * no such number; -EINVAL: no number's text; -ENOSPC: too much was told, and no picture comes. */
int detector_tell_number(struct detector *d, const char *name, const char *text);

/* The "state" object of the status and the answer of /api/state: the original's keys ("state",
 * "matches", "timestamp") and ours ("raw", "reason", "since", "margin", "states" with every ROI's
 * score, "numbers", "references", "decisions", "skipped_frames", "broken_frames", "cpu_ms",
 * "cpu_total_ms", "shadow"), see egm-streamer(8). Any thread. A new reference; NULL: no memory. */
json_t *detector_json(struct detector *d);

/* What is known just now. Any thread. */
struct detector_view {
	int state;           /* as in struct decision */
	enum reason reason;  /* why it is STATE_UNKNOWN, else REASON_NONE */
	uint64_t since_usec; /* capture time of the first picture of the state */
	int references, skipped;
	uint64_t decisions;
};

void detector_view(struct detector *d, struct detector_view *ret);

/* "PLAYING", "UNKNOWN" … of now. Any thread; a string of the rules. */
const char *detector_state(struct detector *d);

/* Ends both threads by the monotonic time; returns how many had to be abandoned (then the process
 * must end by _exit()). NULL is fine. */
int detector_free(struct detector *d, uint64_t until_usec);
