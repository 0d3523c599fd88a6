/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The thread sanitizers of gcc 12 and clang 14 do not know pthread_clockjoin_np(): they take its
 * threads for running and stumble when an id comes again. They do know its sibling on the wall
 * clock, which is good enough for a test. Without the sanitizer this file is empty.
 */
#include <pthread.h>

#include "common/usec.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TSAN_JOIN
#endif
#elif defined(__SANITIZE_THREAD__)
#define TSAN_JOIN
#endif

#ifdef TSAN_JOIN
int pthread_clockjoin_np(
	pthread_t thread, void **ret, clockid_t clock, const struct timespec *until)
{
	uint64_t end = usec_from_timespec(until), now = usec_of(clock);
	struct timespec ts =
		usec_to_timespec(usec_of(CLOCK_REALTIME) + (end > now ? end - now : 0));

	return pthread_timedjoin_np(thread, ret, &ts);
}
#endif
