/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A ring of packet references. Each packet put gets a running number; the ring holds the numbers
 * head … tail - 1, so "the last keyframe is still in the queue behind its head" is one comparison.
 */
#include "media/outqueue.h"

#include "common/usec.h"

/* 4096 packets are more than half a minute of 60 pictures and 47 blocks of sound a second. */
#define OUTQUEUE_PACKETS 4096

/* Sound goes out with the next picture rather than wake the taker for itself, unless so many
 * packets of it have come meanwhile. */
#define SOUND_RIDES 3

struct outqueue {
	pthread_mutex_t lock;
	pthread_cond_t ready;
	/* protected by lock */
	struct packet *ring[OUTQUEUE_PACKETS];
	uint64_t head, tail;
	uint64_t last_key; /* number of the newest keyframe ever put; valid when any_key */
	bool any_key;
	uint64_t limit_usec;
	size_t limit_bytes;
	size_t bytes;
	int64_t newest_usec; /* of what has been put since the queue was last empty */
	bool accept;         /* somebody is connected */
	bool shut;           /* waits for a keyframe */
	bool lossy;          /* shut by the rule, so what is refused counts as lost */
	bool woken;
	bool lends; /* the taker waits, and lends its turn … */
	bool lent;  /* … which somebody has */
	unsigned restarts;
	int unheard; /* sound packets put since the taker was last woken */
	uint64_t dropped[_TRACK_MAX];
	uint64_t drops;
};

int outqueue_new(struct outqueue **ret, uint64_t limit_usec, size_t limit_bytes)
{
	struct outqueue *q = calloc(1, sizeof(*q));
	pthread_condattr_t attr;

	if (!q)
		return -ENOMEM;
	pthread_mutex_init(&q->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&q->ready, &attr);
	pthread_condattr_destroy(&attr);
	q->limit_usec = limit_usec;
	q->limit_bytes = limit_bytes;
	q->shut = true;
	*ret = q;
	return 0;
}

static struct packet **slot(struct outqueue *q, uint64_t number)
{
	return &q->ring[number % OUTQUEUE_PACKETS];
}

/* Lets go of what stands before this number; counted when it is lost by the rule. */
static void forget_until(struct outqueue *q, uint64_t number, bool count)
{
	for (; q->head < number; q->head++) {
		struct packet *p = *slot(q, q->head);

		q->dropped[p->track] += count;
		q->bytes -= p->size;
		packet_unref(p);
	}
}

struct outqueue *outqueue_free(struct outqueue *q)
{
	if (!q)
		return NULL;
	forget_until(q, q->tail, false);
	pthread_cond_destroy(&q->ready);
	pthread_mutex_destroy(&q->lock);
	free(q);
	return NULL;
}

static uint64_t span_usec(struct outqueue *q)
{
	int64_t oldest;

	if (q->head == q->tail)
		return 0;
	oldest = (*slot(q, q->head))->dts_usec;
	return q->newest_usec > oldest ? (uint64_t) (q->newest_usec - oldest) : 0;
}

/* A single packet is always let in: else a keyframe above the limit would never get through. */
static bool over_limit(struct outqueue *q)
{
	uint64_t n = q->tail - q->head;

	return n > 1 && (n > OUTQUEUE_PACKETS - 1 || q->bytes > q->limit_bytes ||
				span_usec(q) > q->limit_usec);
}

/* The rule: first everything before the last keyframe, and if that is not enough, everything. */
static void strike(struct outqueue *q)
{
	q->drops++;
	if (q->any_key && q->last_key > q->head)
		forget_until(q, q->last_key, true);
	if (!over_limit(q))
		return;
	forget_until(q, q->tail, true);
	q->shut = q->lossy = true;
}

void outqueue_set_limits(struct outqueue *q, uint64_t limit_usec, size_t limit_bytes)
{
	pthread_mutex_lock(&q->lock);
	q->limit_usec = limit_usec;
	q->limit_bytes = limit_bytes;
	if (over_limit(q))
		strike(q);
	pthread_mutex_unlock(&q->lock);
}

