/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/stills.h"

#include "common/usec.h"

struct seat {
	struct stage *stage; /* NULL: free */
	struct frame *frame;
};

struct stills {
	atomic_int waiting; /* so that nobody pays for a lock while nobody asks */
	pthread_mutex_t lock;
	/* protected by lock */
	struct seat seats[STILLS_MAX];
};

int stills_new(struct stills **ret)
{
	struct stills *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	pthread_mutex_init(&s->lock, NULL);
	*ret = s;
	return 0;
}

struct stills *stills_free(struct stills *s)
{
	if (!s)
		return NULL;
	pthread_mutex_destroy(&s->lock);
	free(s);
	return NULL;
}

void stills_frame(struct stills *s, struct frame *f)
{
	if (atomic_load_explicit(&s->waiting, memory_order_relaxed) == 0)
		return;
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < STILLS_MAX; i++) {
		struct seat *seat = &s->seats[i];

		if (!seat->stage || seat->frame)
			continue;
		seat->frame = frame_ref(f);
		stage_wake(seat->stage);
	}
	pthread_mutex_unlock(&s->lock);
}

static struct seat *sit_down(struct stills *s, struct stage *stage)
{
	struct seat *seat = NULL;

	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < STILLS_MAX && !seat; i++)
		if (!s->seats[i].stage)
			seat = &s->seats[i];
	if (seat) {
		seat->stage = stage;
		atomic_fetch_add(&s->waiting, 1);
	}
	pthread_mutex_unlock(&s->lock);
	return seat;
}

static bool is_served(struct stills *s, const struct seat *seat)
{
	bool served;

	pthread_mutex_lock(&s->lock);
	served = seat->frame;
	pthread_mutex_unlock(&s->lock);
	return served;
}

static struct frame *get_up(struct stills *s, struct seat *seat)
{
	struct frame *f;

	pthread_mutex_lock(&s->lock);
	f = TAKE_PTR(seat->frame);
	seat->stage = NULL;
	atomic_fetch_sub(&s->waiting, 1);
	pthread_mutex_unlock(&s->lock);
	return f;
}

int stills_take(struct stills *s, struct stage *stage, uint64_t until_usec, struct frame **ret)
{
	struct seat *seat = sit_down(s, stage);
	struct frame *f;

	if (!seat)
		return -EBUSY;
	while (!is_served(s, seat) && usec_now() < until_usec)
		if (!stage_wait(stage, until_usec))
			break;
	f = get_up(s, seat);
	if (!f)
		return -ENODATA;
	*ret = f;
	return 0;
}
