/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Regions and the grids below them, on drawn pictures. */
#include "recognize/region.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tap.h"

#define WIDTH 320
#define HEIGHT 240

static const struct rect where = { 100, 60, 120, 40 };

struct picture {
	int width, height;
	uint8_t *data;
	struct grey view;
};

static uint32_t rng = 1;

static int random_below(int n)
{
	rng = rng * 1664525 + 1013904223;
	return (int) (rng >> 8) % n;
}

static struct picture blank(int width, int height, uint8_t level)
{
	struct picture p = { width, height, malloc((size_t) width * (size_t) height), { 0 } };

	memset(p.data, level, (size_t) width * (size_t) height);
	p.view = (struct grey){ width, height, p.data, width, 1, false };
	return p;
}

/* Letters, as it were: bars in a pattern of its own for each seed, where the region is. scale: of
 * the whole screen. */
static void draw(struct picture *p, uint32_t seed, double scale, int dx, int dy, int low, int high)
{
	for (int j = 0; j < p->height; j++)
		for (int i = 0; i < p->width; i++) {
			int x = (int) (i / scale) - dx - where.x,
			    y = (int) (j / scale) - dy - where.y;
			uint32_t cell =
				seed * 977 + (uint32_t) (x / 8) * 31 + (uint32_t) (y / 8) * 57;

			if (x < 0 || y < 0 || x >= where.w || y >= where.h)
				continue;
			cell = (cell ^ cell >> 7) * 2654435761U;
			p->data[j * p->width + i] = (uint8_t) (cell >> 31 ? high : low);
		}
}

static struct picture drawn(uint32_t seed, int low, int high)
{
	struct picture p = blank(WIDTH, HEIGHT, 30);

	draw(&p, seed, 1, 0, 0, low, high);
	return p;
}

static void add_noise(struct picture *p, int amplitude)
{
	for (int i = 0; i < p->width * p->height; i++) {
		int v = p->data[i] + random_below(2 * amplitude + 1) - amplitude;

		p->data[i] = (uint8_t) (v < 0 ? 0 : v > 255 ? 255 : v);
	}
}

static struct region_view look(struct region *r, struct picture p)
{
	struct region_view v = { 0 };

	(void) region_look(r, &p.view, NULL, &v);
	free(p.data);
	return v;
}

static int add(struct region *r, struct picture p, bool own, int reference)
{
	int err = region_add(r, &p.view, own, reference);

	free(p.data);
	return err;
}

static void test_patch(void)
{
	struct patch_window w = { 0 };
	struct picture p = blank(WIDTH, HEIGHT, 100);
	struct patch_grid g;
	struct patch patch;
	int err;

	ok(patch_grid_init(&g, (struct rect){ 0, 0, 3, 40 }, WIDTH, HEIGHT) == -EINVAL &&
			patch_grid_init(&g, (struct rect){ 300, 0, 40, 40 }, WIDTH, HEIGHT) ==
				-EINVAL &&
			patch_grid_init(&g, (struct rect){ -1, 0, 40, 40 }, WIDTH, HEIGHT) ==
				-EINVAL,
		"empty and outside are refused");
	err = patch_grid_init(&g, (struct rect){ 0, 0, WIDTH, HEIGHT }, WIDTH, HEIGHT);
	ok(err == 0 && g.cols > 2 && g.rows > 2 && g.cols * g.rows <= PATCH_CELLS_MAX,
		"a whole screen has %d cells", g.cols * g.rows);
	ok(patch_load(&w, &g, &p.view) == 0, "is summed up");
	patch_sample(&w, &g, 0, 0, &patch);
	ok(fabsf(patch.mean - 100) < 0.01F && patch_contrast(&patch) < 0.01F, "flat is flat");
	patch_sample(&w, &g, w.shift_x, -w.shift_y, &patch);
	ok(fabsf(patch.mean - 100) < 0.01F && patch_contrast(&patch) < 0.01F,
		"also beyond the edges");
	p.view.limited = true;
	(void) patch_load(&w, &g, &p.view);
	patch_sample(&w, &g, 0, 0, &patch);
	ok(fabsf(patch.mean - (100 - 16) * 255 / 219.0F) < 0.1F, "limited range is stretched");
	patch_window_deinit(&w);
	free(p.data);
}

