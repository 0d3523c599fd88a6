/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/digits-shape.h"

#include <math.h>

#include "common/cleanup.h"

#define UNIT 8192  /* length of a unit: sums of products of two fit into 32 bits */
#define BLOCK 3    /* samples: about a stroke's width */
#define SLACK 1.0f /* samples off its place; and as much blur */
#define ROUNDS 2   /* the directions are nearly at right angles */
#define LANES 4

typedef float lanes __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

void shape_set_unit(struct shape *s)
{
	float mean = 0, square = 0, scale;

	for (int i = 0; i < SHAPE_SAMPLES; i++) {
		mean += s->ink[i];
		square += s->ink[i] * s->ink[i];
	}
	mean /= SHAPE_SAMPLES;
	square -= mean * mean * SHAPE_SAMPLES;
	s->mean = mean;
	s->length = square > 1e-6f ? sqrtf(square) : 0;
	scale = s->length > 0 ? UNIT / s->length : 0;
	for (int i = 0; i < SHAPE_SAMPLES; i++)
		s->unit[i] = (int16_t) ((s->ink[i] - mean) * scale);
}

void shape_place(const struct segment_line *l, int i, struct shape *s)
{
	const struct segment_glyph *g = &l->glyphs[i];

	s->width = (g->x1 - g->x0) / l->height;
	s->height = (g->y1 - g->y0) / l->height;
	s->rise = (g->cy - l->top) / l->height;
}

void shape_take(const struct segmenter *s, const struct segment_line *l, int i, struct shape *ret)
{
	segmenter_patch(s, l, i, SHAPE_LINE, SHAPE_SIDE, ret->ink);
	shape_set_unit(ret);
	shape_place(l, i, ret);
}

float shape_likeness(const struct shape *a, const struct shape *b)
{
	int32_t sum = 0;

	for (int i = 0; i < SHAPE_SAMPLES; i++)
		sum += a->unit[i] * b->unit[i];
	return (float) sum / ((float) UNIT * UNIT);
}

static float dot(const float *a, const float *b)
{
	lanes sum = { 0 };

	for (int i = 0; i < SHAPE_SAMPLES; i += LANES)
		sum += *(const lanes *) (a + i) * *(const lanes *) (b + i);
	return sum[0] + sum[1] + sum[2] + sum[3];
}

/* a += factor * b */
static void add(float *a, float factor, const float *b)
{
	for (int i = 0; i < SHAPE_SAMPLES; i += LANES)
		*(lanes *) (a + i) += factor * *(const lanes *) (b + i);
}

/* What a shape may be off by and still be the same: gain, place, sharpness. As directions that its
 * samples change in. */
enum {
	GAIN,
	ACROSS,
	DOWN,
	BLUR,
	DIRECTIONS
};

static void set_directions(const struct shape *t, float directions[DIRECTIONS][SHAPE_SAMPLES])
{
	for (int i = 0; i < SHAPE_SAMPLES; i++)
		directions[GAIN][i] = t->ink[i] - t->mean;
	for (int y = 0; y < SHAPE_SIDE; y++) {
		const float *p = t->ink + y * SHAPE_SIDE;
		const float *up = y > 0 ? p - SHAPE_SIDE : p;
		const float *down = y + 1 < SHAPE_SIDE ? p + SHAPE_SIDE : p;
		float *across = directions[ACROSS] + y * SHAPE_SIDE;
		float *blur = directions[BLUR] + y * SHAPE_SIDE;

		for (int x = 1; x + 1 < SHAPE_SIDE; x++) {
			across[x] = (p[x + 1] - p[x - 1]) / 2;
			blur[x] = (p[x - 1] + p[x + 1] + up[x] + down[x]) / 4 - p[x];
		}
		across[0] = across[SHAPE_SIDE - 1] = blur[0] = blur[SHAPE_SIDE - 1] = 0;
		for (int x = 0; x < SHAPE_SIDE; x++)
			directions[DOWN][y * SHAPE_SIDE + x] = (down[x] - up[x]) / 2;
	}
}

/* What is left of the shape when as much as is allowed has been put down to gain, place and
 * sharpness. Returns the gain. */
static float take_apart(const struct shape *s, const struct shape *template, float *left)
{
	float directions[DIRECTIONS][SHAPE_SAMPLES], squares[DIRECTIONS], parts[DIRECTIONS] = { 0 };

	set_directions(template, directions);
	for (int i = 0; i < SHAPE_SAMPLES; i++)
		left[i] = s->ink[i] - s->mean;
	for (int k = 0; k < DIRECTIONS; k++)
		squares[k] = MAX(dot(directions[k], directions[k]), 1e-6f);
	for (int round = 0; round < ROUNDS; round++)
		for (int k = 0; k < DIRECTIONS; k++) {
			float limit = k == GAIN ? 10 : SLACK * fabsf(parts[GAIN]);
			float part = parts[k] + dot(left, directions[k]) / squares[k];

			part = CLAMP(part, -limit, limit);
			add(left, parts[k] - part, directions[k]);
			parts[k] = part;
		}
	return parts[GAIN];
}

float shape_difference(const struct shape *s, const struct shape *template)
{
	float left[SHAPE_SAMPLES], across[SHAPE_SIDE][SHAPE_SIDE], most = 0;
	float gain = take_apart(s, template, left);

	if (gain <= 1e-3f)
		return INFINITY;
	for (int y = 0; y < SHAPE_SIDE; y++) {
		const float *p = left + y * SHAPE_SIDE;

		for (int x = 0; x + BLOCK <= SHAPE_SIDE; x++)
			across[y][x] = p[x] + p[x + 1] + p[x + 2];
	}
	for (int y = 0; y + BLOCK <= SHAPE_SIDE; y++)
		for (int x = 0; x + BLOCK <= SHAPE_SIDE; x++)
			most = MAX(most, fabsf(across[y][x] + across[y + 1][x] + across[y + 2][x]));
	return most / (BLOCK * BLOCK * gain);
}

bool shape_same_size(const struct shape *a, const struct shape *b)
{
	return fabsf(a->width - b->width) < 0.14f && fabsf(a->height - b->height) < 0.14f &&
	       fabsf(a->rise - b->rise) < 0.1f;
}
