/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/crop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROOM 0.3     /* of the rectangle's height: its surroundings */
#define BLOCK 6      /* samples of a side over which noise is averaged out */
#define DIFFERENT 14 /* grey levels, of a block's mean */

static int make_room(struct crop *c, size_t size)
{
	uint8_t *pixels;

	if (size <= c->size)
		return 0;
	pixels = realloc(c->pixels, size);
	if (!pixels)
		return -ENOMEM;
	c->pixels = pixels;
	c->size = size;
	return 0;
}

int crop_take(struct crop *c, const struct grey *g, struct rect r)
{
	int room, x0, x1, y0, y1, err;

	if (r.w <= 0 || r.h <= 0 || r.w > CROP_SIDE_MAX || r.h > CROP_SIDE_MAX ||
		r.x < -CROP_SIDE_MAX || r.y < -CROP_SIDE_MAX || r.x >= g->width || r.y >= g->height)
		return -EFBIG;
	room = (int) (ROOM * r.h) + 1;
	x0 = MAX(r.x - room, 0);
	y0 = MAX(r.y - room, 0);
	x1 = MIN(r.x + r.w + room, g->width);
	y1 = MIN(r.y + r.h + room, g->height);
	if (x1 <= x0 || y1 <= y0 || (x1 - x0) * (y1 - y0) > CROP_BYTES_MAX)
		return -EFBIG;
	err = make_room(c, (size_t) (x1 - x0) * (size_t) (y1 - y0));
	if (err < 0)
		return err;
	for (int y = y0; y < y1; y++) {
		const uint8_t *in = g->data + y * g->stride;
		uint8_t *out = c->pixels + (ptrdiff_t) (y - y0) * (x1 - x0);

		for (int x = x0; x < x1; x++)
			*out++ = in[(ptrdiff_t) x * g->step];
	}
	c->picture = (struct grey){ .width = x1 - x0,
		.height = y1 - y0,
		.data = c->pixels,
		.stride = x1 - x0,
		.step = 1,
		.limited = g->limited };
	c->rect = (struct rect){ r.x - x0, r.y - y0, r.w, r.h };
	return 0;
}

int crop_copy(struct crop *c, const struct crop *from)
{
	size_t size = (size_t) from->picture.width * (size_t) from->picture.height;
	int err = make_room(c, size);

	if (err < 0)
		return err;
	if (size > 0)
		memcpy(c->pixels, from->pixels, size);
	c->picture = from->picture;
	c->picture.data = c->pixels;
	c->rect = from->rect;
	return 0;
}

void crop_deinit(struct crop *c)
{
	free(c->pixels);
	*c = (struct crop){ 0 };
}

static int block_difference(const struct crop *a, const struct crop *b, int x0, int y0)
{
	int sum = 0;

	for (int y = y0; y < y0 + BLOCK; y++) {
		const uint8_t *p = a->pixels + (ptrdiff_t) y * a->picture.stride;
		const uint8_t *q = b->pixels + (ptrdiff_t) y * b->picture.stride;

		for (int x = x0; x < x0 + BLOCK; x++)
			sum += p[x] - q[x];
	}
	return abs(sum);
}

bool crop_differs(const struct crop *a, const struct crop *b)
{
	const struct grey *g = &a->picture;

	if (g->width == 0 || g->width != b->picture.width || g->height != b->picture.height)
		return true;
	for (int y = 0; y + BLOCK <= g->height; y += BLOCK / 2)
		for (int x = 0; x + BLOCK <= g->width; x += BLOCK / 2)
			if (block_difference(a, b, x, y) > DIFFERENT * BLOCK * BLOCK)
				return true;
	return false;
}
