/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What turns on invented screens: reels with symbols, and wheels. Both are drawn once and kept in
 * struct sprites, one for each size and tone; a frame then only copies them to where they stand.
 * Where they stand follows from a seed and a number of frames alone.
 */
#pragma once

#include "common/cleanup.h"
#include "tests/tools/canvas.h"

enum symbol {
	SYMBOL_CHERRY,
	SYMBOL_SEVEN,
	SYMBOL_BAR,
	SYMBOL_STAR,
	SYMBOL_BELL,
	SYMBOL_GEM,
	SYMBOL_CROWN,
	SYMBOL_FISH,
	SYMBOL_MOON,
	SYMBOL_CLOVER,
	SYMBOL_COIN,
	SYMBOL_SWEET,
	SYMBOL_LETTER, /* and those above: A K Q J 9 … */
};

#define REELS_SYMBOLS_MAX 12

struct reels {
	struct rect area;
	int columns, rows, gap;
	uint32_t back, edge; /* colours of a cell */
	bool cells;          /* each symbol on a tile of its own */
	uint8_t symbols[REELS_SYMBOLS_MAX];
	int n_symbols;
};

struct wheel {
	int x, y, inner, outer; /* centre and radii */
	const uint32_t *colours;
	int sectors;
};

enum spin {
	SPIN_NEVER,
	SPIN_AGAIN, /* spins, stops, rests, spins … */
	SPIN_ALWAYS,
};

struct sprites *sprites_new(void);
struct sprites *sprites_free(struct sprites *s);
DEFINE_CLEANUP(struct sprites *, sprites_free)

void symbol_draw(struct canvas *c, int symbol, struct rect r);

/* The reels must be constant: they name their sprites. Without memory nothing is drawn. */
void reels_draw(struct canvas *c, const struct reels *r, uint64_t seed, int frame, enum spin spin);

/* turn: 0 … 1023 */
void wheel_draw(struct canvas *c, const struct wheel *w, int turn);

/* A number that looks random and follows from three. */
uint64_t mix64(uint64_t a, uint64_t b, uint64_t c);
