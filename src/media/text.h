/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text in a luma plane with a built-in 5x7 font of printable ASCII (others show as a box). Pure. */
#pragma once

#include <stdint.h>

/* x, y: top left corner in pixels; scale: pixels per dot; clips at the plane's edges. */
void text_draw(uint8_t *luma, int stride, int width, int height, int x, int y, int scale,
	uint8_t value, const char *text);

/* Width in pixels of a text at a scale. */
int text_width(const char *text, int scale);