static void test_likeness(void)
{
	struct region r;
	struct picture p;
	struct region_view v;

	ok(region_init(&r, where, WIDTH, HEIGHT) == 0, "a region");
	v = look(&r, drawn(1, 40, 200));
	ok(v.correlation == 0 && v.reference == -1 && v.contrast > 50, "knows nothing at first");
	ok(add(&r, drawn(1, 40, 200), true, 7) == 0 && r.n_own == 1, "learns");
	ok(add(&r, drawn(1, 40, 200), true, 8) == 0 && r.n_own == 1, "the same once");
	ok(add(&r, blank(WIDTH, HEIGHT, 30), true, 9) == -ENODATA, "nothing of a flat one");
	v = look(&r, drawn(1, 40, 200));
	ok(v.correlation > 0.999F && fabsf(v.gain - 1) < 0.01F && v.reference == 7 && !v.beaten,
		"and knows it again");
	v = look(&r, drawn(1, 80, 160));
	ok(v.correlation > 0.99F && fabsf(v.gain - 0.5F) < 0.01F, "at half its strength");
	v = look(&r, drawn(2, 40, 200));
	ok(v.correlation < 0.5F, "another one is not like it (%.2f)", (double) v.correlation);
	v = look(&r, blank(WIDTH, HEIGHT, 0));
	ok(v.correlation == 0 && v.contrast == 0, "black is nothing");
	p = drawn(1, 40, 200);
	add_noise(&p, 60);
	v = look(&r, p);
	ok(v.correlation > 0.9F && fabsf(v.gain - 1) < 0.1F, "through noise (%.3f)",
		(double) v.correlation);
	region_deinit(&r);
}

static void test_shift(void)
{
	struct region r, other;
	struct region_view v;
	float worst = 1;

	(void) region_init(&r, where, WIDTH, HEIGHT);
	(void) region_init(&other, where, WIDTH, HEIGHT);
	(void) add(&r, drawn(1, 40, 200), true, 0);
	(void) add(&other, drawn(1, 40, 200), true, 0);
	for (int dy = -3; dy <= 3; dy++)
		for (int dx = -3; dx <= 3; dx++) {
			float best = 0;

			/* Some pictures at each: one far from the last is searched now and then. */
			for (int n = 0; n < 10; n++) {
				struct picture p = blank(WIDTH, HEIGHT, 30);

				draw(&p, 1, 1, dx, dy, 40, 200);
				v = look(&r, p);
				best = v.correlation > best ? v.correlation : best;
			}
			worst = best < worst ? best : worst;
		}
	ok(worst > 0.9F, "shifts of 3 pixels are found (%.3f)", (double) worst);
	worst = 1;
	for (int n = 0; n < 30; n++) {
		struct picture p = blank(WIDTH, HEIGHT, 30);

		draw(&p, 1, 1, 2 + random_below(2), 2 + random_below(2), 40, 200);
		v = look(&r, p);
		worst = v.correlation < worst ? v.correlation : worst;
	}
	ok(worst > 0.9F, "one that jitters is followed in every picture (%.3f)", (double) worst);
	ok(r.aligned && r.shift_x > 1 && r.shift_y > 1, "and told");
	(void) look(&r, drawn(5, 40, 200));
	ok(!r.aligned && r.shift_x > 1 && r.shift_y > 1, "another screen does not spoil that");
	{
		struct picture p = blank(WIDTH, HEIGHT, 30);

		draw(&p, 1, 1, 3, 3, 40, 200);
		(void) region_look(&other, &p.view, &r, &v);
		free(p.data);
	}
	ok(v.correlation > 0.95F, "a region that knows the shift helps another one");
	region_deinit(&r);
	region_deinit(&other);
}

static void test_size(void)
{
	static const double scales[] = { 0.5, 1.5, 2, 3 };
	struct region r;

	(void) region_init(&r, where, WIDTH, HEIGHT);
	(void) add(&r, drawn(1, 40, 200), true, 0);
	for (size_t i = 0; i < sizeof(scales) / sizeof(*scales); i++) {
		struct picture p = blank((int) (WIDTH * scales[i]), (int) (HEIGHT * scales[i]), 30);
		struct region_view v;

		draw(&p, 1, scales[i], 0, 0, 40, 200);
		v = look(&r, p);
		ok(v.correlation > 0.95F && fabsf(v.gain - 1) < 0.1F,
			"%.1f times the size (%.3f, %.2f)", scales[i], (double) v.correlation,
			(double) v.gain);
	}
	region_deinit(&r);
}

static void test_rivals(void)
{
	struct region r;
	struct region_view v;
	struct picture p = drawn(1, 40, 200);

	/* The rival differs in a part only. */
	for (int j = where.y; j < where.y + where.h; j++)
		memset(p.data + j * WIDTH + where.x, 40, 32);
	(void) region_init(&r, where, WIDTH, HEIGHT);
	(void) add(&r, drawn(1, 40, 200), true, 0);
	(void) region_add(&r, &p.view, false, 1);
	v = look(&r, drawn(1, 40, 200));
	ok(!v.beaten, "the state itself");
	v = look(&r, p);
	ok(v.beaten && v.correlation > 0.7F, "one much like it is told from it (%.2f)",
		(double) v.correlation);
	(void) add(&r, drawn(1, 40, 200), false, 2);
	v = look(&r, drawn(1, 40, 200));
	ok(!v.beaten, "a rival that looks the same tells nothing");
	ok(r.gain_low == 0, "nor sets a limit");
	(void) add(&r, drawn(1, 80, 144), false, 3);
	v = look(&r, drawn(1, 40, 200));
	ok(!v.beaten && fabsf(r.gain_low - sqrtf(0.4F)) < 0.01F && isinf(r.gain_high),
		"one of less strength sets it half-way (%.2f)", (double) r.gain_low);
	region_deinit(&r);
}

