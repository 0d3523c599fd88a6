/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a card that encodes by itself would give: H.264 by libx264, of flat pictures, each with a
 * grey of its own by which it is known again after it was decoded.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/frame.h"

#define CODED_UNITS_MAX 32
#define CODED_WIDTH 128
#define CODED_HEIGHT 64

struct coded_units {
	int n;
	struct coded_unit {
		uint8_t *data;
		size_t size;
		size_t picture; /* where the first slice begins, behind the parameter sets */
		int luma;
		bool key;
	} list[CODED_UNITS_MAX];
};

/* n pictures; keys: bits of those that are an IDR. b_pictures: so many between two others, in the
 * order in which they are decoded. False: there is no libx264. */
bool coded_units_make(struct coded_units *u, int n, uint32_t keys, int b_pictures);
void coded_units_free(struct coded_units *u);

/* Is it this grey, all over? */
bool coded_luma_is(const struct frame *f, int luma);
