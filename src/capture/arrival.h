/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Do pictures arrive as fast as the source has promised? A card on a bus that is too narrow, or a
 * cable that is about to fail, yields a fraction of what was negotiated without any error. Counted,
 * not timed: what came within a second or so, against the rate. Low is what has been below half of
 * it for some seconds; good again what has been above three quarters for some. No picture at all is
 * not slow: that is another fact.
 *
 * Pure: counters and times in, a fact out. One thread.
 */
#pragma once

#include <stdint.h>

#define ARRIVAL_LOW 0.50                   /* of the rate: below that it is low … */
#define ARRIVAL_GOOD 0.75                  /* … until it is above this */
#define ARRIVAL_LOW_USEC UINT64_C(4000000) /* for so long */
#define ARRIVAL_GOOD_USEC UINT64_C(3000000)
#define ARRIVAL_WINDOW_USEC UINT64_C(1000000) /* measured over this at least … */
#define ARRIVAL_WINDOW_PICTURES 8             /* … and while so many should come */

enum arrival_fact {
	ARRIVAL_UNKNOWN, /* no picture, or nothing was promised */
	ARRIVAL_OK,
	ARRIVAL_LOW_RATE,
	_ARRIVAL_MAX
};

/* "unknown", "ok", "low" */
const char *arrival_name(enum arrival_fact fact);

/* Zero it before the first push. */
struct arrival {
	uint64_t usec, count; /* where the window began; 0: nowhere yet */
	uint64_t opens;
	uint64_t low_usec, good_usec; /* since when it has been so; 0: it is not */
	double promised, measured;    /* pictures a second; measured in the last window */
	enum arrival_fact fact;
};

/* count: pictures that have arrived so far, opens: times the source was opened; when that changes
 * all begins anew, as with another rate. promised: pictures a second, 0: not known. Each second or
 * so. */
enum arrival_fact arrival_push(
	struct arrival *a, uint64_t count, uint64_t opens, double promised, uint64_t now_usec);
