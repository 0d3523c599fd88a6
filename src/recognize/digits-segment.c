/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text and background are told apart by Otsu's threshold, moved to half way between both levels so
 * that blur does not move the edges. Connected pixels make blobs; blobs above each other make a
 * glyph. The line is where the tall ones are.
 *
 * Glyphs may lean out of the rectangle; one that lies beside it and close to the number, or is cut
 * by the working picture's edge, means that the number is not wholly seen: then there is no line.
 */
#include "recognize/digits-segment.h"

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "recognize/digits-blobs.h"
#include "recognize/digits-sample.h"

#define SPAN_MIN 12.0f /* grey levels */
#define HEIGHT_MIN 12  /* pixels: smaller text cannot be told apart */
#define SPECK 0.012f   /* area of what is too small to be a point, in heights squared */
#define BROKEN 0.15f   /* of a glyph's height: more between two pieces is between two lines */
#define REACH 0.1f     /* heights around a glyph that are looked at with it */
#define NONE INT16_MAX /* no edge */
#define APART 0.6f     /* heights between the number and what does not belong to it */

struct segmenter {
	struct sampled picture;
	struct blobs blobs;
	struct blob joined[BLOBS_MAX]; /* used while the line is looked for */
	/* Of the line looked at last: what parts a glyph from the one before it, in each row; one
	 * more for the end. */
	float borders[SEGMENT_GLYPHS_MAX + 1][SAMPLED_ROWS_MAX];
	/* used while those are looked for: each glyph's edges in each row, beyond: right */
	int16_t left[SEGMENT_GLYPHS_MAX][SAMPLED_ROWS_MAX];
	int16_t right[SEGMENT_GLYPHS_MAX][SAMPLED_ROWS_MAX];
};

int segmenter_new(struct segmenter **ret)
{
	struct segmenter *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	*ret = s;
	return 0;
}

struct segmenter *segmenter_free(struct segmenter *s)
{
	free(s);
	return NULL;
}

/* Four at a time: a run of one level, as the background is, would wait for each sum in turn. */
static void count_levels(const struct sampled *p, unsigned histogram[256])
{
	unsigned part[4][256] = { { 0 } };

	for (int y = p->inside_y0; y < p->inside_y1; y++)
		for (int x = 0; x < p->width; x++)
			part[x % 4][p->pixels[y][x]]++;
	for (int i = 0; i < 256; i++)
		histogram[i] = part[0][i] + part[1][i] + part[2][i] + part[3][i];
}

static int otsu(const unsigned histogram[256], unsigned total)
{
	double sum = 0, below_sum = 0, best = -1;
	unsigned below = 0;
	int level = 0;

	for (int i = 0; i < 256; i++)
		sum += (double) i * histogram[i];
	for (int i = 0; i < 255; i++) {
		double d;

		below += histogram[i];
		below_sum += (double) i * histogram[i];
		if (!below || below == total)
			continue;
		d = below_sum / below - (sum - below_sum) / (total - below);
		d *= d * below * (total - below);
		if (d > best) {
			best = d;
			level = i + 1;
		}
	}
	return level;
}

/* The level that the given share of the samples from first to last stays below. */
static int quantile(const unsigned histogram[256], int first, int last, double share)
{
	unsigned total = 0, sum = 0;

	for (int i = first; i <= last; i++)
		total += histogram[i];
	for (int i = first; i <= last; i++) {
		sum += histogram[i];
		if (sum && sum >= share * total)
			return i;
	}
	return first;
}

/* The first level of text, or 0 when there is none; sets ground, span and contrast. */
static int find_levels(const struct segmenter *s, bool limited, struct segment_line *l)
{
	unsigned histogram[256];
	int level, ground = 0, text = 0;

	count_levels(&s->picture, histogram);
	level = otsu(histogram,
		(unsigned) (s->picture.width * (s->picture.inside_y1 - s->picture.inside_y0)));
	for (int i = 0; level && i < 2; i++) {
		ground = quantile(histogram, 0, level - 1, 0.5);
		text = quantile(histogram, level, 255, 0.7);
		level = (ground + text + 1) / 2;
	}
	l->ground = (float) ground;
	l->span = (float) (text - ground);
	l->contrast = limited ? l->span * 255 / 219 : l->span;
	return l->span >= SPAN_MIN ? level : 0;
}

