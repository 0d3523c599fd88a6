/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One lock around a short list. It is held while a packet is handed round, which for each output is
 * no more than putting a reference into its queue, and handing to the kernel what goes out at once.
 */
#include "media/hub.h"

#include <libavcodec/codec_par.h>
#include <pthread.h>
#include <string.h>

struct hub {
	pthread_mutex_t lock;
	/* protected by lock */
	struct output *outputs[HUB_OUTPUTS_MAX];
	size_t n;
	struct tracks *tracks;
	/* any thread; written with the lock held */
	atomic_bool takes_jpeg;
};

int hub_new(struct hub **ret)
{
	struct hub *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	pthread_mutex_init(&h->lock, NULL);
	*ret = h;
	return 0;
}

static void note_outputs(struct hub *h)
{
	bool takes_jpeg = h->n > 0;

	for (size_t i = 0; i < h->n; i++)
		takes_jpeg &= output_takes_jpeg(h->outputs[i]);
	atomic_store(&h->takes_jpeg, takes_jpeg);
}

static struct output *take_last(struct hub *h)
{
	struct output *o = NULL;

	pthread_mutex_lock(&h->lock);
	if (h->n > 0)
		o = h->outputs[--h->n];
	note_outputs(h);
	pthread_mutex_unlock(&h->lock);
	return o;
}

int hub_clear(struct hub *h, uint64_t until_usec)
{
	struct output *o;
	int abandoned = 0;

	hub_stop(h);
	while ((o = take_last(h)))
		abandoned += output_free(o, until_usec) < 0;
	return abandoned;
}

int hub_free(struct hub *h, uint64_t until_usec)
{
	int abandoned;

	if (!h)
		return 0;
	abandoned = hub_clear(h, until_usec);
	tracks_unref(h->tracks);
	pthread_mutex_destroy(&h->lock);
	free(h);
	return abandoned;
}

/* Its place in the list, or n. */
static size_t find(struct hub *h, const char *name)
{
	size_t i = 0;

	while (i < h->n && strcmp(output_name(h->outputs[i]), name) != 0)
		i++;
	return i;
}

/* JPEGs are passed on only as long as all outputs take them: with the next picture others come. */
static bool fits(const struct output *o, const struct tracks *t)
{
	return !t || t->video->codec_id != AV_CODEC_ID_MJPEG || output_takes_jpeg(o);
}

int hub_add(struct hub *h, struct output *o)
{
	int r = 0;

	pthread_mutex_lock(&h->lock);
	if (find(h, output_name(o)) < h->n) {
		r = -EEXIST;
	} else if (h->n == HUB_OUTPUTS_MAX) {
		r = -E2BIG;
	} else {
		h->outputs[h->n++] = o;
		note_outputs(h);
		output_set_tracks(o, fits(o, h->tracks) ? h->tracks : NULL);
	}
	pthread_mutex_unlock(&h->lock);
	return r;
}

struct output *hub_remove(struct hub *h, const char *name)
{
	struct output *o = NULL;
	size_t i;

	pthread_mutex_lock(&h->lock);
	i = find(h, name);
	if (i < h->n) {
		o = h->outputs[i];
		h->n--;
		memmove(&h->outputs[i], &h->outputs[i + 1], (h->n - i) * sizeof(struct output *));
		note_outputs(h);
	}
	pthread_mutex_unlock(&h->lock);
	return o;
}

void hub_foreach(struct hub *h, void (*fn)(struct output *o, void *userdata), void *userdata)
{
	pthread_mutex_lock(&h->lock);
	for (size_t i = 0; i < h->n; i++)
		fn(h->outputs[i], userdata);
	pthread_mutex_unlock(&h->lock);
}

bool hub_takes_jpeg(struct hub *h)
{
	return atomic_load_explicit(&h->takes_jpeg, memory_order_relaxed);
}

size_t hub_count(struct hub *h)
{
	size_t n;

	pthread_mutex_lock(&h->lock);
	n = h->n;
	pthread_mutex_unlock(&h->lock);
	return n;
}

void hub_set_tracks(struct hub *h, struct tracks *t)
{
	struct tracks *old;

	pthread_mutex_lock(&h->lock);
	old = h->tracks;
	h->tracks = t ? tracks_ref(t) : NULL;
	for (size_t i = 0; i < h->n; i++)
		output_set_tracks(h->outputs[i], t);
	pthread_mutex_unlock(&h->lock);
	tracks_unref(old);
}

void hub_publish(struct hub *h, struct packet *p)
{
	pthread_mutex_lock(&h->lock);
	for (size_t i = 0; i < h->n; i++)
		output_put(h->outputs[i], p);
	pthread_mutex_unlock(&h->lock);
}

void hub_stop(struct hub *h)
{
	pthread_mutex_lock(&h->lock);
	for (size_t i = 0; i < h->n; i++)
		output_stop(h->outputs[i]);
	pthread_mutex_unlock(&h->lock);
}
