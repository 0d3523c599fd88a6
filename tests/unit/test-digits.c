/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/data/digits holds the surroundings of a number, as grey luma, below each other: of the last
 * picture of each second of two clips (.png), and of pictures to learn from (-refs.png). The texts
 * tell the numbers; "-" where none is shown or the screen fades.
 */
#include "recognize/digits.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "media/picture.h"
#include "recognize/digits-filter.h"
#include "tests/tap.h"

#define W 154 /* of one picture in a strip */
#define H 50
#define PICTURES 60
#define ALL_DIGITS 0x3ffU

static const struct rect number = { 15, 4, 125, 44 };

struct strip {
	struct frame *frame;
	int n;
	char text[PICTURES][DIGITS_MAX + 1];
};

struct clip {
	const char *name;
	struct strip pictures, refs;
};

/* A picture that may be changed. */
struct canvas {
	int width, height, step;
	uint8_t luma[2 * H][4 * W];
};

static uint32_t seed;

static double noise(void)
{
	double sum = 0;

	for (int i = 0; i < 4; i++) {
		seed = seed * 1664525 + 1013904223;
		sum += (seed >> 8) / (double) (1 << 24) - 0.5;
	}
	return sum * sqrt(3); /* of variance 1 */
}

static void strip_load(struct strip *s, const char *name)
{
	const char *top = getenv("top_srcdir");
	char path[4096], why[200] = "";
	_cleanup_(fclosep) FILE *f = NULL;

	snprintf(path, sizeof(path), "%s/tests/data/digits/%s.png", top ? top : ".", name);
	ok(picture_load(&s->frame, path, why, sizeof(why)) == 0 && s->frame->width == W,
		"%s is a strip of pictures %s", name, why);
	snprintf(path, sizeof(path), "%s/tests/data/digits/%s.txt", top ? top : ".", name);
	f = fopen(path, "re");
	while (f && s->n < PICTURES && fscanf(f, "%16s", s->text[s->n]) == 1)
		s->n++;
	ok(s->frame && s->n * H == s->frame->height, "%s has %d numbers", name, s->n);
}

/* The red of RGB24 is as good as grey. */
static struct grey strip_view(const struct strip *s, int i, bool limited)
{
	return (struct grey){
		.width = W,
		.height = H,
		.data = s->frame->data[0] + (ptrdiff_t) i * H * s->frame->stride[0],
		.stride = s->frame->stride[0],
		.step = 3,
		.limited = limited,
	};
}

static bool has_number(const struct strip *s, int i)
{
	return s->text[i][0] != '-';
}

static struct digits *learn(const struct clip *c, const char *without)
{
	struct digits *d = NULL;

	if (digits_new(&d) < 0)
		return NULL;
	for (int i = 0; i < c->refs.n; i++) {
		struct grey g = strip_view(&c->refs, i, false);

		if (has_number(&c->refs, i) && !strpbrk(c->refs.text[i], without))
			ok(digits_learn(d, &g, number, c->refs.text[i]) == 0, "%s: learn from %s",
				c->name, c->refs.text[i]);
	}
	return d;
}

/* --- what pictures may suffer --- */

static double level(const struct grey *g, double x, double y)
{
	int x0 = CLAMP((int) floor(x), 0, g->width - 2),
	    y0 = CLAMP((int) floor(y), 0, g->height - 2);
	double fx = CLAMP(x - x0, 0.0, 1.0), fy = CLAMP(y - y0, 0.0, 1.0);
	const uint8_t *p = g->data + y0 * g->stride + (ptrdiff_t) x0 * g->step, *q = p + g->stride;

	return (1 - fy) * ((1 - fx) * p[0] + fx * p[g->step]) +
	       fy * ((1 - fx) * q[0] + fx * q[g->step]);
}

struct harm {
	const char *name;
	double gain, offset, noise, dx, dy;
	double scale_x, scale_y; /* 0: 1 */
	int step;                /* 0: 1 */
	bool negative;
	int unread; /* how many of a clip may be */
};

