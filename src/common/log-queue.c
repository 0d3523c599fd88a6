/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A ring of bytes. A message takes only as much of it as it is long; head and tail count bytes and
 * begin at 0 again whenever the ring is empty, so that of its memory only as much is ever touched
 * as has once waited.
 */
#include "common/log-queue.h"

#include <string.h>

#define HEADER_SIZE offsetof(struct log_message, strings)

enum log_queue_state {
	LOG_QUEUE_CLOSED,
	LOG_QUEUE_OPEN,
	LOG_QUEUE_ENDING, /* still open; closed when it is empty */
	LOG_QUEUE_GIVEN_UP,
};

struct log_queue {
	pthread_mutex_t lock;
	pthread_cond_t ready;
	/* protected by lock */
	enum log_queue_state state;
	size_t head, tail; /* bytes taken and put since it was last empty */
	int messages;
	struct log_loss loss; /* behind the tail; shut while there is one */
	uint64_t lost;
	unsigned char ring[LOG_QUEUE_BYTES];
};

int log_queue_new(struct log_queue **ret)
{
	struct log_queue *q = calloc(1, sizeof(*q));

	if (!q)
		return -ENOMEM;
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->ready, NULL);
	*ret = q;
	return 0;
}

struct log_queue *log_queue_free(struct log_queue *q)
{
	if (!q)
		return NULL;
	pthread_cond_destroy(&q->ready);
	pthread_mutex_destroy(&q->lock);
	free(q);
	return NULL;
}

static void set_state(struct log_queue *q, enum log_queue_state state)
{
	pthread_mutex_lock(&q->lock);
	/* The end of what has ended already is no news. */
	if (state != LOG_QUEUE_ENDING || q->state == LOG_QUEUE_OPEN)
		q->state = state;
	pthread_cond_signal(&q->ready);
	pthread_mutex_unlock(&q->lock);
}

void log_queue_open(struct log_queue *q)
{
	set_state(q, LOG_QUEUE_OPEN);
}

void log_queue_end(struct log_queue *q)
{
	set_state(q, LOG_QUEUE_ENDING);
}

void log_queue_give_up(struct log_queue *q)
{
	set_state(q, LOG_QUEUE_GIVEN_UP);
}

/* size: never more than the ring has. */
static void put_bytes(struct log_queue *q, const void *from, size_t size)
{
	size_t at = q->tail % LOG_QUEUE_BYTES, first = MIN(size, LOG_QUEUE_BYTES - at);

	memcpy(q->ring + at, from, first);
	memcpy(q->ring, (const unsigned char *) from + first, size - first);
	q->tail += size;
}

static void take_bytes(struct log_queue *q, void *to, size_t size)
{
	size_t at = q->head % LOG_QUEUE_BYTES, first = MIN(size, LOG_QUEUE_BYTES - at);

	memcpy(to, q->ring + at, first);
	memcpy((unsigned char *) to + first, q->ring, size - first);
	q->head += size;
}

static bool has_room(struct log_queue *q, const struct log_message *m)
{
	return q->loss.n == 0 && q->messages < LOG_QUEUE_MESSAGES &&
	       HEADER_SIZE + m->size <= LOG_QUEUE_BYTES - (q->tail - q->head);
}

static void lose(struct log_queue *q, const struct log_message *m)
{
	if (q->loss.n++ == 0) {
		q->loss.usec = m->usec;
		q->loss.wall_usec = m->wall_usec;
	}
	q->lost++;
}

int log_queue_put(struct log_queue *q, const struct log_message *m)
{
	int r = 0;

	pthread_mutex_lock(&q->lock);
	if (q->state == LOG_QUEUE_CLOSED) {
		r = -ESHUTDOWN;
	} else if (q->state == LOG_QUEUE_GIVEN_UP || !has_room(q, m)) {
		lose(q, m);
		r = -ENOBUFS;
	} else {
		put_bytes(q, m, HEADER_SIZE + m->size);
		q->messages++;
		pthread_cond_signal(&q->ready);
	}
	pthread_mutex_unlock(&q->lock);
	return r;
}

static void take_message(struct log_queue *q, struct log_message *ret)
{
	take_bytes(q, ret, HEADER_SIZE);
	take_bytes(q, ret->strings, ret->size);
	q->messages--;
	if (q->messages == 0)
		q->head = q->tail = 0;
}

int log_queue_take(struct log_queue *q, struct log_message *ret, struct log_loss *ret_loss)
{
	int r = 1;

	pthread_mutex_lock(&q->lock);
	while (q->messages == 0 && q->loss.n == 0 && q->state == LOG_QUEUE_OPEN)
		pthread_cond_wait(&q->ready, &q->lock);
	if (q->messages > 0) {
		take_message(q, ret);
	} else if (q->loss.n > 0) {
		*ret_loss = q->loss;
		q->loss = (struct log_loss){ 0 };
		r = 0;
	} else {
		if (q->state == LOG_QUEUE_ENDING)
			q->state = LOG_QUEUE_CLOSED;
		r = -ESHUTDOWN;
	}
	pthread_mutex_unlock(&q->lock);
	return r;
}

void log_queue_count(struct log_queue *q, uint64_t *ret_waiting, uint64_t *ret_lost)
{
	pthread_mutex_lock(&q->lock);
	*ret_waiting = (uint64_t) q->messages;
	*ret_lost = q->lost;
	pthread_mutex_unlock(&q->lock);
}
