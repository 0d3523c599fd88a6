/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A detector with its threads, references that may be changed, pictures to feed it with, and what
 * it has told. For the tests of the detector.
 */
#pragma once

#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/usec.h"
#include "detector/detector.h"
#include "tests/tap.h"
#include "tests/unit/counters.h"
#include "tests/unit/koi.h"

#define LIMIT COUNTERS_LIMIT
#define STEP (USEC_PER_SEC / 30)
#define MESSAGES_MAX 32

struct seen {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* protected by lock */
	int changes, numbers, read, faults, candidates, differs;
	char states[MESSAGES_MAX][RULES_NAME_MAX + 1];
	enum reason reason; /* of the last change */
	char before[RULES_NAME_MAX + 1];
	uint64_t since_usec, since_realtime;
	char number[32];
	int used, skipped;
	char path[256], why[128];
	char live[64], other[64];
	int taught; /* that CREDIT is 123456 */
};

struct bench {
	struct seen seen;
	char folder[64], refs[80], cache[80];
	struct rules rules, shadow;
	struct detector_settings settings;
	struct detector *detector;
	struct frame *pictures[KOI_STATES], *other;
	uint64_t now, fed;
};

/* Waits until the counter, one of seen, is at least n. */
bool reach(struct seen *s, const int *counter, int n);
int get(struct seen *s, const int *counter);

/* A decision is counted before its hooks are called: what is to come is waited for. */
bool comes_to(struct seen *s, const int *counter, int n);

/* copy: with references in its folder. */
struct bench *bench_new(enum rules_mode mode, bool copy);

/* Starts the detector as b->settings are. */
void bench_start(struct bench *b);

/* As detector_free(), and all else is gone. */
int bench_end(struct bench *b);

static inline void begin(struct bench *b)
{
	bench_start(b);
	ok(reach(&b->seen, &b->seen.read, 1), "references are read");
}

static inline void bench_free(struct bench *b)
{
	ok(bench_end(b) == 0, "it ends");
}

/* One of the detector's figures. */
json_int_t number_of(struct detector *d, const char *key);

/* Waits until all that was fed has been looked at or passed over. */
bool settled(struct bench *b);

/* The same pixels at that time; does not wait. */
void give(struct bench *b, struct frame *f, uint64_t usec);

/* n times, each a step later than the one before, and looked at before the next one. */
void feed(struct bench *b, struct frame *f, int n);

bool shows(struct bench *b, const char *state);

/* What is wrong with the references; in a buffer that the next call uses again. */
const char *problem_of(struct bench *b);

/* Where it is not known how many will be overtaken. */
bool feed_until(struct bench *b, struct frame *f, const char *state);