static const struct harm harms[] = {
	{ "as it is", .gain = 1 },
	{ "darker", .gain = 0.6 },
	{ "brighter", .gain = 1.3 },
	{ "lifted", .gain = 0.8, .offset = 45 },
	{ "noisy", .gain = 1, .noise = 12 },
	{ "dark and noisy", .gain = 0.6, .noise = 10 },
	{ "moved down right", .gain = 1, .dx = 3, .dy = 3 },
	{ "moved up left", .gain = 1, .dx = -3, .dy = -3 },
	{ "moved by parts", .gain = 0.9, .dx = -1.5, .dy = 0.7, .noise = 5 },
	{ "enlarged", .gain = 1, .scale_x = 1.5, .scale_y = 1.5 },
	{ "enlarged, moved, noisy", .gain = 0.7, .dx = 2, .dy = -2, .scale_x = 2, .scale_y = 2,
		.noise = 12 },
	{ "shrunk", .gain = 1, .scale_x = 0.5, .scale_y = 0.5, .unread = 1 },
	{ "widened", .gain = 1, .scale_x = 2, .scale_y = 1.5 },
	{ "packed", .gain = 1, .step = 2 },
};

static void harm_picture(struct canvas *c, const struct grey *g, const struct harm *h)
{
	double sx = h->scale_x > 0 ? h->scale_x : 1, sy = h->scale_y > 0 ? h->scale_y : 1;

	c->width = (int) (g->width * sx);
	c->height = (int) (g->height * sy);
	c->step = h->step ? h->step : 1;
	memset(c->luma, 0x55, sizeof(c->luma));
	for (int y = 0; y < c->height; y++) {
		for (int x = 0; x < c->width; x++) {
			double v = level(
				g, (x + 0.5) / sx - 0.5 - h->dx, (y + 0.5) / sy - 0.5 - h->dy);

			v = 16 + (v - 16) * h->gain + h->offset;
			if (h->noise > 0)
				v += h->noise * noise();
			v = CLAMP(v, 0.0, 255.0);
			c->luma[y][x * c->step] = (uint8_t) (h->negative ? 255 - v : v);
		}
	}
}

static struct grey canvas_view(const struct canvas *c, bool limited)
{
	return (struct grey){ c->width, c->height, c->luma[0], sizeof(c->luma[0]), c->step,
		limited };
}

/* The number's rectangle in a picture of that size. */
static struct rect rect_in(const struct grey *g)
{
	return (struct rect){ number.x * g->width / W, number.y * g->height / H,
		number.w * g->width / W, number.h * g->height / H };
}

static void check_harm(const struct clip *c, const struct digits *d, const struct harm *h)
{
	static struct canvas canvas;
	int shown = 0, read = 0, wrong = 0;

	seed = 1;
	for (int i = 0; i < c->pictures.n; i++) {
		struct grey g = strip_view(&c->pictures, i, true);
		struct digits_reading reading;

		if (!has_number(&c->pictures, i))
			continue;
		harm_picture(&canvas, &g, h);
		g = canvas_view(&canvas, true);
		digits_read(d, &g, rect_in(&g), &reading);
		shown++;
		if (reading.sure && strcmp(reading.text, c->pictures.text[i]) == 0)
			read++;
		else if (reading.sure || reading.text[0])
			wrong++;
	}
	ok(shown == 57 && wrong == 0 && read >= shown - h->unread,
		"%s, %s: %d of %d read, %d wrong", c->name, h->name, read, shown, wrong);
}

/* --- tests --- */

static void test_clip(struct clip *c)
{
	struct digits *d = learn(c, "x");

	ok(digits_known(d) == ALL_DIGITS, "%s: knows all digits", c->name);
	for (size_t i = 0; i < ARRAY_SIZE(harms); i++)
		check_harm(c, d, &harms[i]);
	digits_free(d);
}