static bool is_cut(const struct segmenter *s, const struct blob *b)
{
	return b->x0 == 0 || b->x1 == s->picture.width || b->y0 == 0 || b->y1 == s->picture.height;
}

/* Whether the blobs overlap for the greater part of the narrower one's width. */
static bool is_above(const struct blob *a, const struct blob *b)
{
	return 2 * (MIN(a->x1, b->x1) - MAX(a->x0, b->x0)) > MIN(a->x1 - a->x0, b->x1 - b->x0);
}

/* Whether they are strokes of one glyph that do not quite touch, as in digits of seven of them,
 * rather than of two lines of text. */
static bool is_broken(const struct blob *a, const struct blob *b)
{
	int height = MAX(a->y1, b->y1) - MIN(a->y0, b->y0);
	int apart = MAX(a->y0, b->y0) - MIN(a->y1, b->y1);
	int width = MAX(a->x1, b->x1) - MIN(a->x0, b->x0);

	return is_above(a, b) && width < 2 * height && (float) apart < BROKEN * (float) height &&
	       (float) MIN(a->area, b->area) > SPECK * (float) height * (float) height;
}

/* Where between the last pixel outside and the first one inside half of the contrast is crossed, as
 * a distance outwards from the centre of the pixel inside. */
static float crossing(float outside, float inside, float half)
{
	return inside > outside ? CLAMP((inside - half) / (inside - outside), 0.0f, 1.0f) : 0.5f;
}

static float brightest(const struct segmenter *s, int x0, int x1, int y0, int y1)
{
	int max = 0;

	for (int y = MAX(y0, 0); y < MIN(y1, s->picture.height); y++)
		for (int x = MAX(x0, 0); x < MIN(x1, s->picture.width); x++)
			max = MAX(max, s->picture.pixels[y][x]);
	return (float) max;
}

static struct segment_glyph glyph_of(
	const struct segmenter *s, const struct blob *b, const struct segment_line *l)
{
	float half = l->ground + l->span / 2;
	float left = crossing(brightest(s, b->x0 - 1, b->x0, b->y0, b->y1),
		brightest(s, b->x0, b->x0 + 1, b->y0, b->y1), half);
	float right = crossing(brightest(s, b->x1, b->x1 + 1, b->y0, b->y1),
		brightest(s, b->x1 - 1, b->x1, b->y0, b->y1), half);
	float up = crossing(brightest(s, b->x0, b->x1, b->y0 - 1, b->y0),
		brightest(s, b->x0, b->x1, b->y0, b->y0 + 1), half);
	float down = crossing(brightest(s, b->x0, b->x1, b->y1, b->y1 + 1),
		brightest(s, b->x0, b->x1, b->y1 - 1, b->y1), half);

	return (struct segment_glyph){
		.x0 = (float) b->x0 + 0.5f - left,
		.x1 = (float) b->x1 - 0.5f + right,
		.y0 = (float) b->y0 + 0.5f - up,
		.y1 = (float) b->y1 - 0.5f + down,
		.cx = b->ink_x / b->ink,
		.cy = b->ink_y / b->ink,
	};
}

/* Whether it is one of the rectangle's, wholly seen. */
static bool is_own(const struct segmenter *s, const struct blob *b)
{
	const struct sampled *p = &s->picture;
	int middle = (b->y0 + b->y1) / 2;

	return !is_cut(s, b) && b->x1 > p->inside_x0 && b->x0 < p->inside_x1 &&
	       middle >= p->inside_y0 && middle < p->inside_y1;
}

