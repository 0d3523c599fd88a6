/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What sources without a card's clock share: a grid of moments and waiting for the next one. */
#pragma once

#include <stdint.h>

/* Moment k is t0 plus k periods of den/num seconds, rounded down: exact for ever, no drift. */
struct grid {
	uint64_t t0_usec;
	int num, den; /* moments per second; both above 0 */
};

uint64_t grid_usec(const struct grid *g, uint64_t k);

/* The newest moment that is not after now; now must not be before t0. */
uint64_t grid_index(const struct grid *g, uint64_t now_usec);

/* Waits until the monotonic time or until ready_fd is readable (-1: none). Returns 0, or -EAGAIN
 * when wake_fd is readable (-1: none), which is left so. */
int pace_wait(int wake_fd, int ready_fd, uint64_t until_usec);
