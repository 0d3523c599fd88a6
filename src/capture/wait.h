/* SPDX-License-Identifier: GPL-2.0-or-later */
/* poll() against the one clock, for sources that wait for a device and a wake-up together. */
#pragma once

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#include "common/usec.h"

/* Waits until a descriptor is ready or the monotonic time has come (USEC_INFINITY: for ever).
 * Returns the number of ready descriptors, 0 at the time or after a signal, or a negative errno. */
static inline int wait_until(struct pollfd *fds, nfds_t n, uint64_t until_usec)
{
	uint64_t now = usec_now();
	struct timespec ts = usec_to_timespec(until_usec > now ? until_usec - now : 0);
	int r = ppoll(fds, n, until_usec == USEC_INFINITY ? NULL : &ts, NULL);

	if (r < 0)
		return errno == EINTR ? 0 : -errno;
	return r;
}
