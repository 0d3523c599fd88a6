/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For how long the regions of a state have been still: as long as they are what they were when it
 * began, so that a slow fade is no stillness. Pure; one thread.
 */
#pragma once

#include "recognize/motion.h"

struct settle {
	struct motion *motions; /* of the ROIs that the state wants */
	int n;
	uint64_t need_usec;
	uint64_t since_usec; /* capture time of the first picture of stillness */
};

/* Without settle_ms it does nothing. 0, -EINVAL, -ENOMEM. */
int settle_init(struct settle *s, const struct rules *rules, const struct state *state);
void settle_deinit(struct settle *s);

/* guide: as motion_look(). ret: still for less than settle_ms. 0, -ENOMEM. */
int settle_push(struct settle *s, const struct grey *picture, const struct region *guide,
	uint64_t capture_usec, bool *ret);
