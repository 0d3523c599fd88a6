/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeps a source that yields more pictures than the output takes down to the output's rate, with
 * the pictures chosen as evenly as the source allows, and lets one at about the output's rate
 * through untouched, jitter and all. Judges by the pictures' own times, not by what a driver
 * claims. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct pacer {
	uint64_t period_usec; /* of the output */
	/* state */
	uint64_t last_usec, due_usec;
	double interval; /* of the source, smoothed */
	bool thinning;
};

static inline void pacer_init(struct pacer *p, int rate_num, int rate_den)
{
	*p = (struct pacer){ .period_usec = UINT64_C(1000000) * (uint64_t) rate_den /
					    (uint64_t) rate_num };
}

/* Does the picture of this time go on? */
bool pacer_accept(struct pacer *p, uint64_t capture_usec);