/* A frame around the region's inside, as banners have one. */
static struct picture framed(struct picture p)
{
	for (int j = 0; j < where.h; j++)
		for (int i = 0; i < where.w; i++)
			if (i < 4 || j < 4 || i >= where.w - 4 || j >= where.h - 4)
				p.data[(where.y + j) * WIDTH + where.x + i] = 200;
	return p;
}

/* The region's left half by dx pixels to the left, its right half to the right. */
static struct picture torn(uint32_t seed, int dx)
{
	struct picture p = drawn(seed, 40, 200), from = drawn(seed, 40, 200);

	for (int j = where.y; j < where.y + where.h; j++) {
		uint8_t *line = p.data + j * WIDTH + where.x;
		const uint8_t *was = from.data + j * WIDTH + where.x;
		int half = where.w / 2;

		memmove(line, was + dx, (size_t) (half - dx));
		memset(line + half - dx, 40, (size_t) (2 * dx));
		memmove(line + half + dx, was + half, (size_t) (half - dx));
	}
	free(from.data);
	return p;
}

/* A longer text between the same edges: all of it stands elsewhere. */
static void test_moved_parts(void)
{
	struct region r;
	struct region_view v, other;

	(void) region_init(&r, where, WIDTH, HEIGHT);
	(void) add(&r, framed(drawn(1, 40, 200)), true, 0);
	v = look(&r, framed(torn(1, 6)));
	other = look(&r, framed(torn(2, 6)));
	ok(v.correlation > 0.75F, "halves that moved apart are found (%.2f)",
		(double) v.correlation);
	ok(v.gain > 0.7F && v.gain < 1.2F, "at their strength (%.2f)", (double) v.gain);
	ok(other.correlation < 0.6F, "others are not (%.2f)", (double) other.correlation);
	v = look(&r, framed(torn(1, 14)));
	ok(v.correlation < 0.7F, "nor what moved further than letters do (%.2f)",
		(double) v.correlation);
	region_deinit(&r);
}

/* Something in the middle of the region that is another one in each picture. */
static const struct rect counter = { 140, 68, 40, 24 };

static void add_counter(struct picture *p, uint32_t seed)
{
	for (int y = 0; y < counter.h; y++)
		for (int x = 0; x < counter.w; x++) {
			uint32_t v =
				seed * 7919 + (uint32_t) (x / 4) * 97 + (uint32_t) (y / 4) * 61;

			v = (v ^ v >> 5) * 2654435761U;
			p->data[(counter.y + y) * WIDTH + counter.x + x] =
				v >> 30 ? (uint8_t) (v >> 24) : 255;
		}
}

static struct picture counted(uint32_t seed, int low, int high)
{
	struct picture p = drawn(1, low, high);

	add_counter(&p, seed);
	return p;
}

static void test_masks(void)
{
	struct rect all = where, most = { where.x, where.y, where.w, where.h - 1 };
	struct region r, bare;
	struct region_view v, without;
	float worst = 1;

	(void) region_init(&r, where, WIDTH, HEIGHT);
	(void) region_init(&bare, where, WIDTH, HEIGHT);
	ok(region_set_masks(&r, &all, 1, WIDTH, HEIGHT) == -EINVAL && !r.mask &&
			region_set_masks(&r, &most, 1, WIDTH, HEIGHT) == -EINVAL,
		"a mask over all of it is refused");
	ok(region_set_masks(&r, NULL, 0, WIDTH, HEIGHT) == 0 && !r.mask, "no mask is none");
	ok(region_set_masks(&r, &counter, 1, WIDTH, HEIGHT) == 0 && r.mask &&
			r.mask->seen < r.grid.cols * r.grid.rows * 9 / 10,
		"a mask over a part");
	(void) add(&r, counted(1, 100, 140), true, 0);
	(void) add(&bare, counted(1, 100, 140), true, 0);
	ok(add(&r, counted(5, 100, 140), true, 1) == 0 && r.n_own == 1,
		"what differs below it only is the same");
	for (uint32_t i = 2; i < 12; i++) {
		v = look(&r, counted(i, 100, 140));
		worst = v.correlation < worst ? v.correlation : worst;
		without = look(&bare, counted(i, 100, 140));
	}
	ok(worst > 0.99F && fabsf(v.gain - 1) < 0.02F && v.contrast > 15 && v.contrast < 25,
		"what changes there does not count (%.3f, %.1f)", (double) worst,
		(double) v.contrast);
	ok(without.correlation < 0.7F, "without a mask it would (%.2f)",
		(double) without.correlation);
	v = look(&r, drawn(2, 100, 140));
	ok(v.correlation < 0.5F, "the rest does (%.2f)", (double) v.correlation);
	region_deinit(&r);
	region_deinit(&bare);
}

