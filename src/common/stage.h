/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stage is one named thread with a stop flag and an eventfd that wakes it. The owner starts it,
 * asks it to stop, and joins it with a deadline; a thread stuck in a call that nothing can
 * interrupt (a resolver) is abandoned, and what it may still touch must then never be freed.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct stage {
	/* set before start */
	const char *name; /* at most 15 characters are shown by the kernel */
	void (*run)(void *userdata);
	void *userdata;
	pthread_t thread;
	bool started;
	pthread_mutex_t lock;
	pthread_cond_t finished;
	/* protected by lock */
	bool done;
	/* any thread */
	int wake_fd; /* readable while a wake-up is pending */
	atomic_bool stop;
};

#define STAGE_NULL                                 \
	((struct stage){ .wake_fd = -1,            \
		.lock = PTHREAD_MUTEX_INITIALIZER, \
		.finished = PTHREAD_COND_INITIALIZER })

/* Starts the thread with all signals blocked. name and userdata are kept by reference.
 * Returns 0 or a negative errno. */
int stage_start(struct stage *s, const char *name, void (*run)(void *), void *userdata);

/* Sets the flag and wakes the thread. Any thread, any number of times, also before the start. */
void stage_stop(struct stage *s);

/* Wakes the thread's stage_wait() or its poll() on wake_fd. */
void stage_wake(struct stage *s);

/* From the stage's own thread: waits for a wake-up or the time (USEC_INFINITY: for ever), clears
 * the wake-up, and returns true while the stage shall go on. */
bool stage_wait(struct stage *s, uint64_t until_usec);

/* Clears a pending wake-up, for a stage that polls wake_fd itself. */
void stage_clear(struct stage *s);

static inline bool stage_stopping(struct stage *s)
{
	return atomic_load_explicit(&s->stop, memory_order_relaxed);
}

/* Waits for the end of the thread until the monotonic time. Returns 0, or -ETIMEDOUT after which
 * the thread has been detached and must be taken for running for ever. Takes a stage never started.
 */
int stage_join(struct stage *s, uint64_t until_usec);

/* Closes the eventfd; only after a stage_join() that returned 0. */
void stage_deinit(struct stage *s);
