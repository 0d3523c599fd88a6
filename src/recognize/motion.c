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

int motion_look(struct motion *m, const struct grey *picture, double levels, float *ret)
{
	int changed = 0, r = patch_load(&m->window, &m->grid, picture);
	const struct patch *p = &m->patch;

	if (r < 0)
		return r;
	patch_sample(&m->window, &m->grid, 0, 0, &m->patch);
	if (m->mask)
		patch_hide(&m->patch, m->mask);
	for (int i = 0; m->known && i < p->n; i++)
		if ((!m->mask || m->mask->counts[i]) &&
			fabsf(p->cell[i] + p->mean - m->kept[i]) > (float) levels)
			changed++;
	*ret = (float) changed / (float) MAX(p->seen, 1);
	return 0;
}

void motion_keep(struct motion *m)
{
	const struct patch *p = &m->patch;

	for (int i = 0; i < p->n; i++)
		m->kept[i] = p->cell[i] + p->mean;
	m->known = true;
}