/* Top and height of the tall blobs; whether there are any. */
static bool find_band(struct segmenter *s, struct segment_line *l)
{
	float top = 0, bottom = 0;
	int n, tallest = 0, count = 0;

	memcpy(s->joined, s->blobs.list, (size_t) s->blobs.n * sizeof(s->joined[0]));
	n = blobs_join(s->joined, s->blobs.n, NULL, is_broken);
	for (int i = 0; i < n; i++)
		if (is_own(s, &s->joined[i]))
			tallest = MAX(tallest, s->joined[i].y1 - s->joined[i].y0);
	for (int i = 0; i < n; i++) {
		const struct blob *b = &s->joined[i];
		struct segment_glyph g;

		if (!is_own(s, b) || 5 * (b->y1 - b->y0) < 4 * tallest)
			continue;
		g = glyph_of(s, b, l);
		top += g.y0;
		bottom += g.y1;
		count++;
	}
	if (!count || tallest < HEIGHT_MIN)
		return false;
	l->top = top / (float) count;
	l->height = bottom / (float) count - l->top;
	return true;
}

/* Whether it stands in the line. A comma may hang out of it; of what is cut, as frames around a
 * number are, that must not be thought. */
static bool is_in_line(
	const struct segmenter *s, const struct blob *b, const struct segment_line *l)
{
	float out_above = is_cut(s, b) ? 0 : 0.1f, out_below = is_cut(s, b) ? 0 : 0.3f;

	return (float) b->area >= SPECK * l->height * l->height &&
	       (float) b->y1 > l->top - out_above * l->height &&
	       (float) b->y0 < l->top + (1 + out_below) * l->height;
}

/* Drops specks and what lies above or below the line; makes glyphs of what is left. */
static void keep_line(struct segmenter *s, const struct segment_line *l)
{
	struct blobs *blobs = &s->blobs;
	int kept = 0;

	for (int i = 0; i < blobs->n; i++)
		if (is_in_line(s, &blobs->list[i], l))
			blobs->list[kept++] = blobs->list[i];
	blobs->n = blobs_join(blobs->list, kept, blobs->joined_to, is_above);
}

/* A blob that is cut or lies beside the rectangle does not belong to the number; standing as close
 * as its digits do, it shows that some of the number is not seen. ids: those of the glyphs. */
static void find_glyphs(const struct segmenter *s, struct segment_line *l, int *ids)
{
	const struct blob *foreign = NULL;

	for (int i = 0; i < s->blobs.n; i++) {
		const struct blob *b = &s->blobs.list[i];
		bool own = is_own(s, b);
		struct segment_glyph g = glyph_of(s, b, l);

		if (own && l->n < SEGMENT_GLYPHS_MAX &&
			(!foreign || g.x0 - (float) foreign->x1 > APART * l->height)) {
			ids[l->n] = b->id;
			l->glyphs[l->n++] = g;
		} else if (own || (l->n && g.x0 - l->glyphs[l->n - 1].x1 < APART * l->height)) {
			l->n = 0;
			return;
		}
		foreign = own ? NULL : b;
	}
}

/* Each glyph's edges in each row, and in those above and below it, where its blur is. */
static void find_edges(struct segmenter *s, const struct segment_line *l, const int *ids)
{
	int8_t glyph_of_id[BLOBS_MAX];

	memset(glyph_of_id, -1, sizeof(glyph_of_id));
	for (int i = 0; i < l->n; i++) {
		glyph_of_id[ids[i]] = (int8_t) i;
		for (int y = 0; y < s->picture.height; y++) {
			s->left[i][y] = NONE;
			s->right[i][y] = -NONE;
		}
	}
	for (int i = 0; i < s->blobs.n_runs; i++) {
		const struct blobs_run *run = &s->blobs.runs[i];
		int g = glyph_of_id[blobs_id(&s->blobs, i)];

		for (int y = MAX(run->y - 1, 0); g >= 0 && y < MIN(run->y + 2, s->picture.height);
			y++) {
			s->left[g][y] = MIN(s->left[g][y], run->x0);
			s->right[g][y] = MAX(s->right[g][y], run->x1);
		}
	}
}

