/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/tools/screens.h"

#include <string.h>

#include "common/usec.h"
#include "tests/tap.h"

#define FRAMES 900

static uint64_t checksum(const struct frame *f)
{
	uint64_t sum = 1;

	for (int i = 0; i < 3; i++)
		for (int y = 0; y < (i ? f->height / 2 : f->height); y++)
			for (int x = 0; x < (i ? f->width / 2 : f->width); x += 3)
				sum = sum * 31 + f->data[i][y * f->stride[i] + x];
	return sum;
}

static uint64_t checksum_at(struct screens *s, uint64_t n)
{
	_cleanup_(frame_unrefp) struct frame *f = NULL;

	return screens_frame(s, n, &f) < 0 ? 0 : checksum(f);
}

/* Mean difference of the luma in a rectangle of a screen of 640x480. */
static double difference(const struct frame *a, const struct frame *b, struct rect r)
{
	double sum = 0;

	for (int y = r.y; y < r.y + r.h; y++)
		for (int x = r.x; x < r.x + r.w; x++)
			sum += abs(a->data[0][y * a->stride[0] + x] -
				   b->data[0][y * b->stride[0] + x]);
	return sum / (r.w * r.h);
}

static const struct rect whole = { 0, 0, 640, 480 };

static void test_deterministic(void)
{
	const struct screens_options o = {
		.noise = 3, .gain = 0.9, .shift_x = 2, .fade_frames = 7
	};
	_cleanup_(screens_freep) struct screens *a = NULL, *b = NULL, *c = NULL;
	bool same = true;
	int good =
		screens_new(&a, 4, 7, &o) | screens_new(&b, 4, 7, &o) | screens_new(&c, 4, 8, &o);

	ok(good == 0, "a clip is made");
	for (uint64_t n = 0; n < 200; n += 41)
		same = same && checksum_at(a, n) == checksum_at(b, n);
	ok(same, "one seed, one clip");
	ok(checksum_at(a, 150) == checksum_at(b, 150) && checksum_at(a, 2) == checksum_at(b, 2),
		"in any order");
	ok(checksum_at(a, 100) != checksum_at(c, 100), "another seed, another clip");
}

static void test_options(void)
{
	const struct screens_options odd = { .width = 641 }, small = { .width = 2 },
				     far = { .shift_x = 100 },
				     fine = { .width = 1280, .height = 720 };
	_cleanup_(screens_freep) struct screens *s = NULL;
	_cleanup_(frame_unrefp) struct frame *f = NULL;

	ok(screens_new(&s, 0, 1, &odd) == -EINVAL && screens_new(&s, 0, 1, &small) == -EINVAL &&
			screens_new(&s, 0, 1, &far) == -EINVAL &&
			screens_new(&s, 10, 1, &fine) == -EINVAL,
		"what makes no sense is refused");
	ok(screens_new(&s, 9, 1, &fine) == 0 && screens_frame(s, 45, &f) == 0 && f->width == 1280 &&
			f->height == 720,
		"another size");
	ok(f->capture_usec == USEC_PER_SEC * 5 / 2, "the time of a frame");
}

/* Segments lie side by side, none follows one of its own state. */
static void test_segments(int layout)
{
	const struct screens_options o = { .fade_frames = 7 };
	_cleanup_(screens_freep) struct screens *s = NULL;
	struct screens_truth t = { 0 }, last = { 0 };
	bool covered = true, lengths = true, differ = true, fades = true;
	int seen = 0;

	(void) screens_new(&s, layout, 3, &o);
	for (uint64_t n = 0; n < 60 * FRAMES; n++) {
		if (screens_truth(s, n, &t) < 0)
			break;
		covered = covered && t.start <= n && n < t.end;
		fades = fades && t.fading == (n - t.start < 7 && t.start > 0);
		if (n > 0 && t.start != last.start) {
			covered = covered && t.start == last.end && n == t.start;
			differ = differ && t.before == last.state &&
				 (t.state != last.state || t.state == STATE_OTHER);
		}
		lengths = lengths && t.end - t.start >= SCREENS_SEGMENT_MIN &&
			  t.end - t.start <= SCREENS_SEGMENT_MAX;
		seen |= 1 << (t.state + 1);
		last = t;
	}
	ok(covered && lengths, "%s: segments cover all", screens_layout_name(layout));
	ok(differ && fades, "%s: each change is one", screens_layout_name(layout));
	ok(__builtin_popcount((unsigned) seen) >= 4, "%s: all of it comes",
		screens_layout_name(layout));
}

/* Reference pictures, the first of each state. */
struct machine {
	const char *name;
	struct screens *screens;
	struct rules rules;
	struct frame *references[RULES_STATES_MAX];
};

