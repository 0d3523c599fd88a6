/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/digits-blobs.h"

#include <stdlib.h>

#include "common/cleanup.h"

#define AREA_MIN 4 /* pixels: less is noise whatever the text's size */

typedef uint8_t bytes16 __attribute__((vector_size(16), aligned(1), may_alias));
typedef uint64_t words2 __attribute__((vector_size(16)));

static int find_root(struct blobs_run *runs, int i)
{
	while (runs[i].parent != i) {
		runs[i].parent = runs[runs[i].parent].parent;
		i = runs[i].parent;
	}
	return i;
}

/* The first sample of text at or after x. Sixteen at a time: most of a picture is background. */
static int skip_ground(const struct sampled *s, int y, int x, int level)
{
	const uint8_t *row = s->pixels[y];
	const bytes16 least = (bytes16){ 0 } + (uint8_t) level;

	for (; x + 16 <= s->width; x += 16) {
		const words2 text = (words2) (*(const bytes16 *) (row + x) >= least);

		if (text[0] | text[1])
			break;
	}
	while (x < s->width && row[x] < level)
		x++;
	return x;
}

/* Runs of text, row by row. Whether there are few enough. */
static bool find_runs(struct blobs *b, const struct sampled *s, int level)
{
	int n = 0, y = 0;

	for (; y < s->height; y++) {
		b->row_first[y] = n;
		for (int x = skip_ground(s, y, 0, level); x < s->width;
			x = skip_ground(s, y, x, level)) {
			int x0 = x;

			while (x < s->width && s->pixels[y][x] >= level)
				x++;
			if (n == BLOBS_RUNS_MAX)
				return false;
			b->runs[n] = (struct blobs_run){ (int16_t) y, (int16_t) x0, (int16_t) x,
				(int16_t) n };
			n++;
		}
	}
	b->row_first[y] = b->n_runs = n;
	return true;
}

/* Joins the runs of two rows, or of one with itself, that are not further apart than `slack`
 * across; 0: that touch, also at a corner. */
static void join_rows(struct blobs *b, int above, int y, int slack)
{
	int a = b->row_first[above], end = b->row_first[above + 1];

	for (int i = b->row_first[y]; i < b->row_first[y + 1]; i++) {
		const struct blobs_run *run = &b->runs[i];

		while (a < end && b->runs[a].x1 + slack < run->x0)
			a++;
		for (int k = a; k < end && b->runs[k].x0 <= run->x1 + slack; k++)
			b->runs[find_root(b->runs, k)].parent = (int16_t) find_root(b->runs, i);
	}
}

static void add_run(
	struct blob *b, const struct sampled *s, const struct blobs_run *r, float ground)
{
	b->x0 = MIN(b->x0, r->x0);
	b->x1 = MAX(b->x1, r->x1);
	b->y0 = MIN(b->y0, r->y);
	b->y1 = MAX(b->y1, r->y + 1);
	b->area += r->x1 - r->x0;
	for (int x = r->x0; x < r->x1; x++) {
		float ink = (float) s->pixels[r->y][x] - ground;

		b->ink += ink;
		b->ink_x += ink * ((float) x + 0.5f);
		b->ink_y += ink * ((float) r->y + 0.5f);
	}
}

static int compare_blobs(const void *a, const void *b)
{
	return ((const struct blob *) a)->x0 - ((const struct blob *) b)->x0;
}

/* Whether there are few enough. */
static bool sum_up(struct blobs *b, const struct sampled *s, float ground)
{
	for (int i = 0; i < b->n_runs; i++)
		b->blob_of[i] = -1;
	for (int i = 0; i < b->n_runs; i++) {
		int root = find_root(b->runs, i);

		if (b->blob_of[root] < 0) {
			if (b->n == BLOBS_MAX)
				return false;
			b->list[b->n] =
				(struct blob){ .x0 = s->width, .y0 = s->height, .id = b->n };
			b->joined_to[b->n] = (int16_t) b->n;
			b->blob_of[root] = (int16_t) b->n++;
		}
		add_run(&b->list[b->blob_of[root]], s, &b->runs[i], ground);
	}
	return true;
}

bool blobs_find(struct blobs *b, const struct sampled *s, int level, int bridge, float ground)
{
	int kept = 0;

	b->n = 0;
	if (!find_runs(b, s, level))
		return false;
	for (int y = 0; y < s->height; y++)
		for (int above = MAX(y - 1 - bridge, 0); above < y + (bridge > 0); above++)
			join_rows(b, above, y, bridge);
	if (!sum_up(b, s, ground))
		return false;
	for (int i = 0; i < b->n; i++)
		if (b->list[i].area >= AREA_MIN)
			b->list[kept++] = b->list[i];
	b->n = kept;
	qsort(b->list, (size_t) kept, sizeof(b->list[0]), compare_blobs);
	return kept > 0;
}

static void add_blob(struct blob *b, const struct blob *o)
{
	b->x0 = MIN(b->x0, o->x0);
	b->x1 = MAX(b->x1, o->x1);
	b->y0 = MIN(b->y0, o->y0);
	b->y1 = MAX(b->y1, o->y1);
	b->area += o->area;
	b->ink += o->ink;
	b->ink_x += o->ink_x;
	b->ink_y += o->ink_y;
}

int blobs_join(struct blob *list, int n, int16_t *ids,
	bool (*same)(const struct blob *left, const struct blob *right))
{
	int kept = 0;

	for (int i = 0; i < n; i++) {
		struct blob *last = kept ? &list[kept - 1] : NULL;

		if (last && same(last, &list[i])) {
			if (ids)
				ids[list[i].id] = (int16_t) last->id;
			add_blob(last, &list[i]);
		} else {
			list[kept++] = list[i];
		}
	}
	return kept;
}

int blobs_id(struct blobs *b, int run)
{
	int id = b->blob_of[find_root(b->runs, run)];

	while (b->joined_to[id] != id)
		id = b->joined_to[id];
	return id;
}
