/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a captured picture is shown, which may be changed while it runs: what the geometry makes of
 * it, and the size and way in which that is encoded. One thread sets, the encode stage follows and
 * uses; each picture is arranged by what was set before it came.
 */
#pragma once

#include "common/cleanup.h"
#include "media/geometry.h"

struct shape_settings {
	struct geometry_settings geometry;
	int width, height; /* of the encoder; 0: as the geometry gives it */
	bool stretch;      /* to the encoder's size, instead of borders */
};

struct shape;

int shape_new(struct shape **ret, const struct shape_settings *settings);
struct shape *shape_free(struct shape *s);
DEFINE_CLEANUP(struct shape *, shape_free)

/* Any thread. */
void shape_set(struct shape *s, const struct shape_settings *settings);

/* What has been set since the last time. */
enum shape_news {
	SHAPE_SAME,
	SHAPE_PICTURE, /* pictures look otherwise, and what is kept of older ones is not to be shown
			*/
	SHAPE_SIZE,    /* and may have another size */
};

/* The rest is for the encode stage only. Without memory the old shape is no longer used either:
 * shape_run() refuses pictures until this has worked. */
enum shape_news shape_follow(struct shape *s);

/* The encoder's size for captured pictures of this one. */
void shape_size(const struct shape *s, int width, int height, int *ret_width, int *ret_height);

bool shape_stretches(const struct shape *s);

/* Does every picture stay as it is? */
bool shape_is_off(const struct shape *s);

/* As geometry_run(); why gets words. */
int shape_run(struct shape *s, struct frame *in, struct frame **ret, char *why, size_t why_size);
