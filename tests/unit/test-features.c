/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each feature by itself, on drawn frames. */
#include "recognize/feature.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tap.h"

#define WIDTH 320
#define HEIGHT 240

static const struct rect where = { 100, 60, 120, 40 };

static struct rules rules;
static struct state *state;
static struct roi *roi;
static struct digits_reading readings[1];

static void begin(enum feature feature)
{
	memset(&rules, 0, sizeof(rules));
	rules.width = WIDTH;
	rules.height = HEIGHT;
	rules.algo = HASH_DHASH;
	rules.hash_size = 8;
	rules.n_states = 1;
	state = &rules.states[0];
	state->n_rois = 1;
	roi = &state->rois[0];
	roi->rect = where;
	roi->feature = feature;
}

struct picture {
	struct frame frame;
	uint8_t data[WIDTH * HEIGHT * 3 / 2];
};

/* I420 of full range. */
static struct picture *blank(uint8_t luma, uint8_t cb, uint8_t cr)
{
	struct picture *p = calloc(1, sizeof(*p));

	memset(p->data, luma, WIDTH * HEIGHT);
	memset(p->data + WIDTH * HEIGHT, cb, WIDTH * HEIGHT / 4);
	memset(p->data + WIDTH * HEIGHT * 5 / 4, cr, WIDTH * HEIGHT / 4);
	p->frame = (struct frame){
		.pixel = PIXEL_I420,
		.width = WIDTH,
		.height = HEIGHT,
		.full_range = true,
		.data = { p->data, p->data + WIDTH * HEIGHT, p->data + WIDTH * HEIGHT * 5 / 4 },
		.stride = { WIDTH, WIDTH / 2, WIDTH / 2 },
	};
	return p;
}

static void fill(struct picture *p, struct rect r, uint8_t luma, uint8_t cb, uint8_t cr)
{
	for (int y = r.y; y < r.y + r.h; y++)
		for (int x = r.x; x < r.x + r.w; x++) {
			int at = y / 2 * WIDTH / 2 + x / 2;

			p->data[y * WIDTH + x] = luma;
			p->data[WIDTH * HEIGHT + at] = cb;
			p->data[WIDTH * HEIGHT * 5 / 4 + at] = cr;
		}
}

/* Blocks of light and dark, others for each seed. */
static struct picture *blocks(uint32_t seed, int low, int high)
{
	struct picture *p = blank(30, 128, 128);

	for (int y = 0; y < where.h; y++)
		for (int x = 0; x < where.w; x++) {
			uint32_t v = seed * 977 + (uint32_t) (x / 8) * 31 + (uint32_t) (y / 8) * 57;

			v = (v ^ v >> 7) * 2654435761U;
			p->data[(where.y + y) * WIDTH + where.x + x] =
				(uint8_t) (v >> 31 ? high : low);
		}
	return p;
}

static struct view view_of(const struct picture *p)
{
	struct view v = { .frame = &p->frame, .numbers = readings };

	(void) grey_of_frame(&p->frame, &v.grey);
	return v;
}

static struct feature_view look(struct feature_probe *f, struct picture *p)
{
	const struct region *guide = NULL;
	struct view v = view_of(p);
	struct feature_view seen;

	ok(feature_look(f, &v, &guide, &seen) == 0, "looked at");
	free(p);
	return seen;
}

static bool there(const struct feature_view *v)
{
	return evidence_full(&v->evidence);
}

static int add(struct feature_probe *f, struct picture *p, int reference)
{
	struct view v = view_of(p);
	int r = feature_add(f, &v, true, reference);

	free(p);
	return r;
}

static void test_refused(void)
{
	_cleanup_(feature_freep) struct feature_probe *f = NULL;

	for (int i = 0; i < _FEATURE_MAX; i++) {
		bool hides = i != FEATURE_HASH && i != FEATURE_DIGITS;

		begin((enum feature) i);
		roi->masks[0] = (struct rect){ where.x, where.y, 30, 30 };
		roi->n_masks = 1;
		rules.n_numbers = 1;
		rules.numbers[0].rect = where;
		ok(feature_new(&f, &rules, state, 0) == (hides ? 0 : -EINVAL), "a mask of %d %s", i,
			hides ? "is taken" : "is refused");
		f = feature_free(f);
		roi->n_masks = 0;
		ok(feature_new(&f, &rules, state, 0) == 0, "none is fine");
		f = feature_free(f);
		roi->rect.x = WIDTH - where.w + 1;
		ok(feature_new(&f, &rules, state, 0) == -EINVAL, "beyond the screen");
		roi->rect.x = -1;
		ok(feature_new(&f, &rules, state, 0) == -EINVAL, "before it");
	}
	begin(_FEATURE_MAX);
	ok(feature_new(&f, &rules, state, 0) == -EINVAL, "no such feature");
	begin(FEATURE_MOTION);
	roi->masks[0] = where;
	roi->n_masks = 1;
	ok(feature_new(&f, &rules, state, 0) == -EINVAL, "a mask over all of it");
	roi->n_masks = RULES_MASKS_MAX + 1;
	ok(feature_new(&f, &rules, state, 0) == -EINVAL, "too many masks");
	begin(FEATURE_DIGITS);
	ok(feature_new(&f, &rules, state, 0) == -EINVAL, "digits without a number");
}

