/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/recovery.h"

void recovery_init(struct recovery *r, struct source *source)
{
	*r = (struct recovery){ .source = source };
	ladder_init(&r->ladder, (uint32_t) usec_now());
	r->ladder.can_restart = source->ops->restart;
	r->ladder.can_reset = source->ops->reset;
	pthread_mutex_init(&r->lock, NULL);
}

void recovery_deinit(struct recovery *r)
{
	pthread_mutex_destroy(&r->lock);
}

uint64_t recovery_begin(struct recovery *r, uint64_t now_usec)
{
	ladder_open(&r->ladder, now_usec);
	return ladder_patience_usec(&r->ladder);
}

void recovery_end(struct recovery *r, uint64_t begin_usec, uint64_t last_usec)
{
	if (last_usec > begin_usec)
		ladder_flow(&r->ladder, begin_usec, last_usec);
}

enum ladder_step recovery_next(struct recovery *r, int error, bool open)
{
	struct ladder *l = &r->ladder;
	enum ladder_step step = ladder_next(l, error, open, usec_now());

	pthread_mutex_lock(&r->lock);
	r->status.restarts = l->taken[LADDER_RESTART];
	/* A file or URL that is opened anew is no card that hangs. */
	r->status.reopens = l->can_restart ? l->taken[LADDER_REOPEN] : 0;
	pthread_mutex_unlock(&r->lock);
	return step;
}

int recovery_reset(struct recovery *r, struct stage *owner)
{
	struct source *s = r->source;
	int e;

	/* Only what comes from now on is to interrupt it. */
	stage_clear(owner);
	if (stage_stopping(owner))
		return -EAGAIN;
	e = s->ops->reset(s, owner->wake_fd);
	if (e == -ENOTSUP)
		r->ladder.can_reset = false;
	if (e == -ENOTSUP || e == -EAGAIN)
		return -EAGAIN;
	pthread_mutex_lock(&r->lock);
	r->status.resets += e == 0;
	r->status.failed_resets += e < 0;
	snprintf(
		r->status.reset_error, sizeof(r->status.reset_error), "%s", e < 0 ? s->reason : "");
	pthread_mutex_unlock(&r->lock);
	return e;
}

int recovery_stalled(struct source *s)
{
	bool excused = s->signal != SIGNAL_UNKNOWN && s->signal != SIGNAL_OK;

	return source_fail(
		s, excused ? -ENOLINK : -ETIMEDOUT, "%s yields no picture", s->info.device);
}

void recovery_status(struct recovery *r, struct recovery_status *ret)
{
	pthread_mutex_lock(&r->lock);
	*ret = r->status;
	pthread_mutex_unlock(&r->lock);
}
