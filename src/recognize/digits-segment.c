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
#include "recognize/digits-sample.h"

#define RUNS 2048
#define BLOBS 256
#define BLOB_AREA_MIN 4 /* pixels: less is noise whatever the text's size */
#define SPAN_MIN 12.0f  /* grey levels */
#define HEIGHT_MIN 12   /* pixels: smaller text cannot be told apart */
#define SPECK 0.012f    /* area of what is too small to be a point, in heights squared */
#define APART 0.6f      /* heights between the number and what does not belong to it */

struct run {
	int16_t y, x0, x1; /* x1 is beyond */
	int16_t parent;    /* index of another run of the same blob, or of itself */
};

struct blob {
	int x0, x1, y0, y1; /* beyond: x1, y1 */
	int area;
	float ink, ink_x, ink_y;
};

struct segmenter {
	struct sampled picture;
	struct run runs[RUNS];
	struct blob blobs[BLOBS];
	int16_t blob_of[RUNS];
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

	for (int y = 0; y < p->height; y++)
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
	level = otsu(histogram, (unsigned) (s->picture.width * s->picture.height));
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

static int find_root(struct run *runs, int i)
{
	while (runs[i].parent != i) {
		runs[i].parent = runs[runs[i].parent].parent;
		i = runs[i].parent;
	}
	return i;
}

/* Runs of text, those of neighbouring rows that touch (also at a corner) joined. Returns how many,
 * or -1 when there are too many: that is noise. */
static int find_runs(struct segmenter *s, int level)
{
	int n = 0, above = 0, above_end = 0;

	for (int y = 0; y < s->picture.height; y++) {
		int begin = n, a = above;

		for (int x = 0; x < s->picture.width; x++) {
			int x0 = x;

			while (x < s->picture.width && s->picture.pixels[y][x] >= level)
				x++;
			if (x == x0)
				continue;
			if (n == RUNS)
				return -1;
			s->runs[n] =
				(struct run){ (int16_t) y, (int16_t) x0, (int16_t) x, (int16_t) n };
			while (a < above_end && s->runs[a].x1 < x0)
				a++;
			for (int k = a; k < above_end && s->runs[k].x0 <= x; k++)
				s->runs[find_root(s->runs, k)].parent =
					(int16_t) find_root(s->runs, n);
			n++;
		}
		above = begin;
		above_end = n;
	}
	return n;
}

static void blob_add(struct blob *b, const struct segmenter *s, const struct run *r, float ground)
{
	b->x0 = MIN(b->x0, r->x0);
	b->x1 = MAX(b->x1, r->x1);
	b->y0 = MIN(b->y0, r->y);
	b->y1 = MAX(b->y1, r->y + 1);
	b->area += r->x1 - r->x0;
	for (int x = r->x0; x < r->x1; x++) {
		float ink = (float) s->picture.pixels[r->y][x] - ground;

		b->ink += ink;
		b->ink_x += ink * ((float) x + 0.5f);
		b->ink_y += ink * ((float) r->y + 0.5f);
	}
}

static void blob_join(struct blob *b, const struct blob *o)
{
	b->x0 = MIN(b->x0, o->x0);
	b->x1 = MAX(b->x1, o->x1);
	b->y0 = MIN(b->y0, o->y0);
	b->y1 = MAX(b->y1, o->y1);
	b->area += o->area;
	b->ink += o->ink;
	b->ink_x += o->ink_x;
	b->ink_y += o->ink_y;
}

static int compare_blobs(const void *a, const void *b)
{
	return ((const struct blob *) a)->x0 - ((const struct blob *) b)->x0;
}

/* Blobs from left to right. How many, or -1: too many. */
static int find_blobs(struct segmenter *s, int n_runs, float ground)
{
	int n = 0, kept = 0;

	for (int i = 0; i < n_runs; i++)
		s->blob_of[i] = -1;
	for (int i = 0; i < n_runs; i++) {
		int root = find_root(s->runs, i);

		if (s->blob_of[root] < 0) {
			if (n == BLOBS)
				return -1;
			s->blobs[n] =
				(struct blob){ .x0 = s->picture.width, .y0 = s->picture.height };
			s->blob_of[root] = (int16_t) n++;
		}
		blob_add(&s->blobs[s->blob_of[root]], s, &s->runs[i], ground);
	}
	for (int i = 0; i < n; i++)
		if (s->blobs[i].area >= BLOB_AREA_MIN)
			s->blobs[kept++] = s->blobs[i];
	qsort(s->blobs, (size_t) kept, sizeof(s->blobs[0]), compare_blobs);
	return kept;
}

static bool is_cut(const struct segmenter *s, const struct blob *b)
{
	return b->x0 == 0 || b->x1 == s->picture.width || b->y0 == 0 || b->y1 == s->picture.height;
}

/* Blobs that overlap for the greater part of the narrower one's width are one glyph. */
static int join_blobs(struct blob *b, int n)
{
	int kept = 0;

	for (int i = 0; i < n; i++) {
		struct blob *last = kept ? &b[kept - 1] : NULL;
		int common = last ? MIN(last->x1, b[i].x1) - b[i].x0 : 0;

		if (last && 2 * common > MIN(last->x1 - last->x0, b[i].x1 - b[i].x0))
			blob_join(last, &b[i]);
		else
			b[kept++] = b[i];
	}
	return kept;
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

/* Top and height of the tall blobs; whether there are any. */
static bool find_band(const struct segmenter *s, int n, struct segment_line *l)
{
	float top = 0, bottom = 0;
	int tallest = 0, count = 0;

	for (int i = 0; i < n; i++) {
		const struct blob *b = &s->blobs[i];

		if (!is_cut(s, b) && b->x1 > s->picture.inside_x0 && b->x0 < s->picture.inside_x1)
			tallest = MAX(tallest, b->y1 - b->y0);
	}
	for (int i = 0; i < n; i++) {
		const struct blob *b = &s->blobs[i];
		struct segment_glyph g;

		if (is_cut(s, b) || b->x1 <= s->picture.inside_x0 ||
			b->x0 >= s->picture.inside_x1 || 5 * (b->y1 - b->y0) < 4 * tallest)
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

/* Drops specks and what lies above or below the line. */
static int keep_line(struct segmenter *s, int n, const struct segment_line *l)
{
	int kept = 0;

	for (int i = 0; i < n; i++) {
		const struct blob *b = &s->blobs[i];

		if ((float) b->area >= SPECK * l->height * l->height &&
			(float) b->y1 > l->top - 0.1f * l->height &&
			(float) b->y0 < l->top + 1.3f * l->height)
			s->blobs[kept++] = *b;
	}
	return join_blobs(s->blobs, kept);
}

/* A blob that is cut or lies beside the rectangle does not belong to the number; standing as close
 * as its digits do, it shows that some of the number is not seen. */
static void find_glyphs(const struct segmenter *s, int n, struct segment_line *l)
{
	const struct blob *foreign = NULL;

	for (int i = 0; i < n; i++) {
		const struct blob *b = &s->blobs[i];
		bool own = !is_cut(s, b) && b->x1 > s->picture.inside_x0 &&
			   b->x0 < s->picture.inside_x1;
		struct segment_glyph g = glyph_of(s, b, l);

		if (own && l->n < SEGMENT_GLYPHS_MAX &&
			(!foreign || g.x0 - (float) foreign->x1 > APART * l->height)) {
			l->glyphs[l->n++] = g;
		} else if (own || (l->n && g.x0 - l->glyphs[l->n - 1].x1 < APART * l->height)) {
			l->n = 0;
			return;
		}
		foreign = own ? NULL : b;
	}
}

void segmenter_look(struct segmenter *s, const struct grey *g, struct rect r, float aspect,
	bool dark, struct segment_line *ret)
{
	struct segment_line l = { 0 };
	int level, n = 0;

	*ret = l;
	if (!sampled_take(&s->picture, g, r, aspect, dark))
		return;
	level = find_levels(s, g->limited, &l);
	if (level)
		n = find_runs(s, level);
	if (n > 0)
		n = find_blobs(s, n, l.ground);
	if (n > 0 && find_band(s, n, &l))
		find_glyphs(s, keep_line(s, n, &l), &l);
	*ret = l;
}

/* How far beyond its edges a glyph may be looked at. */
static void glyph_reach(const struct segment_line *l, int i, float *ret_x0, float *ret_x1)
{
	const struct segment_glyph *g = &l->glyphs[i];

	*ret_x0 = g->x0 - 0.1f * l->height;
	*ret_x1 = g->x1 + 0.1f * l->height;
	if (i > 0)
		*ret_x0 = MAX(*ret_x0, (g[-1].x1 + g->x0) / 2);
	if (i < l->n - 1)
		*ret_x1 = MIN(*ret_x1, (g->x1 + g[1].x0) / 2);
}

/* The sample at or before a place, and how far beyond it the place lies. */
struct place {
	int index; /* -1: outside */
	float beyond;
};

static struct place place_at(float at, float from, float to, int limit)
{
	int i = (int) (at - 0.5f);

	if (at < from || at > to || at < 0.5f || i + 1 >= limit)
		return (struct place){ -1, 0 };
	return (struct place){ i, at - 0.5f - (float) i };
}

void segmenter_patch(const struct segmenter *s, const struct segment_line *l, int i, int height,
	int n, float *ret)
{
	const struct segment_glyph *g = &l->glyphs[i];
	float step = l->height / (float) height, middle = (float) (n - 1) / 2, x0, x1;
	struct place columns[SEGMENT_PATCH_MAX];

	glyph_reach(l, i, &x0, &x1);
	for (int k = 0; k < n; k++)
		columns[k] =
			place_at(g->cx + ((float) k - middle) * step, x0, x1, s->picture.width);
	memset(ret, 0, (size_t) n * (size_t) n * sizeof(*ret));
	for (int k = 0; k < n; k++, ret += n) {
		struct place row = place_at(g->cy + ((float) k - middle) * step, 0,
			(float) s->picture.height, s->picture.height);

		if (row.index < 0)
			continue;
		for (int m = 0; m < n; m++) {
			const uint8_t *p = &s->picture.pixels[row.index][MAX(columns[m].index, 0)];
			const uint8_t *q = p + SAMPLED_WIDTH_MAX;
			float upper = p[0] + columns[m].beyond * (float) (p[1] - p[0]);
			float lower = q[0] + columns[m].beyond * (float) (q[1] - q[0]);
			float ink = (upper + row.beyond * (lower - upper) - l->ground) / l->span;

			if (columns[m].index >= 0)
				ret[m] = CLAMP(ink, -0.25f, 1.25f);
		}
	}
}
