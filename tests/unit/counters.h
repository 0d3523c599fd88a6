/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters that threads move on under a lock, to be waited for. */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "common/usec.h"

/* Of what would else go on for ever; a machine that does other things may take its time. */
#define COUNTERS_LIMIT (60 * USEC_PER_SEC)

/* Waits until the counter is at least n. changed is broadcast whenever it moves. */
static inline bool counter_reaches_within(pthread_mutex_t *lock, pthread_cond_t *changed,
	const int *counter, int n, uint64_t limit_usec)
{
	struct timespec ts = usec_to_timespec(usec_of(CLOCK_REALTIME) + limit_usec);
	int r = 0;
	bool good;

	pthread_mutex_lock(lock);
	while (*counter < n && r == 0)
		r = pthread_cond_timedwait(changed, lock, &ts);
	good = *counter >= n;
	pthread_mutex_unlock(lock);
	return good;
}

static inline bool counter_reaches(
	pthread_mutex_t *lock, pthread_cond_t *changed, const int *counter, int n)
{
	return counter_reaches_within(lock, changed, counter, n, COUNTERS_LIMIT);
}

static inline int counter_get(pthread_mutex_t *lock, const int *counter)
{
	int n;

	pthread_mutex_lock(lock);
	n = *counter;
	pthread_mutex_unlock(lock);
	return n;
}