/* Boxes: outlined or filled, as a button that is pressed. */
static struct picture boxes(int background, int outline, int filling)
{
	struct picture p = blank(WIDTH, HEIGHT, (uint8_t) background);

	for (int k = 0; k < 3; k++)
		for (int y = 66 + 2 * k; y < 92; y++)
			for (int x = 106 + 36 * k; x < 130 + 40 * k; x++) {
				bool edge = y < 69 + 2 * k || y >= 89 || x < 109 + 36 * k ||
					    x >= 127 + 40 * k;

				p.data[y * WIDTH + x] = (uint8_t) (edge ? outline : filling);
			}
	return p;
}

static void test_outlines(void)
{
	struct region r, filled;
	struct region_view v, plain;

	(void) region_init(&r, where, WIDTH, HEIGHT);
	(void) region_init(&filled, where, WIDTH, HEIGHT);
	r.outlines = true;
	(void) add(&r, boxes(40, 200, 40), true, 0);
	(void) add(&filled, boxes(40, 200, 40), true, 0);
	v = look(&r, boxes(40, 200, 40));
	ok(v.correlation > 0.999F && fabsf(v.gain - 1) < 0.01F, "outlines are known again");
	v = look(&r, boxes(200, 40, 200));
	ok(v.correlation > 0.99F, "dark on light as light on dark (%.2f)", (double) v.correlation);
	plain = look(&filled, boxes(200, 40, 200));
	ok(plain.correlation < 0.5F, "which is another pattern");
	v = look(&r, boxes(40, 200, 120));
	plain = look(&filled, boxes(40, 200, 120));
	ok(v.correlation > 0.8F && v.correlation > plain.correlation,
		"whatever fills them (%.2f, the pattern %.2f)", (double) v.correlation,
		(double) plain.correlation);
	v = look(&r, drawn(2, 40, 200));
	ok(v.correlation < 0.4F, "others are not (%.2f)", (double) v.correlation);
	region_deinit(&r);
	region_deinit(&filled);
}

/* The mean of what is within so many samples, n times over. */
static void blur(struct picture *p, int radius, int n)
{
	uint8_t *from = malloc((size_t) p->width * (size_t) p->height);

	while (n-- > 0) {
		memcpy(from, p->data, (size_t) p->width * (size_t) p->height);
		for (int y = radius; y < p->height - radius; y++)
			for (int x = radius; x < p->width - radius; x++) {
				int sum = 0, side = 2 * radius + 1;

				for (int k = 0; k < side * side; k++)
					sum += from[(y + k / side - radius) * p->width + x +
						    k % side - radius];
				p->data[y * p->width + x] = (uint8_t) (sum / (side * side));
			}
	}
	free(from);
}

static void test_detail(void)
{
	struct region r;
	struct region_view v;
	struct picture p;

	(void) region_init(&r, where, WIDTH, HEIGHT);
	(void) add(&r, drawn(1, 40, 200), true, 0);
	p = drawn(1, 60, 120);
	add_noise(&p, 40);
	v = look(&r, p);
	ok(v.correlation < 0.95F && v.detail > 0.9F, "a weak and noisy picture is as sharp (%.2f)",
		(double) v.detail);
	p = drawn(1, 40, 200);
	blur(&p, 1, 1);
	v = look(&r, p);
	ok(v.correlation > 0.95F && v.detail == 1, "a soft one is too like it to ask (%.2f)",
		(double) v.correlation);
	p = drawn(1, 40, 200);
	blur(&p, 2, 1);
	v = look(&r, p);
	ok(v.correlation < 0.95F && v.detail > 0.1F && v.detail < 0.9F,
		"a softer one is less sharp (%.2f)", (double) v.detail);
	p = drawn(1, 40, 200);
	blur(&p, 2, 3);
	v = look(&r, p);
	ok(v.detail < 0.1F, "a blurred one hardly (%.2f), be it as like as %.2f", (double) v.detail,
		(double) v.correlation);
	region_deinit(&r);
}

int main(void)
{
	test_patch();
	test_likeness();
	test_shift();
	test_size();
	test_rivals();
	test_moved_parts();
	test_masks();
	test_outlines();
	test_detail();
	return tap_done();
}
