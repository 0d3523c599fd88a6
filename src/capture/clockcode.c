/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Four rows of 24 cells fill the top sixth of the picture. In each row the two cells at either end
 * are the guard, white and black in turns from row to row, and the 20 in between carry bits,
 * highest first: 48 of time, 24 of number, 8 of CRC.
 *
 *	W B  t47 … t28  B W
 *	B W  t27 …  t8  W B
 *	W B  t7 …  n12  B W
 *	B W  n11 …  c0  W B
 *
 * The reader takes its idea of black and white from the guard, so gain and offset do not matter,
 * and looks at the middle of a cell only, so neither does a blur. A cell that is neither black nor
 * white spoils the whole reading: a wrong time would be worse than none.
 */
#include "capture/clockcode.h"

#include <stddef.h>
#include <string.h>

#define COLUMNS 24
#define ROWS 4
#define GUARD 2
#define DATA (COLUMNS - 2 * GUARD)
#define STRIP 24 /* a row's height is the picture's over this */
#define BLACK 16
#define WHITE 235
#define CONTRAST_MIN 40 /* between the guard's black and white */

/* CRC-8, polynomial x^8 + x^2 + x + 1, over time and number, most significant byte first. */
static uint8_t checksum(const struct clockcode *c)
{
	uint8_t bytes[9], crc = 0xff;

	for (int i = 0; i < 6; i++)
		bytes[i] = (uint8_t) (c->usec >> (40 - 8 * i));
	for (int i = 0; i < 3; i++)
		bytes[6 + i] = (uint8_t) (c->number >> (16 - 8 * i));
	for (size_t i = 0; i < sizeof(bytes); i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (uint8_t) (crc & 0x80 ? crc << 1 ^ 0x07 : crc << 1);
	}
	return crc;
}

static bool guard_white(int row, int column)
{
	return (row + (column == 0 || column == COLUMNS - 1)) % 2 == 1;
}

static bool is_guard(int column)
{
	return column < GUARD || column >= COLUMNS - GUARD;
}

/* The bit of the i-th data cell. */
static bool data_white(const struct clockcode *c, int i)
{
	if (i < 48)
		return c->usec >> (47 - i) & 1;
	if (i < 72)
		return c->number >> (71 - i) & 1;
	return checksum(c) >> (79 - i) & 1;
}

static int edge(int side, int cell, int cells)
{
	return (int) ((int64_t) side * cell / cells);
}

void clockcode_draw(uint8_t *luma, int stride, int width, int height, const struct clockcode *c)
{
	for (int row = 0; row < ROWS; row++) {
		int top = edge(height, row, STRIP), bottom = edge(height, row + 1, STRIP);
		uint8_t *first = luma + (ptrdiff_t) top * stride;

		for (int column = 0; column < COLUMNS; column++) {
			int left = edge(width, column, COLUMNS);
			int right = edge(width, column + 1, COLUMNS);
			bool white = is_guard(column) ? guard_white(row, column)
						      : data_white(c, row * DATA + column - GUARD);

			memset(first + left, white ? WHITE : BLACK, (size_t) (right - left));
		}
		for (int y = top + 1; y < bottom; y++)
			memcpy(luma + (ptrdiff_t) y * stride, first, (size_t) width);
	}
}

/* Mean of the middle of a cell: half of its width and height, at least one pixel. */
static int cell_level(const uint8_t *luma, int stride, int width, int height, int row, int column)
{
	int left = edge(width, 4 * column + 1, 4 * COLUMNS);
	int right = edge(width, 4 * column + 3, 4 * COLUMNS);
	int top = edge(height, 4 * row + 1, 4 * STRIP);
	int bottom = edge(height, 4 * row + 3, 4 * STRIP);
	int64_t sum = 0;

	right += right == left;
	bottom += bottom == top;
	for (int y = top; y < bottom; y++)
		for (int x = left; x < right; x++)
			sum += luma[(ptrdiff_t) y * stride + x];
	return (int) (sum / ((int64_t) (right - left) * (bottom - top)));
}

/* Levels of black and white as the guard has them; false when it does not look like a guard. */
static bool read_guard(int level[ROWS][COLUMNS], int *ret_black, int *ret_white)
{
	int black_max = 0, white_min = 255, black = 0, white = 0;

	for (int row = 0; row < ROWS; row++) {
		for (int column = 0; column < COLUMNS; column++) {
			int l = level[row][column];

			if (!is_guard(column))
				continue;
			if (guard_white(row, column)) {
				white_min = l < white_min ? l : white_min;
				white += l;
			} else {
				black_max = l > black_max ? l : black_max;
				black += l;
			}
		}
	}
	*ret_black = black / (ROWS * GUARD);
	*ret_white = white / (ROWS * GUARD);
	return white_min - black_max >= CONTRAST_MIN;
}

bool clockcode_read(const uint8_t *luma, int stride, int width, int height, struct clockcode *ret)
{
	int level[ROWS][COLUMNS], black, white, margin;
	struct clockcode c = { 0 };
	uint8_t crc = 0;

	if (width < COLUMNS || height < STRIP)
		return false;
	for (int row = 0; row < ROWS; row++)
		for (int column = 0; column < COLUMNS; column++)
			level[row][column] = cell_level(luma, stride, width, height, row, column);
	if (!read_guard(level, &black, &white))
		return false;
	margin = (white - black) / 8;
	for (int i = 0; i < ROWS * DATA; i++) {
		int above = level[i / DATA][GUARD + i % DATA] - (black + white) / 2;
		bool bit = above > 0;

		if (above > -margin && above < margin)
			return false;
		if (i < 48)
			c.usec = c.usec << 1 | bit;
		else if (i < 72)
			c.number = c.number << 1 | bit;
		else
			crc = (uint8_t) (crc << 1 | bit);
	}
	if (crc != checksum(&c))
		return false;
	*ret = c;
	return true;
}
