/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/pixels.h"

#include <math.h>
#include <string.h>

#define HALF (PIXELS_SIDE / 2)
#define SAMPLES (PIXELS_SIDE * PIXELS_SIDE)

/* How much of a picture must be how near to something: to enter a fact, and to stay in it. */
struct bounds {
	float black;        /* the brightest channel of a sample, 0 … 255 */
	int black_samples;  /* so many of them are that dark */
	float single;       /* distance from the colour of the picture */
	int single_samples; /* so many of them are that near */
};

static const struct bounds enter = { 24, SAMPLES * 99 / 100, 12, SAMPLES * 98 / 100 };
static const struct bounds stay = { 36, SAMPLES * 97 / 100, 20, SAMPLES * 95 / 100 };

/* Of a column of bars: samples of its colour, and how much of the width may be anything else. */
#define COLUMN_NEAR 28.0F
#define COLUMN_SAMPLES (HALF * 3 / 4) /* room for a line of text across */
#define COLUMNS_ODD (PIXELS_SIDE / 8)
#define COLOURS 6      /* of bars: yellow, cyan, green, magenta, red, blue */
#define BARS_MAX 8     /* of these colours */
#define GREY_SPREAD 40 /* between the channels of what is white, grey or black */
#define BRIGHT 100     /* the least that the brightest channel of a bar has */

const char *pixels_name(enum pixels_fact fact)
{
	static const char *const names[_PIXELS_MAX] = {
		[PIXELS_UNKNOWN] = "unknown",
		[PIXELS_NORMAL] = "normal",
		[PIXELS_BLACK] = "black",
		[PIXELS_SINGLE_COLOUR] = "single-colour",
		[PIXELS_BARS] = "bars",
		[PIXELS_FROZEN] = "frozen",
	};

	return names[fact];
}

int pixels_init(struct pixels *p, uint64_t after_usec, int frozen_ms)
{
	memset(p, 0, sizeof(*p));
	p->after_usec = after_usec;
	return freeze_init_picture(&p->freeze, frozen_ms);
}

void pixels_deinit(struct pixels *p)
{
	freeze_deinit(&p->freeze);
}

/* ---- one picture ---- */

static int take_samples(struct pixels *p, const struct frame *f)
{
	const int w = f->width / 2, h = f->height / 2;
	int n = 0;

	if (f->width < PIXELS_SIDE || f->height < PIXELS_SIDE)
		return -ENOTSUP;
	for (int i = 0; i < 4 && n >= 0; i++)
		n = colour_sample(f, (struct rect){ (i & 1) * w, (i >> 1) * h, w, h }, NULL, 0,
			p->samples[i]);
	return n;
}

static float brightest(struct colour c)
{
	return fmaxf(c.r, fmaxf(c.g, c.b));
}

static float darkest(struct colour c)
{
	return fminf(c.r, fminf(c.g, c.b));
}

static bool is_black(const struct pixels *p, const struct bounds *b)
{
	int n = 0;

	for (int i = 0; i < 4; i++)
		for (int k = 0; k < COLOUR_SAMPLES_MAX; k++)
			n += brightest(p->samples[i][k]) <= b->black;
	return n >= b->black_samples;
}

/* The value in the middle of those counted. */
static float middle(const int counts[256], int n)
{
	int sum = 0, v = 0;

	while (v < 255 && (sum += counts[v]) * 2 < n)
		v++;
	return (float) v;
}

static bool is_single(const struct pixels *p, const struct bounds *b)
{
	int red[256] = { 0 }, green[256] = { 0 }, blue[256] = { 0 }, n = 0;
	struct colour m;

	for (int i = 0; i < 4; i++)
		for (int k = 0; k < COLOUR_SAMPLES_MAX; k++) {
			red[(int) p->samples[i][k].r]++;
			green[(int) p->samples[i][k].g]++;
			blue[(int) p->samples[i][k].b]++;
		}
	m = (struct colour){ middle(red, SAMPLES), middle(green, SAMPLES), middle(blue, SAMPLES) };
	for (int i = 0; i < 4; i++)
		for (int k = 0; k < COLOUR_SAMPLES_MAX; k++)
			n += colour_distance(p->samples[i][k], m) <= b->single;
	return n >= b->single_samples;
}

/* ---- bars: vertical, and the same all over the upper half, where SMPTE's are, too ---- */

static const struct colour *sample_at(const struct pixels *p, int column, int row)
{
	return &p->samples[column / HALF][row * HALF + column % HALF];
}

/* The column's colour; false: it has more than one. */
static bool column_colour(const struct pixels *p, int column, struct colour *ret)
{
	int red[256] = { 0 }, green[256] = { 0 }, blue[256] = { 0 }, n = 0;

	for (int row = 0; row < HALF; row++) {
		red[(int) sample_at(p, column, row)->r]++;
		green[(int) sample_at(p, column, row)->g]++;
		blue[(int) sample_at(p, column, row)->b]++;
	}
	*ret = (struct colour){ middle(red, HALF), middle(green, HALF), middle(blue, HALF) };
	for (int row = 0; row < HALF; row++)
		n += colour_distance(*sample_at(p, column, row), *ret) <= COLUMN_NEAR;
	return n >= COLUMN_SAMPLES;
}

/* 1: a channel that is up, 0: down; -1: neither. */
static int channel(float v, float low, float high)
{
	float part = (v - low) / (high - low);

	return part >= 0.7F ? 1 : part <= 0.3F ? 0 : -1;
}