bool outqueue_put(struct outqueue *q, struct packet *p, bool *ret_lent)
{
	bool shut, wake = false, lent = false;

	pthread_mutex_lock(&q->lock);
	if (q->accept && q->shut && p->track == TRACK_VIDEO && p->key)
		q->shut = q->lossy = false;
	if (q->accept && !q->shut) {
		if (q->head == q->tail || p->dts_usec > q->newest_usec)
			q->newest_usec = p->dts_usec;
		if (p->key) {
			q->last_key = q->tail;
			q->any_key = true;
		}
		*slot(q, q->tail++) = packet_ref(p);
		q->bytes += p->size;
		if (over_limit(q))
			strike(q);
		wake = p->track == TRACK_VIDEO || ++q->unheard >= SOUND_RIDES;
		if (wake)
			q->unheard = 0;
		lent = wake && ret_lent && q->lends && !q->lent && !q->woken;
		q->lent |= lent;
	} else if (q->accept && q->lossy) {
		q->dropped[p->track]++;
	}
	shut = q->accept && q->shut;
	pthread_mutex_unlock(&q->lock);
	/* With the lock held, who wakes up at once on another processor would only wait for it. */
	if (wake && !lent)
		pthread_cond_signal(&q->ready);
	if (ret_lent)
		*ret_lent = lent;
	return shut;
}

static struct packet *pop(struct outqueue *q, unsigned *ret_restarts)
{
	struct packet *p = NULL;

	if (q->head < q->tail) {
		p = *slot(q, q->head++);
		q->bytes -= p->size;
	}
	/* What had been put before the last time is not there any more. */
	if (ret_restarts)
		*ret_restarts = q->restarts;
	return p;
}

struct packet *outqueue_take(struct outqueue *q, uint64_t until_usec, unsigned *ret_restarts)
{
	struct timespec ts = usec_to_timespec(until_usec);
	struct packet *p = NULL;
	int r = until_usec == 0 ? ETIMEDOUT : 0;

	pthread_mutex_lock(&q->lock);
	while (q->head == q->tail && !q->woken && r == 0)
		r = until_usec == USEC_INFINITY ? pthread_cond_wait(&q->ready, &q->lock)
						: pthread_cond_timedwait(&q->ready, &q->lock, &ts);
	/* A wake-up is for who waits: whoever empties the queue at the end must not lose its tail
	 * to one that came twice. */
	if (!q->woken || until_usec == 0)
		p = pop(q, ret_restarts);
	if (until_usec != 0)
		q->woken = false;
	pthread_mutex_unlock(&q->lock);
	return p;
}

struct packet *outqueue_take_or_lend(struct outqueue *q, unsigned *ret_restarts)
{
	struct packet *p = NULL;

	pthread_mutex_lock(&q->lock);
	q->lends = true;
	while (q->lent || (q->head == q->tail && !q->woken))
		pthread_cond_wait(&q->ready, &q->lock);
	q->lends = false;
	if (!q->woken)
		p = pop(q, ret_restarts);
	q->woken = false;
	pthread_mutex_unlock(&q->lock);
	return p;
}

void outqueue_give_back(struct outqueue *q, bool wake)
{
	pthread_mutex_lock(&q->lock);
	q->lent = false;
	q->woken |= wake;
	/* Of what came meanwhile nobody has told. */
	wake = q->woken || q->head < q->tail;
	pthread_mutex_unlock(&q->lock);
	if (wake)
		pthread_cond_signal(&q->ready);
}

bool outqueue_more(struct outqueue *q)
{
	bool more;

	pthread_mutex_lock(&q->lock);
	more = q->head < q->tail;
	pthread_mutex_unlock(&q->lock);
	return more;
}

unsigned outqueue_restart(struct outqueue *q, bool accept)
{
	unsigned restarts;

	pthread_mutex_lock(&q->lock);
	forget_until(q, q->tail, false);
	q->accept = accept;
	q->shut = true;
	q->lossy = false;
	restarts = ++q->restarts;
	pthread_mutex_unlock(&q->lock);
	return restarts;
}

void outqueue_wake(struct outqueue *q)
{
	pthread_mutex_lock(&q->lock);
	q->woken = true;
	pthread_cond_signal(&q->ready);
	pthread_mutex_unlock(&q->lock);
}

void outqueue_stats(struct outqueue *q, struct outqueue_stats *ret)
{
	pthread_mutex_lock(&q->lock);
	*ret = (struct outqueue_stats){
		.dropped_video = q->dropped[TRACK_VIDEO],
		.dropped_audio = q->dropped[TRACK_AUDIO],
		.drops = q->drops,
		.queued_usec = span_usec(q),
		.queued_bytes = q->bytes,
		.packets = (int) (q->tail - q->head),
		.shut = q->shut,
	};
	pthread_mutex_unlock(&q->lock);
}
