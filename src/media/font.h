/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dots of the built-in font: one byte per row from the top, the leftmost dot in bit 4. */
#pragma once

#include <stdint.h>

#define FONT_WIDTH 5
#define FONT_HEIGHT 7
#define FONT_FIRST ' '
#define FONT_LAST '~'
#define FONT_GLYPHS (FONT_LAST - FONT_FIRST + 2) /* the last one is the box for all the others */

extern const uint8_t font_glyphs[FONT_GLYPHS][FONT_HEIGHT];
