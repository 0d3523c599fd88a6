/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/stage.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>

#include "common/cleanup.h"
#include "common/usec.h"

static void *stage_main(void *arg)
{
	struct stage *s = arg;
	char name[16];

	snprintf(name, sizeof(name), "%s", s->name);
	(void) pthread_setname_np(pthread_self(), name);
	s->run(s->userdata);
	pthread_mutex_lock(&s->lock);
	s->done = true;
	pthread_cond_signal(&s->finished);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

int stage_start(struct stage *s, const char *name, void (*run)(void *), void *userdata)
{
	sigset_t all, old;
	int r;

	s->name = name;
	s->run = run;
	s->userdata = userdata;
	s->done = false;
	if (s->wake_fd < 0)
		s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->wake_fd < 0)
		return -errno;
	/* Stopped before there was anything to wake. */
	if (stage_stopping(s))
		stage_wake(s);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&s->thread, NULL, stage_main, s);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	s->started = r == 0;
	return -r;
}

void stage_wake(struct stage *s)
{
	uint64_t one = 1;

	if (s->wake_fd >= 0)
		(void) !write(s->wake_fd, &one, sizeof(one));
}

void stage_stop(struct stage *s)
{
	atomic_store(&s->stop, true);
	stage_wake(s);
}

void stage_clear(struct stage *s)
{
	uint64_t count;

	(void) !read(s->wake_fd, &count, sizeof(count));
}

bool stage_wait(struct stage *s, uint64_t until_usec)
{
	struct pollfd p = { .fd = s->wake_fd, .events = POLLIN };
	uint64_t now = usec_now();
	struct timespec ts;

	if (stage_stopping(s))
		return false;
	if (until_usec != USEC_INFINITY)
		ts = usec_to_timespec(until_usec > now ? until_usec - now : 0);
	if (ppoll(&p, 1, until_usec == USEC_INFINITY ? NULL : &ts, NULL) > 0)
		stage_clear(s);
	return !stage_stopping(s);
}

int stage_join(struct stage *s, uint64_t until_usec)
{
	struct timespec ts = usec_to_timespec(until_usec);
	bool done;
	int r = 0;

	if (!s->started)
		return 0;
	s->started = false;
	/* Not pthread_clockjoin_np(): ThreadSanitizer does not know it and sees races after it. */
	pthread_mutex_lock(&s->lock);
	while (!s->done && r == 0)
		r = pthread_cond_clockwait(&s->finished, &s->lock, CLOCK_MONOTONIC, &ts);
	done = s->done;
	pthread_mutex_unlock(&s->lock);
	if (done) {
		pthread_join(s->thread, NULL);
		return 0;
	}
	pthread_detach(s->thread);
	return -ETIMEDOUT;
}

void stage_deinit(struct stage *s)
{
	closep(&s->wake_fd);
	s->wake_fd = -1;
}
