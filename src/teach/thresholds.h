/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What threshold would suit each state, as far as its references tell: half of the pictures are
 * taught, the others are looked at, then the other way round. So each is held against others of its
 * state and of all states, as a live picture is. Blocks while pictures are read and decoded: for a
 * job. Any thread.
 */
#pragma once

#include <stdbool.h>

#include "common/fault.h"
#include "recognize/rules.h"

#define THRESHOLDS_PICTURES_MAX 10 /* of one state, spread over its names */

struct threshold {
	char state[RULES_NAME_MAX + 1];
	double threshold;         /* in use: better mode, the score; compatible mode, bits */
	double suggested, margin; /* NAN: too little to go by, or nothing keeps them apart */
};

/* One for each state of the rules, in their order. Where going_on says no it ends with what has
 * been seen; NULL: nobody minds. FAULT_IO, -ENOMEM. */
int thresholds_measure(const struct rules *rules, const char *folder,
	bool (*going_on)(void *userdata), void *userdata, struct threshold ret[RULES_STATES_MAX],
	struct fault *f);
