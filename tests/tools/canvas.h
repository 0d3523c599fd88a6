/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drawing into I420 for invented screens. Lengths are those of a screen of 640x480, whatever the
 * picture has; colours are 0xRRGGBB and pass through a tone, so that gain, offset and range cost
 * nothing for each frame. All drawing clips. No allocation.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "recognize/grey.h"

#define CANVAS_WIDTH 640
#define CANVAS_HEIGHT 480

/* What a level of BT.601 in limited range becomes. */
struct tone {
	uint8_t luma[256], chroma[256];
};

struct sprites;

struct canvas {
	uint8_t *plane[3];
	int stride[3];
	int width, height;    /* pixels */
	int full_w, full_h;   /* pixels of a whole screen, for the scale */
	int shift_x, shift_y; /* pixels by which all of it lies off */
	struct rect clip;     /* pixels */
	const struct tone *tone;
	struct sprites *sprites; /* kept between frames; of reels.h */
};

enum type_style {
	TYPE_PLAIN,
	TYPE_BOLD,
	TYPE_SLANT,
	TYPE_DOTS,    /* a matrix of lamps */
	TYPE_SEGMENT, /* digits of seven strokes; others are left free */
};

struct type {
	enum type_style style;
	int dot_w, dot_h;
};

/* Parts of 0 … 100 of each of the colour's channels. */
uint32_t rgb_dim(uint32_t rgb, int percent);

/* part 0: a … 256: b */
uint32_t rgb_mix(uint32_t a, uint32_t b, int part);

/* The whole picture, what a shift uncovers too. */
void canvas_clear(struct canvas *c, uint32_t rgb);
void canvas_fill(struct canvas *c, struct rect r, uint32_t rgb);
void canvas_gradient(struct canvas *c, struct rect r, uint32_t top, uint32_t bottom);
void canvas_frame(struct canvas *c, struct rect r, int thickness, uint32_t rgb);

/* With cut corners. */
void canvas_round(struct canvas *c, struct rect r, int corner, uint32_t rgb);
void canvas_disc(struct canvas *c, int x, int y, int radius, uint32_t rgb);

/* Any polygon of up to 24 corners: x, y, x, y … */
void canvas_polygon(struct canvas *c, const float *corners, int n, uint32_t rgb);
void canvas_star(struct canvas *c, int x, int y, int radius, int rays, float turn, uint32_t rgb);

int canvas_text_width(const struct type *t, const char *text);
void canvas_text(
	struct canvas *c, int x, int y, const struct type *t, uint32_t rgb, const char *text);

/* In the middle of the rectangle. */
void canvas_label(
	struct canvas *c, struct rect r, const struct type *t, uint32_t rgb, const char *text);

/* Drawing is limited to the rectangle until canvas_unclip(). */
void canvas_clip(struct canvas *c, struct rect r);
void canvas_unclip(struct canvas *c);

/* Softens all of it a little, as scalers do. */
void canvas_soften(struct canvas *c);

/* A pixel that the rectangle's left, top, right or bottom edge falls on. */
int canvas_pixel_x(const struct canvas *c, int x);
int canvas_pixel_y(const struct canvas *c, int y);
