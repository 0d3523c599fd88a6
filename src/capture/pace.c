/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/pace.h"

#include "capture/wait.h"
#include "common/cleanup.h"
#include "common/usec.h"

uint64_t grid_usec(const struct grid *g, uint64_t k)
{
	unsigned __int128 usec = (unsigned __int128) k * (unsigned) g->den * USEC_PER_SEC;

	return g->t0_usec + (uint64_t) (usec / (unsigned) g->num);
}

uint64_t grid_index(const struct grid *g, uint64_t now_usec)
{
	/* The largest k with floor(k · period) <= elapsed, that is k · period < elapsed + 1. */
	unsigned __int128 n = (unsigned __int128) (now_usec - g->t0_usec + 1) * (unsigned) g->num;

	return (uint64_t) ((n - 1) / ((uint64_t) g->den * USEC_PER_SEC));
}

int pace_wait(int wake_fd, int ready_fd, uint64_t until_usec)
{
	struct pollfd fds[] = {
		{ .fd = wake_fd, .events = POLLIN },
		{ .fd = ready_fd, .events = POLLIN },
	};
	int r = wait_until(fds, ARRAY_SIZE(fds), until_usec);

	if (r < 0)
		return r;
	return fds[0].revents ? -EAGAIN : 0;
}