static void test_pattern(void)
{
	_cleanup_(feature_freep) struct feature_probe *f = NULL;
	struct feature_view v;

	begin(FEATURE_PATTERN);
	state->score = 0.97;
	(void) feature_new(&f, &rules, state, 0);
	ok(feature_learns(f) && !feature_ready(f) && feature_wants_contrast(f), "a pattern");
	ok(add(f, blank(90, 128, 128), 0) == -ENODATA && add(f, blocks(1, 40, 200), 3) == 0 &&
			feature_ready(f),
		"learns");
	v = look(f, blocks(1, 60, 160));
	ok(there(&v) && v.reference == 3 && v.value > 0.99 && !v.evidence.abrupt &&
			fabsf(v.evidence.level - 0.625F) < 0.02F,
		"known again");
	v = look(f, blocks(2, 40, 200));
	ok(!there(&v), "another one is not");
}

static void add_noise(struct picture *p, uint32_t rng, int amplitude)
{
	for (int i = 0; i < WIDTH * HEIGHT; i++) {
		rng = rng * 1664525 + 1013904223;
		p->data[i] = (uint8_t) (p->data[i] + (int) (rng >> 16) % (2 * amplitude + 1) -
					amplitude);
	}
}

/* The state's threshold holds for the ROI, the ROI's own before it. */
static void test_threshold(void)
{
	for (int i = 0; i < 4; i++) {
		_cleanup_(feature_freep) struct feature_probe *f = NULL;
		struct picture *p = blocks(1, 100, 140);
		struct feature_view v;

		begin(FEATURE_PATTERN);
		state->score = i == 1 || i == 2 ? 0.99 : 0;
		roi->threshold = i == 2 ? 0.6 : i == 3 ? 0.98 : 0;
		(void) feature_new(&f, &rules, state, 0);
		(void) add(f, blocks(1, 100, 140), 0);
		add_noise(p, 5, 30);
		v = look(f, p);
		ok(v.value > 0.8 && v.value < 0.97 && there(&v) == (i == 0 || i == 2),
			"correlation %.2f with thresholds %d", v.value, i);
	}
}

static void test_edges(void)
{
	_cleanup_(feature_freep) struct feature_probe *f = NULL;
	struct feature_view v;
	struct picture *p;

	begin(FEATURE_EDGES);
	(void) feature_new(&f, &rules, state, 0);
	(void) add(f, blocks(1, 40, 200), 0);
	v = look(f, blocks(1, 200, 40));
	ok(there(&v), "outlines of the negative are the same");
	p = blocks(1, 40, 200);
	add_noise(p, 7, 25);
	v = look(f, p);
	ok(there(&v), "through noise (%.2f)", v.value);
	v = look(f, blocks(2, 40, 200));
	ok(!there(&v), "others are not (%.2f)", v.value);
}

static void test_hash(void)
{
	_cleanup_(feature_freep) struct feature_probe *f = NULL;
	struct feature_view v;
	struct picture *p;

	begin(FEATURE_HASH);
	(void) feature_new(&f, &rules, state, 0);
	ok(!feature_ready(f) && !feature_wants_contrast(f), "a hash");
	v = look(f, blocks(1, 40, 200));
	ok(!there(&v) && v.reference == -1, "knows nothing at first");
	ok(add(f, blank(90, 128, 128), 0) == -ENODATA, "nothing of a flat picture");
	ok(add(f, blocks(2, 40, 200), 0) == 0 && add(f, blocks(1, 40, 200), 1) == 0, "learns");
	v = look(f, blocks(1, 60, 120));
	ok(there(&v) && v.value <= 2 && v.reference == 1 && v.evidence.abrupt,
		"known again (%.0f bits)", v.value);
	v = look(f, blocks(9, 40, 200));
	ok(!there(&v) && v.value > 12, "others are not (%.0f bits)", v.value);
	v = look(f, blank(90, 128, 128));
	ok(!there(&v) && v.quality == 0, "nor is nothing");
	p = blocks(1, 40, 200);
	fill(p, (struct rect){ where.x, where.y, 60, 20 }, 120, 128, 128);
	v = look(f, p);
	ok(v.value > 2, "a part of it is not all (%.0f bits)", v.value);
	roi->threshold = v.value - 1;
	f = feature_free(f);
	(void) feature_new(&f, &rules, state, 0);
	(void) add(f, blocks(1, 40, 200), 0);
	p = blocks(1, 40, 200);
	fill(p, (struct rect){ where.x, where.y, 60, 20 }, 120, 128, 128);
	v = look(f, p);
	ok(!there(&v) && evidence_score(&v.evidence) > 0.3F, "a bit more than the threshold");
}