/* Which channels are up as bits, so 1 … 6 for the colours of bars; 0: grey of any brightness; -1:
 * none of these. */
static int bar_colour(struct colour c)
{
	const float low = darkest(c), high = brightest(c);
	int r, g, b;

	if (high - low < GREY_SPREAD)
		return 0;
	r = channel(c.r, low, high);
	g = channel(c.g, low, high);
	b = channel(c.b, low, high);
	if (high < BRIGHT || low > 0.4F * high || r < 0 || g < 0 || b < 0)
		return -1;
	return r << 2 | g << 1 | b;
}

struct bars {
	int width[BARS_MAX], n; /* those of a colour */
	unsigned colours;       /* bits: seen */
	int odd;                /* columns that are neither */
};

/* A run of columns of one colour; what is only one column wide is where two bars meet. */
static bool add_run(struct bars *b, int colour, int width)
{
	if (colour < 0 || (colour > 0 && width < 2)) {
		b->odd += width;
		return true;
	}
	if (colour == 0)
		return true;
	if (b->n == BARS_MAX)
		return false;
	b->width[b->n++] = width;
	b->colours |= 1U << colour;
	return true;
}

static bool find_bars(const struct pixels *p, struct bars *ret)
{
	int before = -1, width = 0;
	struct colour c;

	*ret = (struct bars){ .n = 0 };
	for (int column = 0; column < PIXELS_SIDE; column++) {
		int colour = column_colour(p, column, &c) ? bar_colour(c) : -1;

		if (colour != before) {
			if (!add_run(ret, before, width))
				return false;
			width = 0;
		}
		before = colour;
		width++;
	}
	return add_run(ret, before, width);
}

/* All six colours, about as wide as each other, and nothing else but white, grey and black. */
static bool is_bars(const struct pixels *p)
{
	struct bars b;
	float mean = 0;

	if (!find_bars(p, &b) || b.n < COLOURS || b.colours != 0x7e || b.odd > COLUMNS_ODD)
		return false;
	for (int i = 0; i < b.n; i++)
		mean += (float) b.width[i] / (float) b.n;
	for (int i = 0; i < b.n; i++)
		if (fabsf((float) b.width[i] - mean) > fmaxf(2, mean * 0.3F))
			return false;
	return mean * (float) b.n >= PIXELS_SIDE / 2;
}

/* ---- over time ---- */

/* The whole picture's bytes, or its luma, as freeze.h wants them. */
static int bytes_of(const struct frame *f, struct grey *ret)
{
	if (f->pixel != PIXEL_RGB24 && f->pixel != PIXEL_BGR24)
		return grey_of_frame(f, ret);
	*ret = (struct grey){ .width = f->width,
		.height = f->height,
		.data = f->data[0],
		.stride = f->stride[0],
		.step = 3 };
	return 0;
}

static enum pixels_fact shown(const struct pixels *p, bool frozen)
{
	if (is_black(p, &enter))
		return PIXELS_BLACK;
	if (is_single(p, &enter))
		return PIXELS_SINGLE_COLOUR;
	if (is_bars(p))
		return PIXELS_BARS;
	return frozen ? PIXELS_FROZEN : PIXELS_NORMAL;
}

/* Is what was told still there, seen generously? */
static bool stays(const struct pixels *p, enum pixels_fact now, bool frozen)
{
	if (p->fact == PIXELS_BLACK)
		return is_black(p, &stay);
	if (p->fact == PIXELS_SINGLE_COLOUR)
		return is_single(p, &stay) && now != PIXELS_BLACK;
	if (p->fact == PIXELS_FROZEN)
		return frozen;
	return now == p->fact;
}

/* Being frozen has taken its time already. */
static uint64_t entered_after(const struct pixels *p)
{
	return p->pending == PIXELS_FROZEN ? 0 : p->after_usec;
}

static void follow(struct pixels *p, enum pixels_fact now, bool frozen, uint64_t usec)
{
	if (p->fact == PIXELS_UNKNOWN)
		p->fact = PIXELS_NORMAL;
	if (!pixels_odd(p->fact) || stays(p, now, frozen))
		p->gone_usec = 0;
	else if (p->gone_usec == 0)
		p->gone_usec = usec;
	else if (usec - p->gone_usec >= PIXELS_LEAVE_USEC)
		p->fact = PIXELS_NORMAL;
	/* While it is there nothing else is: bars that stand still are bars. */
	if (pixels_odd(p->fact) && p->gone_usec == 0)
		now = PIXELS_NORMAL;
	if (now != p->pending) {
		p->pending = now;
		p->pending_usec = usec;
	}
	if (pixels_odd(now) && now != p->fact && usec - p->pending_usec >= entered_after(p)) {
		p->fact = now;
		p->gone_usec = 0;
	}
}

enum pixels_fact pixels_push(struct pixels *p, const struct frame *f)
{
	struct grey bytes;
	bool frozen;

	if (take_samples(p, f) < 0) {
		pixels_lost(p);
		return PIXELS_UNKNOWN;
	}
	frozen = bytes_of(f, &bytes) == 0 && freeze_push(&p->freeze, &bytes, f->capture_usec);
	follow(p, shown(p, frozen), frozen, f->capture_usec);
	return p->fact;
}

void pixels_lost(struct pixels *p)
{
	p->fact = PIXELS_UNKNOWN;
	p->pending = PIXELS_NORMAL;
	p->gone_usec = 0;
	p->freeze.since_usec = 0;
}
