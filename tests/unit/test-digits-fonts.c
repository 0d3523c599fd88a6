/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fonts of ten invented machines: bold and narrow, slanted, made of dots, of seven strokes,
 * dark on bright. What has been learnt from clean pictures is read in bad ones, or is unsure.
 */
#include <inttypes.h>
#include <string.h>

#include "recognize/digits.h"
#include "tests/tap.h"
#include "tests/tools/screens.h"

#define ALL_DIGITS 0x3ffU
#define REFERENCES 5 /* of each state */
#define FRAMES 900   /* half a minute … */
#define STEP 23      /* … looked at now and then */

struct machine {
	int layout;
	const char *name;
	struct screens *screens;
	struct rules rules;
	struct rect rect;
	struct digits *digits;
};

static const struct {
	const char *name;
	struct screens_options options;
	int percent; /* that must be read; 0: 97 */
} faults[] = {
	{ .name = "as it is" },
	{ .name = "noisy, dark",
		.options = { .noise = 9, .gain = 0.7, .shift_x = 2, .shift_y = -3 },
		.percent = 90 },
	{ .name = "blurred, weak",
		.options = { .blur = true, .gain = 0.8, .offset = 20, .shift_x = -3, .noise = 2 } },
	{ .name = "wrong range",
		.options = { .range = SCREENS_RANGE_STRETCHED, .shift_y = 3, .noise = 3 } },
	{ .name = "large",
		.options = { .width = 1280,
			.height = 960,
			.noise = 6,
			.range = SCREENS_RANGE_SQUEEZED } },
};

/* Learns from references that show no digit of `without`. */
static void learn(struct machine *m, const char *without)
{
	int refused = 0;

	m->digits = digits_free(m->digits);
	ok(digits_new(&m->digits) == 0, "%s: learn", m->name);
	for (int i = 0; i < m->rules.n_states; i++)
		for (int k = 0; k < REFERENCES; k++) {
			_cleanup_(frame_unrefp) struct frame *f = NULL;
			char text[24];
			int64_t credit = -1;
			struct grey g;

			if (screens_reference(m->screens, i, k, &f, &credit) < 0 || credit < 0 ||
				grey_of_frame(f, &g) < 0)
				continue;
			snprintf(text, sizeof(text), "%" PRId64, credit);
			if (!strpbrk(text, without))
				refused += digits_learn(m->digits, &g, m->rect, text) == -EBADMSG;
		}
	ok(refused == 0, "%s: %d references refused", m->name, refused);
}

struct count {
	int shown, read, wrong;
};

static void look(const struct machine *m, struct screens *s, uint64_t n, struct count *c)
{
	_cleanup_(frame_unrefp) struct frame *f = NULL;
	struct digits_reading reading;
	struct screens_truth truth;
	char text[24];
	struct grey g;

	if (screens_truth(s, n, &truth) < 0 || truth.credit < 0 || screens_frame(s, n, &f) < 0 ||
		grey_of_frame(f, &g) < 0)
		return;
	snprintf(text, sizeof(text), "%" PRId64, truth.credit);
	digits_read(m->digits, &g,
		rules_scale(&m->rules, m->rules.numbers[0].rect, g.width, g.height), &reading);
	c->shown++;
	if (reading.sure && strcmp(reading.text, text) == 0)
		c->read++;
	else if (reading.sure || reading.text[0])
		c->wrong++;
	if (reading.sure && strcmp(reading.text, text) != 0)
		printf("# %s: %s read as %s\n", m->name, text, reading.text);
}

static struct count watch(const struct machine *m, const struct screens_options *o)
{
	_cleanup_(screens_freep) struct screens *s = NULL;
	struct count c = { 0 };

	if (screens_new(&s, m->layout, 77, o) == 0)
		for (uint64_t n = 0; n < FRAMES; n += STEP)
			look(m, s, n, &c);
	return c;
}

static void test_layout(int layout)
{
	const struct screens_options clean = { 0 };
	struct machine m = { .layout = layout, .name = screens_layout_name(layout) };
	struct count c;

	if (screens_new(&m.screens, layout, 11, &clean) < 0 ||
		screens_rules(m.screens, &m.rules) < 0) {
		ok(false, "%s", m.name);
		return;
	}
	m.rect = m.rules.numbers[0].rect;
	learn(&m, "x");
	ok(digits_known(m.digits) == ALL_DIGITS, "%s: knows all digits", m.name);
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		c = watch(&m, &faults[i].options);
		ok(c.wrong == 0 && c.read * 100 >=
					   c.shown * (faults[i].percent ? faults[i].percent : 97),
			"%s, %s: %d of %d read, %d wrong", m.name, faults[i].name, c.read, c.shown,
			c.wrong);
	}
	for (const char *digit = "083569"; *digit; digit++) {
		learn(&m, (char[]){ *digit, 0 });
		c = watch(&m, &faults[2].options);
		ok(!(digits_known(m.digits) & 1U << (*digit - '0')) && c.wrong == 0,
			"%s without %c: %d of %d read, %d wrong", m.name, *digit, c.read, c.shown,
			c.wrong);
	}
	digits_free(m.digits);
	rules_deinit(&m.rules);
	screens_free(m.screens);
}

int main(void)
{
	for (int i = 0; i < SCREENS_LAYOUTS; i++)
		test_layout(i);
	return tap_done();
}