static void test_colour(enum feature feature)
{
	const struct rect hidden = { where.x, where.y, 70, where.h };
	_cleanup_(feature_freep) struct feature_probe *f = NULL;
	struct feature_view v;
	struct picture *p;

	begin(feature);
	(void) feature_new(&f, &rules, state, 0);
	(void) add(f, blank(100, 90, 200), 0);
	(void) add(f, blank(60, 200, 100), 1);
	v = look(f, blank(110, 95, 190));
	ok(there(&v) && v.reference == 0 && v.evidence.abrupt, "a colour much like it (%.0f)",
		v.value);
	v = look(f, blank(60, 200, 100));
	ok(there(&v) && v.reference == 1 && v.value < 1, "the other one");
	v = look(f, blank(100, 128, 128));
	ok(!there(&v), "grey is not (%.0f)", v.value);
	p = blank(100, 90, 200);
	fill(p, (struct rect){ where.x, where.y, where.w * 2 / 5, where.h }, 235, 128, 128);
	v = look(f, p);
	ok(there(&v) == (feature == FEATURE_DOMINANT), "two fifths of it white (%.0f)", v.value);
	f = feature_free(f);
	roi->masks[0] = hidden;
	roi->n_masks = 1;
	(void) feature_new(&f, &rules, state, 0);
	(void) add(f, blank(100, 90, 200), 0);
	p = blank(100, 90, 200);
	fill(p, hidden, 235, 128, 128);
	v = look(f, p);
	ok(there(&v) && v.value < 8, "under a mask it may be any (%.0f)", v.value);
	p = blank(100, 90, 200);
	p->frame.pixel = PIXEL_AV;
	p->frame.luma8 = true;
	v = look(f, p);
	ok(!there(&v) && v.evidence.blind && v.quality == 0, "a picture without colours");
	p = blank(100, 90, 200);
	p->frame.pixel = PIXEL_AV;
	p->frame.luma8 = true;
	ok(add(f, p, 2) == -ENOTSUP, "is no reference");
}

static void test_brightness(void)
{
	_cleanup_(feature_freep) struct feature_probe *f = NULL;
	struct feature_view v;
	struct picture *p;

	begin(FEATURE_BRIGHTNESS);
	(void) feature_new(&f, &rules, state, 0);
	v = look(f, blank(100, 128, 128));
	ok(!there(&v) && !feature_ready(f), "knows nothing at first");
	(void) add(f, blank(100, 128, 128), 0);
	(void) add(f, blank(120, 128, 128), 0);
	v = look(f, blank(138, 128, 128));
	ok(there(&v) && fabs(v.value - 138) < 0.5, "near its references");
	v = look(f, blank(142, 128, 128));
	ok(!there(&v), "not too far from them");
	f = feature_free(f);
	roi->least = 200;
	(void) feature_new(&f, &rules, state, 0);
	v = look(f, blank(250, 128, 128));
	ok(there(&v) && feature_ready(f), "bright, without a reference");
	v = look(f, blank(199, 128, 128));
	ok(!there(&v), "not bright enough");
	p = blank(200, 128, 128);
	p->frame.full_range = false;
	v = look(f, p);
	ok(there(&v) && fabs(v.value - (200 - 16) * 255 / 219.0) < 0.5, "limited range stretched");
	f = feature_free(f);
	roi->least = 90;
	roi->most = 110;
	roi->masks[0] = (struct rect){ where.x, where.y, 60, where.h };
	roi->n_masks = 1;
	(void) feature_new(&f, &rules, state, 0);
	p = blank(100, 128, 128);
	fill(p, roi->masks[0], 255, 128, 128);
	v = look(f, p);
	ok(there(&v), "what is hidden does not count (%.0f)", v.value);
}

static struct picture *moved(int part, uint32_t noise)
{
	struct picture *p = blank(60, 128, 128);

	fill(p, (struct rect){ where.x, where.y, where.w * part / 100, where.h }, 120, 128, 128);
	add_noise(p, noise, 12);
	return p;
}

