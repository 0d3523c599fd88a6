/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One region of interest in the better mode: what it looks like in its state (own templates) and in
 * the other states (rivals), and how much a picture is like them. Correlation does not see
 * brightness and contrast; the gain says how strong the pattern is, so a pattern that fades or is
 * greyed out is told from the same one at its full strength. A small search finds by how much the
 * card shifts the picture. Pure; one thread.
 */
#pragma once

#include "recognize/patch.h"

#define REGION_OWN_MAX 64
#define REGION_RIVALS_MAX 64

struct region_template {
	float *cell; /* differences from the mean, of unit norm */
	float norm, mean;
	float detail; /* patch_detail() */
	int reference;
	bool own;
	bool idle; /* a rival that looks as the state itself does: it tells nothing */
};

struct region {
	struct patch_grid grid;
	bool outlines;           /* compare these; set after region_init() */
	struct patch_mask *mask; /* NULL: none */
	struct patch_window window;
	struct patch scratch;
	struct region_template templates[REGION_OWN_MAX + REGION_RIVALS_MAX];
	int n_templates, n_own;
	bool sorted; /* idle is up to date */
	/* parts of the own gain: rivals of the same pattern but another strength lie beyond */
	float gain_low, gain_high;
	/* the shift found last, in pixels of the rules' screen */
	double shift_x, shift_y;
	bool found;       /* … ever */
	int until_search; /* pictures */
	bool aligned;     /* … with a good match in the picture looked at last */
	bool there;       /* the picture looked at last showed something much like its own */
};

/* What one picture shows there. */
struct region_view {
	float correlation; /* with the nearest own template: -1 … 1; 0 where nothing is to be seen
			    */
	float gain;        /* strength of its pattern; 1: as in the reference */
	float contrast;    /* standard deviation, 0 … 255 */
	float detail;      /* against that of the nearest one; 1 when it is not worth a look */
	int reference;     /* the nearest one; -1 */
	bool beaten;       /* a rival is nearer */
};

/* -EINVAL for a rectangle outside the screen. */
int region_init(struct region *r, struct rect rect, int width, int height);
void region_deinit(struct region *r);

/* What lies under these rectangles of a screen of width x height does not count. After outlines is
 * set and before anything is learnt. 0; -EINVAL when next to nothing is left; -ENOMEM. */
int region_set_masks(struct region *r, const struct rect *masks, int n, int width, int height);

/* Learns how the region looks in a picture of its own state, or of another one. 0, -ENOMEM,
 * -ENOSPC; -ENODATA when there is nothing to be seen in an own one (flat), which then tells
 * nothing. */
int region_add(struct region *r, const struct grey *picture, bool own, int reference);

/* The shift it found last, in samples of another window of the same picture. */
void region_shift(const struct region *r, const struct patch_window *w, int *ret_x, int *ret_y);

/* Takes over by how much the same region, with other templates, found pictures shifted. */
void region_continue(struct region *r, const struct region *from);

/* hint: a region that knows the shift of this picture already, or NULL. 0, -ENOMEM. */
int region_look(struct region *r, const struct grey *picture, const struct region *hint,
	struct region_view *ret);