static void test_negative(const struct clip *c)
{
	static const struct harm negative = { "negative", .gain = 1, .negative = true };
	static struct canvas canvas;
	struct digits *d = NULL, *bright = learn(c, "x");
	struct digits_reading reading;
	struct grey g;

	digits_new(&d);
	for (int i = 0; i < c->refs.n; i++) {
		if (!has_number(&c->refs, i))
			continue;
		g = strip_view(&c->refs, i, false);
		harm_picture(&canvas, &g, &negative);
		g = canvas_view(&canvas, false);
		ok(digits_learn(d, &g, number, c->refs.text[i]) == 0, "learn dark text");
	}
	check_harm(c, d, &negative);
	digits_read(bright, &g, number, &reading);
	ok(!reading.sure && !reading.text[0], "dark text where bright text was learnt is unsure");
	digits_free(d);
	digits_free(bright);
}

/* Whether what is seen is the text, but for what is unsure. */
static bool is_part_of(const char *seen, const char *text)
{
	for (; *seen && *text; seen++, text++)
		if (*seen != *text && *seen != DIGITS_UNSURE)
			return false;
	return *seen == *text;
}

/* A digit that has not been learnt must not be taken for another one, and those beside it are read
 * nevertheless. */
static void test_partly(const struct clip *c)
{
	for (char digit = '0'; digit <= '9'; digit++) {
		struct digits *d = learn(c, (char[]){ digit, 0 });
		int wrong = 0, read = 0, partly = 0;

		for (int i = 0; i < c->pictures.n; i++) {
			struct grey g = strip_view(&c->pictures, i, true);
			struct digits_reading reading;

			digits_read(d, &g, number, &reading);
			if (!reading.seen[0] || !has_number(&c->pictures, i))
				continue;
			read += reading.sure;
			wrong += reading.sure && strcmp(reading.text, c->pictures.text[i]) != 0;
			wrong += !is_part_of(reading.seen, c->pictures.text[i]);
			partly += !reading.sure && !reading.text[0] &&
				  strspn(reading.seen, "?") < strlen(reading.seen);
		}
		ok(!(digits_known(d) & 1U << (digit - '0')) && wrong == 0,
			"%s without %c: %d read, %d wrong", c->name, digit, read, wrong);
		ok(partly > 0, "%s without %c: %d in part", c->name, digit, partly);
		digits_free(d);
	}
}

static void mix(struct canvas *c, const struct grey *a, const struct grey *b, double share)
{
	c->width = W;
	c->height = H;
	c->step = 1;
	for (int y = 0; y < H; y++) {
		const uint8_t *p = a->data + y * a->stride, *q = b ? b->data + y * b->stride : NULL;

		for (int x = 0; x < W; x++) {
			double to = q ? q[(ptrdiff_t) x * b->step] : 16;

			c->luma[y][x] = (uint8_t) lround(
				p[(ptrdiff_t) x * a->step] * (1 - share) + to * share);
		}
	}
}

/* One number fades into another: it may be read as the one that is seen better. */
static void test_fade(const struct clip *c)
{
	static struct canvas canvas;
	struct digits *d = learn(c, "x");
	int third = 0, middle = 0, fades = 0;

	for (int i = 0; i + 7 < c->pictures.n; i += 3) {
		struct grey a = strip_view(&c->pictures, i, true);
		struct grey b = strip_view(&c->pictures, i + 7, true), g;
		const char *from = c->pictures.text[i], *to = c->pictures.text[i + 7];

		if (*from == '-' || *to == '-' || strcmp(from, to) == 0)
			continue;
		fades++;
		for (int share = 1; share < 20; share++) {
			struct digits_reading reading;

			mix(&canvas, &a, &b, share / 20.0);
			g = canvas_view(&canvas, true);
			digits_read(d, &g, number, &reading);
			third += reading.sure && strcmp(reading.text, share < 10 ? from : to) != 0;
			middle += reading.sure && share >= 9 && share <= 11;
		}
	}
	ok(fades > 10 && third == 0, "%s: %d fades, %d times another number", c->name, fades,
		third);
	ok(middle == 0, "%s: %d numbers read in the middle of a fade", c->name, middle);
	digits_free(d);
}

