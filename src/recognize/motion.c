/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/motion.h"

#include <errno.h>
#include <math.h>
#include <string.h>

int motion_init(struct motion *m, const struct roi *roi, int width, int height)
{
	int r;

	memset(m, 0, sizeof(*m));
	r = patch_grid_init(&m->grid, roi->rect, width, height);
	if (r < 0)
		return r;
	m->grid.cols = MIN(m->grid.cols, MOTION_SIDE_MAX);
	m->grid.rows = MIN(m->grid.rows, MOTION_SIDE_MAX);
	return patch_mask_new(&m->mask, &m->grid, roi->masks, roi->n_masks, width, height);
}

void motion_deinit(struct motion *m)
{
	patch_window_deinit(&m->window);
	m->mask = patch_mask_free(m->mask);
}

/* The share at that shift. Leaves the patch there. */
static float share_at(struct motion *m, int dx, int dy, double levels)
{
	const struct patch *p = &m->patch;
	int changed = 0;

	patch_sample(&m->window, &m->grid, dx, dy, &m->patch);
	if (m->mask)
		patch_hide(&m->patch, m->mask);
	for (int i = 0; m->known && i < p->n; i++)
		if ((!m->mask || m->mask->counts[i]) &&
			fabsf(p->cell[i] + p->mean - m->kept[i]) > (float) levels + m->slack[i])
			changed++;
	return (float) changed / (float) MAX(p->seen, 1);
}

int motion_look(struct motion *m, const struct grey *picture, const struct region *guide,
	double levels, float *ret)
{
	int x = 0, y = 0, best_x, best_y, r = patch_load(&m->window, &m->grid, picture);
	float share;

	if (r < 0)
		return r;
	if (guide)
		region_shift(guide, &m->window, &x, &y);
	best_x = x;
	best_y = y;
	*ret = share_at(m, x, y, levels);
	if (*ret <= MOTION_NONE)
		return 0;
	/* The guide is content with a shift that is wrong by a sample. */
	for (int k = 0; k < 9; k++) {
		int dx = x + k % 3 - 1, dy = y + k / 3 - 1;

		share = share_at(m, dx, dy, levels);
		if (share >= *ret)
			continue;
		*ret = share;
		best_x = dx;
		best_y = dy;
	}
	(void) share_at(m, best_x, best_y, levels);
	return 0;
}

/* How much the cell differs from its neighbours along one axis, at most. */
static float step_at(const float *cell, int at, int end, int step)
{
	float before = at > 0 ? fabsf(cell[-step] - *cell) : 0;
	float after = at < end - 1 ? fabsf(cell[step] - *cell) : 0;

	return MAX(before, after);
}

void motion_keep(struct motion *m)
{
	const struct patch *p = &m->patch;
	const struct patch_grid *g = &m->grid;

	for (int i = 0; i < p->n; i++)
		m->kept[i] = p->cell[i] + p->mean;
	for (int i = 0; i < p->n; i++) {
		float x = step_at(&m->kept[i], i % g->cols, g->cols, 1);
		float y = step_at(&m->kept[i], i / g->cols, g->rows, g->cols);

		m->slack[i] =
			x / (float) MAX(m->window.cell_x, 1) + y / (float) MAX(m->window.cell_y, 1);
	}
	m->known = true;
}
