/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/changes.h"

#include <pthread.h>

struct changes {
	pthread_mutex_t lock;
	/* protected by lock */
	struct change items[CHANGES_MAX];
	size_t first, n;
	uint64_t dropped;
};

int changes_new(struct changes **ret)
{
	struct changes *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	pthread_mutex_init(&c->lock, NULL);
	*ret = c;
	return 0;
}

struct changes *changes_free(struct changes *c)
{
	if (!c)
		return NULL;
	pthread_mutex_destroy(&c->lock);
	free(c);
	return NULL;
}

void changes_put(struct changes *c, const struct change *change)
{
	pthread_mutex_lock(&c->lock);
	if (c->n == CHANGES_MAX) {
		c->first = (c->first + 1) % CHANGES_MAX;
		c->n--;
		c->dropped++;
	}
	c->items[(c->first + c->n++) % CHANGES_MAX] = *change;
	pthread_mutex_unlock(&c->lock);
}

bool changes_take(struct changes *c, struct change *ret, uint64_t *ret_dropped)
{
	bool any;

	pthread_mutex_lock(&c->lock);
	any = c->n > 0;
	if (any) {
		*ret = c->items[c->first];
		c->first = (c->first + 1) % CHANGES_MAX;
		c->n--;
	}
	*ret_dropped = c->dropped;
	c->dropped = 0;
	pthread_mutex_unlock(&c->lock);
	return any;
}