/* A number fades to black. */
static void test_fade_out(const struct clip *c)
{
	static struct canvas canvas;
	struct digits *d = learn(c, "x");
	struct digits_filter f = { .need = 2 };
	struct grey a = strip_view(&c->pictures, 0, true), g;
	int seen = 0, unsteady = 0;

	for (int i = 0; i <= 16; i++) {
		struct digits_reading reading;
		double share = MAX(i - 8, 0) / 8.0;

		mix(&canvas, &a, NULL, share);
		g = canvas_view(&canvas, true);
		digits_read(d, &g, number, &reading);
		digits_filter_push(&f, &reading);
		seen += reading.sure && reading.contrast < 0.45;
		unsteady += share > 0 && f.shown;
	}
	ok(seen == 0 && unsteady == 0, "%s: a number that fades out is not seen", c->name);
	ok(strcmp(f.text, c->pictures.text[0]) == 0, "… and the answer stays");
	digits_free(d);
}

static void test_nothing(const struct clip *c)
{
	static struct canvas canvas = { W, H, 1, { { 0 } } };
	static const struct rect odd[] = { { 0, 0, 0, 0 }, { 10, 10, -5, 20 }, { -500, 4, 125, 44 },
		{ 15, 900, 125, 44 }, { 15, 4, 2, 44 }, { 15, 4, 125, 2 },
		{ 15, 4, 2000000000, 44 }, { -2000000000, -2000000000, 2000000000, 2000000000 },
		{ 2147483647, 0, 125, 44 }, { 40, 4, 60, 44 }, { 15, 14, 125, 12 },
		{ 150, 46, 125, 44 }, { 0, 0, 154, 1 } };
	struct digits *d = learn(c, "x"), *none = NULL;
	struct grey g = canvas_view(&canvas, false), real = strip_view(&c->pictures, 0, true);
	struct digits_reading reading;
	int seen = 0;

	for (int v = 0; v < 256; v++) {
		memset(canvas.luma, v, sizeof(canvas.luma));
		digits_read(d, &g, number, &reading);
		seen += reading.sure || reading.text[0];
	}
	ok(seen == 0, "nothing is read in a flat picture");
	for (int i = 0; i < 100; i++) {
		for (int y = 0; y < H; y++)
			for (int x = 0; x < W; x++)
				canvas.luma[y][x] = (uint8_t) CLAMP(128 + i * noise(), 0.0, 255.0);
		digits_read(d, &g, number, &reading);
		seen += reading.sure || reading.text[0];
	}
	ok(seen == 0, "nothing is read in noise");
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		ok(digits_read(d, &real, odd[i], &reading) == 0 && !reading.sure &&
				!reading.text[0],
			"odd or cutting rectangle %zu is unsure", i);
		ok(digits_learn(d, &real, odd[i], c->pictures.text[0]) == -EBADMSG,
			"… and not learnt");
	}
	digits_new(&none);
	ok(digits_read(none, &real, number, &reading) == 0 && !reading.sure && !reading.text[0],
		"who has learnt nothing reads nothing");
	digits_free(none);
	digits_free(d);
}

