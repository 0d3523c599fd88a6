/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/mailbox.h"

#include "common/usec.h"

void mailbox_init(struct mailbox *m, int depth)
{
	pthread_condattr_t attr;

	*m = (struct mailbox){ .depth = CLAMP(depth, 1, MAILBOX_DEPTH_MAX) };
	pthread_mutex_init(&m->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&m->ready, &attr);
	pthread_condattr_destroy(&attr);
}

void mailbox_deinit(struct mailbox *m)
{
	for (; m->n > 0; m->n--) {
		frame_unref(m->slot[m->head]);
		m->head = (m->head + 1) % m->depth;
	}
	pthread_cond_destroy(&m->ready);
	pthread_mutex_destroy(&m->lock);
}

void mailbox_put(struct mailbox *m, struct frame *f)
{
	struct frame *old = NULL;

	pthread_mutex_lock(&m->lock);
	if (m->n == m->depth) {
		old = m->slot[m->head];
		m->head = (m->head + 1) % m->depth;
		m->n--;
		atomic_fetch_add_explicit(&m->dropped, 1, memory_order_relaxed);
	}
	m->slot[(m->head + m->n++) % m->depth] = f;
	pthread_mutex_unlock(&m->lock);
	/* With the lock held, who wakes up at once on another processor would only wait for it. */
	pthread_cond_signal(&m->ready);
	frame_unref(old);
}

struct frame *mailbox_take(struct mailbox *m, uint64_t until_usec)
{
	struct timespec ts = usec_to_timespec(until_usec);
	struct frame *f = NULL;
	int r = 0;

	pthread_mutex_lock(&m->lock);
	while (m->n == 0 && !m->woken && r == 0)
		r = until_usec == USEC_INFINITY ? pthread_cond_wait(&m->ready, &m->lock)
						: pthread_cond_timedwait(&m->ready, &m->lock, &ts);
	m->woken = false;
	if (m->n > 0) {
		f = m->slot[m->head];
		m->head = (m->head + 1) % m->depth;
		m->n--;
	}
	pthread_mutex_unlock(&m->lock);
	return f;
}

void mailbox_wake(struct mailbox *m)
{
	pthread_mutex_lock(&m->lock);
	m->woken = true;
	pthread_cond_signal(&m->ready);
	pthread_mutex_unlock(&m->lock);
}
