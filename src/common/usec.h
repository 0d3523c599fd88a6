/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one clock: CLOCK_MONOTONIC in microseconds. Wall-clock time is for people and protocols only.
 */
#pragma once

#include <stdint.h>
#include <time.h>

#define USEC_PER_SEC UINT64_C(1000000)
#define USEC_PER_MSEC UINT64_C(1000)
#define USEC_INFINITY UINT64_MAX

static inline uint64_t usec_from_timespec(const struct timespec *ts)
{
	return (uint64_t) ts->tv_sec * USEC_PER_SEC + (uint64_t) ts->tv_nsec / 1000;
}

static inline struct timespec usec_to_timespec(uint64_t usec)
{
	return (struct timespec){ .tv_sec = (time_t) (usec / USEC_PER_SEC),
		.tv_nsec = (long) (usec % USEC_PER_SEC * 1000) };
}

static inline uint64_t usec_of(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return usec_from_timespec(&ts);
}

static inline uint64_t usec_now(void)
{
	return usec_of(CLOCK_MONOTONIC);
}

/* A moment of CLOCK_MONOTONIC in microseconds since 1970, as the clock stands now. */
static inline uint64_t usec_to_realtime(uint64_t usec)
{
	return usec_of(CLOCK_REALTIME) - (usec_now() - usec);
}