static void test_lies(const struct clip *c)
{
	struct digits *d = NULL;
	struct grey g = strip_view(&c->refs, 0, false);
	int r = 0;

	digits_new(&d);
	ok(digits_learn(d, &g, number, "12345") == -EBADMSG && digits_known(d) == 0,
		"too few digits teach nothing");
	ok(digits_learn(d, &g, number, "12x456") == -EINVAL, "a letter is no digit");
	ok(digits_learn(d, &g, number, "") == -EINVAL, "no digits");
	ok(digits_learn(d, &g, number, "12345678901234567") == -EINVAL, "too many digits");
	ok(digits_learn(d, &g, number, c->refs.text[0]) == 0, "the truth is learnt");
	ok(digits_learn(d, &g, number, "654321") == -EBADMSG, "what contradicts it is not");
	for (int i = 0; i < 200 && r == 0; i++)
		r = digits_learn(d, &g, number, c->refs.text[0]);
	ok(r == -ENOSPC, "at some time enough is known");
	digits_free(d);
}

/* The third digit of 123456 gives way to a point of that size; 0: to nothing. */
static struct grey without_three(struct canvas *c, const struct strip *refs, int point)
{
	static const struct harm none = { .gain = 1 };
	struct grey g = strip_view(refs, 0, false);

	harm_picture(c, &g, &none);
	for (int y = 0; y < H; y++)
		memset(&c->luma[y][52], c->luma[2][52], 19);
	for (int y = 36 - point; y < 36; y++)
		memset(&c->luma[y][60], c->luma[20][80], (size_t) point);
	return canvas_view(c, false);
}

static bool reads(const struct digits *d, const struct grey *g, const char *text)
{
	struct digits_reading reading;

	return digits_read(d, g, number, &reading) == 0 && strcmp(reading.text, text) == 0 &&
	       reading.sure == !!*text;
}

/* A point or a gap is never passed over: 12.456 is not 12456. */
static void test_marks(const struct clip *c)
{
	static struct canvas point, gap;
	struct grey with_point = without_three(&point, &c->refs, 5);
	struct grey with_gap = without_three(&gap, &c->refs, 0);
	struct digits *d = learn(c, "x");

	ok(reads(d, &with_point, ""), "a point that has not been learnt is unsure");
	ok(reads(d, &with_gap, ""), "a gap where a digit should be is unsure");
	ok(digits_learn(d, &with_gap, number, "12456") == -EBADMSG, "… and not learnt as none");
	ok(digits_learn(d, &with_point, number, "12.456") == 0, "learn a point");
	ok(reads(d, &with_point, "12.456"), "then it is read");
	ok(reads(d, &with_gap, ""), "the gap is not");
	ok(digits_learn(d, &with_gap, number, "12 456") == 0, "learn a space");
	ok(reads(d, &with_gap, "12 456"), "then it is read");
	ok(reads(d, &with_point, "12.456"), "the point still is");
	digits_free(d);
}

static void test_format(void)
{
	ok(digits_has_format("12,34", NULL) && digits_has_format("", NULL), "any text");
	ok(digits_has_format("12,34", "99,99"), "digits, and what stands for itself");
	ok(!digits_has_format("12.34", "99,99") && !digits_has_format("1 234", "99999"),
		"another character");
	ok(!digits_has_format("123", "99") && !digits_has_format("1", "99") &&
			!digits_has_format("", "9"),
		"another length");
}

int main(void)
{
	struct clip clips[] = { { .name = "koi-clean" }, { .name = "koi-worn" } };

	for (size_t i = 0; i < ARRAY_SIZE(clips); i++) {
		struct clip *c = &clips[i];
		char refs[32];

		snprintf(refs, sizeof(refs), "%s-refs", c->name);
		strip_load(&c->pictures, c->name);
		strip_load(&c->refs, refs);
		if (!c->pictures.frame || !c->refs.frame)
			return tap_done();
		test_clip(c);
		test_partly(c);
		test_fade(c);
		test_fade_out(c);
	}
	test_negative(&clips[0]);
	test_nothing(&clips[1]);
	test_lies(&clips[0]);
	test_marks(&clips[0]);
	test_format();
	for (size_t i = 0; i < ARRAY_SIZE(clips); i++) {
		frame_unref(clips[i].pictures.frame);
		frame_unref(clips[i].refs.frame);
	}
	return tap_done();
}