/* Between two glyphs that may lean over each other. In a row that only one of them is in, half a
 * stroke is left to it for its blur. */
static void find_borders(struct segmenter *s, const struct segment_line *l)
{
	float blur = REACH / 2 * l->height;

	for (int y = 0; y < s->picture.height; y++) {
		s->borders[0][y] = l->glyphs[0].x0 - REACH * l->height;
		s->borders[l->n][y] = l->glyphs[l->n - 1].x1 + REACH * l->height;
	}
	for (int i = 1; i < l->n; i++) {
		float middle = (l->glyphs[i - 1].x1 + l->glyphs[i].x0) / 2;

		for (int y = 0; y < s->picture.height; y++) {
			float right = s->right[i - 1][y], left = s->left[i][y];

			if (right > 0 && left < NONE)
				s->borders[i][y] = (right + left) / 2;
			else if (right > 0)
				s->borders[i][y] = MAX(middle, right + blur);
			else
				s->borders[i][y] = MIN(middle, left - blur);
		}
	}
}

void segmenter_look(struct segmenter *s, const struct grey *g, struct rect r,
	const struct segment_how *how, struct segment_line *ret)
{
	struct segment_line l = { 0 };
	int level, ids[SEGMENT_GLYPHS_MAX];

	*ret = l;
	if (!sampled_take(&s->picture, g, r, how->aspect, how->dark))
		return;
	if (how->smear > 1)
		sampled_smear(&s->picture, how->smear);
	level = find_levels(s, g->limited, &l);
	if (level && blobs_find(&s->blobs, &s->picture, level, how->bridge, l.ground) &&
		find_band(s, &l)) {
		keep_line(s, &l);
		find_glyphs(s, &l, ids);
	}
	if (l.n) {
		find_edges(s, &l, ids);
		find_borders(s, &l);
	}
	*ret = l;
}

/* The sample at or before a place, and how far beyond it the place lies. */
struct place {
	int index; /* -1: outside */
	float beyond;
};

static struct place place_at(float at, int limit)
{
	int i;

	if (at < 0 || at > (float) limit)
		return (struct place){ -1, 0 };
	at = CLAMP(at - 0.5f, 0.0f, (float) limit - 1.01f);
	i = (int) at;
	return (struct place){ i, at - (float) i };
}

void segmenter_patch(const struct segmenter *s, const struct segment_line *l, int i, int height,
	int n, float *ret)
{
	const struct segment_glyph *g = &l->glyphs[i];
	float step = l->height / (float) height, half = step * (float) (n - 1) / 2;
	float reach = REACH * l->height, x0 = g->x0 - reach, x1 = g->x1 + reach;
	struct place columns[SEGMENT_PATCH_MAX];

	for (int k = 0; k < n; k++)
		columns[k] = place_at(g->cx - half + (float) k * step, s->picture.width);
	memset(ret, 0, (size_t) n * (size_t) n * sizeof(*ret));
	for (int k = 0; k < n; k++, ret += n) {
		float y = g->cy - half + (float) k * step;
		struct place row = place_at(y, s->picture.height);
		const uint8_t *line = s->picture.pixels[MAX(row.index, 0)];
		float from, to;

		if (row.index < 0 || y < g->y0 - reach || y > g->y1 + reach)
			continue;
		from = MAX(s->borders[i][row.index], x0) - g->cx + half;
		to = MIN(s->borders[i + 1][row.index], x1) - g->cx + half;
		for (int m = 0; m < n; m++) {
			const uint8_t *p = line + MAX(columns[m].index, 0);
			const uint8_t *q = p + SAMPLED_WIDTH_MAX;
			float upper = p[0] + columns[m].beyond * (float) (p[1] - p[0]);
			float lower = q[0] + columns[m].beyond * (float) (q[1] - q[0]);
			float ink = (upper + row.beyond * (lower - upper) - l->ground) / l->span;

			if ((float) m * step >= from && (float) m * step <= to &&
				columns[m].index >= 0)
				ret[m] = CLAMP(ink, -0.25f, 1.25f);
		}
	}
}