/* A card that shakes. */
static struct picture *shaken(int dx, int dy)
{
	struct picture *p = blocks(1, 40, 200);

	memmove(p->data + dy * WIDTH + dx, p->data, (size_t) (WIDTH * HEIGHT - dy * WIDTH - dx));
	return p;
}

static void test_shaking(void)
{
	_cleanup_(feature_freep) struct feature_probe *f = NULL;
	struct feature_view v;
	double worst = 0;

	begin(FEATURE_MOTION);
	(void) feature_new(&f, &rules, state, 0);
	(void) look(f, shaken(0, 0));
	for (int i = 1; i < 10; i++) {
		v = look(f, shaken(i % 2, i / 2 % 2));
		worst = MAX(worst, v.value);
	}
	ok(worst < 0.02, "shaking by a pixel is no motion (%.3f)", worst);
	v = look(f, blocks(2, 40, 200));
	ok(there(&v) && v.value > 0.2, "another picture is (%.2f)", v.value);
}

static void test_motion(void)
{
	_cleanup_(feature_freep) struct feature_probe *f = NULL;
	struct feature_view v;

	begin(FEATURE_MOTION);
	(void) feature_new(&f, &rules, state, 0);
	ok(feature_ready(f) && !feature_learns(f), "motion needs no reference");
	v = look(f, moved(0, 1));
	ok(!there(&v) && v.evidence.blind, "one picture tells nothing");
	v = look(f, moved(0, 2));
	ok(!there(&v) && !v.evidence.blind && v.value < 0.01, "noise is no motion");
	v = look(f, moved(30, 3));
	ok(there(&v) && fabs(v.value - 0.3) < 0.06, "a part of it changed (%.2f)", v.value);
	v = look(f, moved(30, 4));
	ok(!there(&v), "and stays");
	f = feature_free(f);
	roi->least = 0.5;
	roi->most = 0.9;
	(void) feature_new(&f, &rules, state, 0);
	(void) look(f, moved(0, 1));
	v = look(f, moved(30, 2));
	ok(!there(&v), "less than is asked for");
	v = look(f, moved(100, 3));
	ok(there(&v), "as much (%.2f)", v.value);
	v = look(f, moved(0, 4));
	ok(!there(&v), "more than that");
	f = feature_free(f);
	roi->threshold = 80;
	(void) feature_new(&f, &rules, state, 0);
	(void) look(f, moved(0, 1));
	v = look(f, moved(70, 2));
	ok(!there(&v) && v.value == 0, "of fewer levels");
}

static void read_as(const char *text, bool sure)
{
	snprintf(readings[0].text, sizeof(readings[0].text), "%s", text);
	readings[0].sure = sure;
	readings[0].confidence = 0.8;
}

static void test_digits(void)
{
	_cleanup_(feature_freep) struct feature_probe *f = NULL;
	struct feature_view v;

	begin(FEATURE_DIGITS);
	rules.n_numbers = 1;
	rules.numbers[0].name = (char *) "CREDIT";
	roi->name = (char *) "CREDIT";
	(void) feature_new(&f, &rules, state, 0);
	read_as("1,250", true);
	v = look(f, blank(60, 128, 128));
	ok(there(&v) && v.value == 1250 && v.evidence.abrupt, "any number, by its name");
	read_as("1250", false);
	v = look(f, blank(60, 128, 128));
	ok(!there(&v), "an unsure one is none");
	read_as("", true);
	v = look(f, blank(60, 128, 128));
	ok(!there(&v), "nor is nothing");
	roi->least = 1000;
	roi->most = 2000;
	roi->name = NULL;
	rules.numbers[0].rect = where;
	rules.numbers[0].format = (char *) "99.99";
	f = feature_free(f);
	(void) feature_new(&f, &rules, state, 0);
	read_as("12.50", true);
	v = look(f, blank(60, 128, 128));
	ok(there(&v), "between the limits, by its rectangle");
	read_as("20.01", true);
	v = look(f, blank(60, 128, 128));
	ok(!there(&v), "above");
	read_as("9.99", true);
	v = look(f, blank(60, 128, 128));
	ok(!there(&v), "below");
	read_as("1250", true);
	v = look(f, blank(60, 128, 128));
	ok(!there(&v), "in another form");
}

int main(void)
{
	test_refused();
	test_pattern();
	test_threshold();
	test_edges();
	test_hash();
	test_colour(FEATURE_COLOUR);
	test_colour(FEATURE_DOMINANT);
	test_brightness();
	test_motion();
	test_shaking();
	test_digits();
	return tap_done();
}