/* The worst of a state's regions. */
static double distance(const struct machine *m, const struct frame *f, int state)
{
	const struct state *s = &m->rules.states[state];
	double worst = 0;

	for (int i = 0; i < s->n_rois; i++)
		worst = MAX(worst, difference(f, m->references[state], s->rois[i].rect));
	return worst;
}

/* The state whose reference the frame looks like. */
static int classify(const struct machine *m, uint64_t n)
{
	_cleanup_(frame_unrefp) struct frame *f = NULL;
	double best = 8;
	int at = STATE_OTHER;

	if (screens_frame(m->screens, n, &f) < 0)
		return STATE_UNKNOWN;
	for (int i = 0; i < m->rules.n_states; i++) {
		double d = distance(m, f, i);

		if (d < best)
			best = d, at = i;
	}
	return at;
}

/* Inside a state's regions no reference of another state looks like it. */
static void test_references(const struct machine *m)
{
	double nearest = 1e9, widest = 0;

	for (int a = 0; a < m->rules.n_states; a++) {
		for (int k = 1; k < 4; k++) {
			_cleanup_(frame_unrefp) struct frame *again = NULL;

			if (screens_reference(m->screens, a, k, &again, NULL) == 0)
				widest = MAX(widest, distance(m, again, a));
		}
		for (int b = 0; b < m->rules.n_states; b++)
			if (b != a)
				nearest = MIN(nearest, distance(m, m->references[b], a));
	}
	ok(nearest > 5 && nearest > 2 * widest, "%s: states differ by %.1f, within one %.1f",
		m->name, nearest, widest);
}

/* Also the last frame before a cut and the first one after it. */
static void test_truth(const struct machine *m)
{
	struct screens_truth t = { 0 };
	bool right = true, exact = true;

	for (int i = 0; i < 50; i++) {
		if (screens_truth(m->screens, t.end, &t) < 0)
			break;
		right = right && classify(m, (t.start + t.end) / 2) == t.state;
		exact = exact && classify(m, t.start) == t.state &&
			classify(m, t.end - 1) == t.state && !t.fading;
	}
	ok(right, "%s: frames show what is true of them", m->name);
	ok(exact, "%s: cuts are where they are said to be", m->name);
}

static void test_layout(int layout)
{
	const struct screens_options o = { 0 };
	struct machine m = { .name = screens_layout_name(layout) };
	int64_t credit = -1;
	int r;

	r = screens_new(&m.screens, layout, 11, &o);
	if (r >= 0)
		r = screens_rules(m.screens, &m.rules);
	for (int i = 0; r >= 0 && i < m.rules.n_states; i++)
		r = screens_reference(m.screens, i, 0, &m.references[i], i ? NULL : &credit);
	ok(r == 0 && m.rules.n_states >= 3 && m.rules.n_states <= 5 && credit >= 0,
		"%s: rules of %d states, references", m.name, m.rules.n_states);
	if (r == 0) {
		test_references(&m);
		test_truth(&m);
		test_segments(layout);
	}
	for (int i = 0; i < m.rules.n_states; i++)
		frame_unref(m.references[i]);
	rules_deinit(&m.rules);
	screens_free(m.screens);
}

static void test_effects(void)
{
	const struct screens_options clean = { 0 }, dim = { .gain = 0.8, .offset = 10 },
				     noisy = { .noise = 4 }, off = { .shift_x = 3, .shift_y = -2 },
				     soft = { .blur = true };
	const struct screens_options *all[] = { &clean, &dim, &noisy, &off, &soft };
	struct frame *f[5] = { NULL };
	struct screens *s[5] = { NULL };
	int level, good = 0;

	for (int i = 0; i < 5; i++)
		good |= screens_new(&s[i], 5, 2, all[i]) | screens_frame(s[i], 30, &f[i]);
	ok(good == 0, "effects");
	level = f[0]->data[0][20 * f[0]->stride[0] + 400];
	ok(abs(f[1]->data[0][20 * f[1]->stride[0] + 400] - (level * 8 / 10 + 10)) <= 1,
		"gain and offset");
	ok(difference(f[0], f[2], whole) > 2 && difference(f[0], f[2], whole) < 4, "noise");
	ok(f[3]->data[0][98 * f[3]->stride[0] + 103] == f[0]->data[0][100 * f[0]->stride[0] + 100],
		"shift");
	ok(difference(f[0], f[4], whole) > 0.3 && difference(f[0], f[4], whole) < 12, "blur");
	for (int i = 0; i < 5; i++) {
		frame_unref(f[i]);
		screens_free(s[i]);
	}
}

int main(void)
{
	test_deterministic();
	test_options();
	test_effects();
	for (int i = 0; i < SCREENS_LAYOUTS; i++)
		test_layout(i);
	return tap_done();
}
