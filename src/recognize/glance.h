/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does a region still look as it did? Sums of small cells are compared with those of the picture
 * that was last called another one, so that slow changes are noticed as well. Costs a small part of
 * what it takes to read a number. Pure; one thread for each object.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "recognize/grey.h"

struct glance {
	uint16_t *kept, *fresh; /* sums of the cells, row by row */
	size_t room;
	int cols, rows; /* of what is kept; 0: nothing is */
	int width, height;
	bool limited;
};

/* True the first time, for another size, and when a cell differs by more than noise does; then this
 * picture is what later ones are compared with. True as well where nothing can be told: a region
 * that is too small, or no memory. Zero it before the first call. */
bool glance_differs(struct glance *g, const struct grey *picture, struct rect r);

/* The next one differs. */
void glance_forget(struct glance *g);
void glance_deinit(struct glance *g);
