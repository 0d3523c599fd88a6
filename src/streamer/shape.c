/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/shape.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct shape {
	/* the encode stage's own */
	struct shape_settings now;
	struct geometry *geometry; /* NULL: there was no memory for it */

	/* any thread */
	atomic_bool changed;
	pthread_mutex_t lock;
	/* protected by lock */
	struct shape_settings next;
};

int shape_new(struct shape **ret, const struct shape_settings *settings)
{
	struct shape *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->now = s->next = *settings;
	if (geometry_new(&s->geometry, &settings->geometry) < 0) {
		free(s);
		return -ENOMEM;
	}
	pthread_mutex_init(&s->lock, NULL);
	*ret = s;
	return 0;
}

struct shape *shape_free(struct shape *s)
{
	if (!s)
		return NULL;
	geometry_free(s->geometry);
	pthread_mutex_destroy(&s->lock);
	free(s);
	return NULL;
}

void shape_set(struct shape *s, const struct shape_settings *settings)
{
	pthread_mutex_lock(&s->lock);
	s->next = *settings;
	pthread_mutex_unlock(&s->lock);
	atomic_store(&s->changed, true);
}

static bool same_rect(const struct geometry_rect *a, const struct geometry_rect *b)
{
	return a->x == b->x && a->y == b->y && a->w == b->w && a->h == b->h;
}

static bool same_geometry(const struct geometry_settings *a, const struct geometry_settings *b)
{
	if (a->width != b->width || a->height != b->height || !same_rect(&a->crop, &b->crop) ||
		a->n_masks != b->n_masks || a->colour != b->colour || a->turns != b->turns ||
		a->flip != b->flip)
		return false;
	for (size_t i = 0; i < a->n_masks; i++)
		if (!same_rect(&a->masks[i], &b->masks[i]))
			return false;
	return true;
}

/* Sides for pictures of one size may be the same all the same; that is for the encoder to see. */
static bool same_size(const struct shape_settings *a, const struct shape_settings *b)
{
	const struct geometry_settings *g = &a->geometry, *h = &b->geometry;

	return a->width == b->width && a->height == b->height && same_rect(&g->crop, &h->crop) &&
	       g->turns % 2 == h->turns % 2 &&
	       (g->crop.w == 0 || (g->width == h->width && g->height == h->height));
}

enum shape_news shape_follow(struct shape *s)
{
	struct shape_settings next;
	enum shape_news news = SHAPE_SAME;

	if (!atomic_load_explicit(&s->changed, memory_order_relaxed) && s->geometry)
		return SHAPE_SAME;
	atomic_store(&s->changed, false);
	pthread_mutex_lock(&s->lock);
	next = s->next;
	pthread_mutex_unlock(&s->lock);
	if (!same_size(&s->now, &next))
		news = SHAPE_SIZE;
	else if (!same_geometry(&s->now.geometry, &next.geometry) || !s->geometry ||
		 s->now.stretch != next.stretch)
		news = SHAPE_PICTURE;
	if (news == SHAPE_SAME)
		return news;
	s->geometry = geometry_free(s->geometry);
	(void) geometry_new(&s->geometry, &next.geometry);
	s->now = next;
	return news;
}

static int even(int side)
{
	return CLAMP(side / 2 * 2, 16, FRAME_SIDE_MAX);
}

void shape_size(const struct shape *s, int width, int height, int *ret_width, int *ret_height)
{
	const struct geometry_settings *g = &s->now.geometry;

	if (s->now.width > 0) {
		width = s->now.width;
		height = s->now.height;
	} else if (geometry_size(g, width, height, &width, &height) == -ERANGE) {
		/* As that of a picture which fits, whose size is known then. */
		(void) geometry_size(g, g->width, g->height, &width, &height);
	}
	*ret_width = even(width);
	*ret_height = even(height);
}

bool shape_stretches(const struct shape *s)
{
	return s->now.stretch;
}

bool shape_is_off(const struct shape *s)
{
	return geometry_is_off(&s->now.geometry);
}

int shape_run(struct shape *s, struct frame *in, struct frame **ret, char *why, size_t why_size)
{
	const struct geometry_settings *g = &s->now.geometry;
	int r = s->geometry ? geometry_run(s->geometry, in, ret) : -ENOMEM;

	if (r == -ERANGE)
		snprintf(why, why_size,
			"crop and masks are for %dx%d, the picture is %dx%d: hidden", g->width,
			g->height, in->width, in->height);
	else if (r == -EINVAL)
		snprintf(why, why_size,
			"no picture of this layout can be cropped, turned or masked");
	else if (r < 0)
		snprintf(why, why_size, "no memory for pictures");
	return r;
}
