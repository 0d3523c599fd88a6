/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arithmetic of rectangles. Edges are scaled, not sides, so that what lies beside each other does
 * so afterwards: a crop's inwards, a mask's outwards. */
#include <errno.h>
#include <stdlib.h>

#include "media/geometry-private.h"

#define SCALED_MARGIN 2 /* pixels, as the aspect may be a rounded one */

struct scale {
	int to, from;
};

static int scale_down(struct scale s, int edge)
{
	return (int) ((int64_t) edge * s.to / s.from);
}

static int scale_up(struct scale s, int edge)
{
	return (int) (((int64_t) edge * s.to + s.from - 1) / s.from);
}

static bool is_bound(const struct geometry_settings *s)
{
	return s->crop.w > 0 || s->n_masks > 0;
}

/* The same aspect, but for sides that were rounded to whole pixels. */
static bool fits(const struct geometry_settings *s, int width, int height)
{
	int64_t a = (int64_t) width * s->height, b = (int64_t) height * s->width;

	return llabs(a - b) <= MAX(s->width, s->height);
}

/* Which pixels of the picture are seen. */
static struct geometry_rect place_crop(
	const struct geometry_settings *s, struct scale x, struct scale y, int width, int height)
{
	struct geometry_rect r = { 0, 0, width / 2 * 2, height / 2 * 2 };

	if (s->crop.w == 0)
		return r;
	r.x = (scale_up(x, s->crop.x) + 1) / 2 * 2;
	r.y = (scale_up(y, s->crop.y) + 1) / 2 * 2;
	r.w = scale_down(x, s->crop.x + s->crop.w) / 2 * 2 - r.x;
	r.h = scale_down(y, s->crop.y + s->crop.h) / 2 * 2 - r.y;
	return r;
}

/* A range of pixels of a mask inside of one that is seen, from the end of that when mirrored. */
static void cut(int *begin, int *end, int from, int size, bool mirrored)
{
	int a = CLAMP(*begin - from, 0, size), b = CLAMP(*end - from, 0, size);

	*begin = mirrored ? size - b : a;
	*end = mirrored ? size - a : b;
}

static void add_mask(struct geometry_plan *p, int x0, int y0, int x1, int y1)
{
	struct geometry_rect *m = &p->masks[p->n_masks];

	cut(&x0, &x1, p->crop.x, p->crop.w, p->mirrored_x);
	cut(&y0, &y1, p->crop.y, p->crop.h, p->mirrored_y);
	if (x0 >= x1 || y0 >= y1)
		return;
	if (p->transposed)
		*m = (struct geometry_rect){ y0, x0, y1 - y0, x1 - x0 };
	else
		*m = (struct geometry_rect){ x0, y0, x1 - x0, y1 - y0 };
	p->n_masks++;
}

static void orient(struct geometry_plan *p, const struct geometry_settings *s)
{
	p->transposed = s->turns % 2;
	p->mirrored_x = s->turns == 2 || s->turns == 3;
	p->mirrored_y = s->turns == 1 || s->turns == 2;
	/* Transposed, what comes out from left to right stood from top to bottom. */
	if (s->flip == (p->transposed ? GEOMETRY_FLIP_VERTICAL : GEOMETRY_FLIP_HORIZONTAL))
		p->mirrored_x = !p->mirrored_x;
	else if (s->flip != GEOMETRY_FLIP_NONE)
		p->mirrored_y = !p->mirrored_y;
	p->width = p->transposed ? p->crop.h : p->crop.w;
	p->height = p->transposed ? p->crop.w : p->crop.h;
}

int geometry_plan_make(const struct geometry_settings *s, int width, int height, int margin,
	struct geometry_plan *ret)
{
	const bool bound = is_bound(s);
	const struct scale x = { width, bound ? s->width : width };
	const struct scale y = { height, bound ? s->height : height };
	struct geometry_plan p = { .n_masks = 0 };

	if (width < 2 || height < 2 || width > FRAME_SIDE_MAX || height > FRAME_SIDE_MAX)
		return -ERANGE;
	if (bound && (s->width < 1 || s->height < 1 || !fits(s, width, height)))
		return -ERANGE;
	p.crop = place_crop(s, x, y, width, height);
	if (p.crop.w < 2 || p.crop.h < 2)
		return -ERANGE;
	orient(&p, s);
	if (x.to != x.from || y.to != y.from)
		margin += SCALED_MARGIN;
	for (size_t i = 0; i < s->n_masks; i++) {
		const struct geometry_rect *m = &s->masks[i];

		add_mask(&p, scale_down(x, m->x) - margin, scale_down(y, m->y) - margin,
			scale_up(x, m->x + m->w) + margin, scale_up(y, m->y + m->h) + margin);
	}
	*ret = p;
	return 0;
}

bool geometry_is_off(const struct geometry_settings *s)
{
	return !is_bound(s) && s->turns == 0 && s->flip == GEOMETRY_FLIP_NONE;
}

int geometry_size(
	const struct geometry_settings *s, int width, int height, int *ret_width, int *ret_height)
{
	struct geometry_plan p;
	int r;

	if (geometry_is_off(s)) {
		*ret_width = width;
		*ret_height = height;
		return 0;
	}
	r = geometry_plan_make(s, width, height, 0, &p);
	if (r < 0)
		return r;
	*ret_width = p.width;
	*ret_height = p.height;
	return 0;
}
