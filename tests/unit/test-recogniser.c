/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The recogniser as a whole, both modes, on drawn frames; the clips are the native tests' matter.
 */
#include "recognize/recogniser.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/usec.h"
#include "tests/tap.h"

#define WIDTH 320
#define HEIGHT 240
#define FRAME (USEC_PER_SEC / 30)

enum {
	DIALOG,
	PLAY,
	STATES
};

static const struct rect spots[STATES] = { { 40, 40, 120, 60 }, { 180, 120, 100, 40 } };

static struct rules rules;
static uint64_t now;

static void make_rules(enum rules_mode mode)
{
	memset(&rules, 0, sizeof(rules));
	rules.mode = mode;
	rules.width = WIDTH;
	rules.height = HEIGHT;
	rules.algo = HASH_DHASH;
	rules.hash_size = 8;
	rules.confirm_frames = 2;
	rules.drop_frames = 3;
	rules.n_states = STATES;
	for (int s = 0; s < STATES; s++) {
		struct state *state = &rules.states[s];

		state->name = strdup(s == DIALOG ? "DIALOG" : "PLAY");
		state->n_rois = 1;
		state->min_match = 1;
		state->threshold = 12;
		state->rois[0] = (struct roi){
			.name = strdup("spot"), .rect = spots[s], .required = true, .ref_state = s
		};
	}
	now = USEC_PER_SEC;
}

static void draw(struct frame *f, int s, double strength)
{
	const struct rect *r = &spots[s];
	uint8_t *luma = (uint8_t *) f->data[0];

	for (int y = 0; y < r->h; y++)
		for (int x = 0; x < r->w; x++) {
			uint32_t cell = (uint32_t) (s * 131 + x / 10 * 31 + y / 10 * 57);
			int high = (int) (((cell ^ cell >> 4) * 2654435761U) >> 31);

			luma[(r->y + y) * f->stride[0] + r->x + x] =
				(uint8_t) (60 + (high ? strength * 120 : 0));
		}
}

/* A screen with the pattern of state s at this strength; STATE_OTHER: with none. */
static struct frame *screen(int s, double strength)
{
	static struct frame_pool *pool;
	struct frame *f;

	if (!pool)
		(void) frame_pool_new(&pool, PIXEL_I420, WIDTH, HEIGHT, 4);
	f = frame_pool_get(pool);
	for (int y = 0; y < HEIGHT; y++)
		for (int x = 0; x < WIDTH; x++)
			((uint8_t *) f->data[0])[y * f->stride[0] + x] = (uint8_t) (60 + x / 16);
	if (s >= 0)
		draw(f, s, strength);
	f->capture_usec = now += FRAME;
	return f;
}

static struct decision look_n(struct recogniser *r, int n, int s, double strength)
{
	struct decision d;

	for (int i = 0; i < n; i++) {
		_cleanup_(frame_unrefp) struct frame *f = screen(s, strength);

		(void) recogniser_look(r, f, &d);
	}
	return d;
}

static void learn(struct recogniser *r)
{
	for (int s = 0; s < STATES; s++) {
		_cleanup_(frame_unrefp) struct frame *f = screen(s, 1);

		ok(recogniser_add_reference(r, s, f) == 0, "a reference for %s",
			rules_state_name(&rules, s));
	}
}

static void test_mode(enum rules_mode mode)
{
	_cleanup_(recogniser_freep) struct recogniser *r = NULL;
	struct decision d;
	uint64_t first;

	make_rules(mode);
	ok(recogniser_new(&r, &rules) == 0, "%s mode",
		mode == MODE_BETTER ? "better" : "compatible");
	d = look_n(r, 5, PLAY, 1);
	ok(d.state < 0 && !d.states[PLAY].matched, "knows nothing without references");
	learn(r);
	d = look_n(r, 1, PLAY, 1);
	first = now;
	ok(d.raw == PLAY && d.state < 0 && !d.changed, "one picture is raw only");
	d = look_n(r, 1, PLAY, 1);
	ok(d.state == PLAY && d.changed && d.since_usec == first && d.capture_usec == now,
		"the second enters, since the first");
	ok(d.states[PLAY].rois[0].matched && d.states[PLAY].rois[0].reference == 0 &&
			!d.states[DIALOG].matched,
		"scores tell why");
	d = look_n(r, 2, DIALOG, 1);
	ok(d.state == DIALOG && d.changed, "another state");
	d = look_n(r, 1, DIALOG, 1);
	ok(!d.changed && d.state == DIALOG, "goes on");
	d = look_n(r, 5, STATE_OTHER, 0);
	ok(d.state < 0, "and is left");
	r = recogniser_free(r);
	rules_deinit(&rules);
}

static void test_reasons(void)
{
	_cleanup_(recogniser_freep) struct recogniser *r = NULL;
	_cleanup_(frame_unrefp) struct frame *black = NULL;
	struct decision d;

	make_rules(MODE_BETTER);
	(void) recogniser_new(&r, &rules);
	learn(r);
	d = look_n(r, 3, STATE_OTHER, 0);
	ok(d.raw == STATE_UNKNOWN && d.reason == REASON_LOW_QUALITY, "flat regions: %s",
		reason_name(d.reason));
	black = screen(STATE_OTHER, 0);
	memset((uint8_t *) black->data[0], 16, (size_t) black->stride[0] * HEIGHT);
	ok(recogniser_look(r, black, &d) == 0 && d.reason == REASON_NO_SIGNAL,
		"a black picture: %s", reason_name(d.reason));
	(void) look_n(r, 30, PLAY, 1);
	d = look_n(r, 60, PLAY, 0.35);
	ok(d.raw < 0 && d.state < 0 && d.reason == REASON_BELOW_THRESHOLD, "greyed out: %s",
		reason_name(d.reason));
	r = recogniser_free(r);
	rules_deinit(&rules);
}

static void test_ambiguous(void)
{
	_cleanup_(recogniser_freep) struct recogniser *r = NULL;
	_cleanup_(frame_unrefp) struct frame *f = NULL;
	struct decision d;

	make_rules(MODE_BETTER);
	(void) recogniser_new(&r, &rules);
	learn(r);
	f = screen(DIALOG, 1);
	draw(f, PLAY, 1);
	ok(recogniser_look(r, f, &d) == 0 && d.raw == STATE_UNKNOWN &&
			d.reason == REASON_AMBIGUOUS && d.margin < 0.05,
		"two states at once: %s", reason_name(d.reason));
	(void) look_n(r, 5, PLAY, 1);
	f->capture_usec = now += FRAME;
	ok(recogniser_look(r, f, &d) == 0 && d.raw == PLAY && d.state == PLAY,
		"the one that was there stays");
	r = recogniser_free(r);
	rules_deinit(&rules);
}

/* A card whose picture is weaker than the references from the start. */
static void test_gain(void)
{
	_cleanup_(recogniser_freep) struct recogniser *r = NULL;
	struct decision d;

	make_rules(MODE_BETTER);
	(void) recogniser_new(&r, &rules);
	learn(r);
	d = look_n(r, 30, PLAY, 0.45);
	ok(d.state == PLAY, "a weak card's state is known after a while");
	d = look_n(r, 30, DIALOG, 0.45);
	ok(d.state == DIALOG, "the others at once");
	d = look_n(r, 30, DIALOG, 0.18);
	ok(d.state < 0, "what is greyed out on it is not");
	r = recogniser_free(r);
	rules_deinit(&rules);
}

static void test_refused(void)
{
	_cleanup_(recogniser_freep) struct recogniser *r = NULL;
	_cleanup_(frame_unrefp) struct frame *f = NULL;
	struct frame jpeg = { .pixel = PIXEL_MJPEG, .width = WIDTH, .height = HEIGHT };
	struct decision d;
	int added = 0;

	make_rules(MODE_COMPATIBLE);
	(void) recogniser_new(&r, &rules);
	f = screen(PLAY, 1);
	ok(recogniser_add_reference(r, STATES, f) == -EINVAL &&
			recogniser_add_reference(r, -1, f) == -EINVAL,
		"no such state");
	ok(recogniser_learn_number(r, 0, f, "1") == -EINVAL, "no such number");
	ok(recogniser_look(r, &jpeg, &d) == -EINVAL &&
			recogniser_add_reference(r, 0, &jpeg) == -EINVAL,
		"a format without luma");
	while (recogniser_add_reference(r, PLAY, f) == 0 && added < 1000)
		added++;
	ok(added == RECOGNISER_REFERENCES_MAX, "%d references of a state at most", added);
	r = recogniser_free(r);
	rules_deinit(&rules);
	make_rules(MODE_BETTER);
	rules.states[PLAY].rois[0].rect.x = 300;
	ok(recogniser_new(&r, &rules) == -EINVAL, "a region beyond the screen");
	r = recogniser_free(r);
	rules_deinit(&rules);
}

static void test_rgb(void)
{
	_cleanup_(recogniser_freep) struct recogniser *r = NULL;
	_cleanup_(frame_unrefp) struct frame *f = screen(PLAY, 1);
	struct frame rgb = {
		.pixel = PIXEL_RGB24, .width = WIDTH, .height = HEIGHT, .full_range = true
	};
	uint8_t *pixels = malloc((size_t) WIDTH * HEIGHT * 3);
	struct decision d;

	/* As luma of limited range looks on a screen. */
	for (int i = 0; i < WIDTH * HEIGHT; i++)
		memset(pixels + 3 * (ptrdiff_t) i,
			(f->data[0][i / WIDTH * f->stride[0] + i % WIDTH] - 16) * 255 / 219, 3);
	rgb.data[0] = pixels;
	rgb.stride[0] = WIDTH * 3;
	make_rules(MODE_BETTER);
	(void) recogniser_new(&r, &rules);
	ok(recogniser_add_reference(r, PLAY, &rgb) == 0, "a reference in RGB");
	d = look_n(r, 2, PLAY, 1);
	ok(d.state == PLAY && d.states[PLAY].score > 0.99, "is what the card shows (%.3f)",
		d.states[PLAY].score);
	free(pixels);
	r = recogniser_free(r);
	rules_deinit(&rules);
}

/* A state is entered once its regions have been still for so long. */
static void test_settling(void)
{
	_cleanup_(recogniser_freep) struct recogniser *r = NULL;
	struct decision d;
	int n;

	make_rules(MODE_BETTER);
	rules.states[PLAY].settle_ms = 300;
	(void) recogniser_new(&r, &rules);
	learn(r);
	(void) look_n(r, 5, DIALOG, 1);
	d = look_n(r, 3, PLAY, 1);
	ok(d.state != PLAY && d.raw == STATE_UNKNOWN && d.reason == REASON_SETTLING &&
			d.states[PLAY].matched,
		"a state that has just come: %s", reason_name(d.reason));
	for (n = 3; d.state != PLAY && n < 100; n++)
		d = look_n(r, 1, PLAY, 1);
	ok(n >= 9 && n <= 11, "is entered when it has been still (%d pictures)", n);
	for (int i = 0; i < 10; i++)
		d = look_n(r, 1, PLAY, i % 2 ? 1 : 0.85);
	ok(d.state == PLAY && d.raw == PLAY, "motion does not end it");
	(void) look_n(r, 10, STATE_OTHER, 0);
	for (int i = 0; i < 40; i++)
		d = look_n(r, 1, PLAY, i % 2 ? 1 : 0.85);
	ok(d.state < 0 && d.reason == REASON_SETTLING, "but keeps it from being entered");
	for (int i = 0; i < 20; i++)
		d = look_n(r, 1, PLAY, 0.62 + 0.019 * i);
	ok(d.state < 0 && d.reason == REASON_SETTLING, "also one that is slow");
	r = recogniser_free(r);
	rules_deinit(&rules);
}

static void test_longest(void)
{
	_cleanup_(recogniser_freep) struct recogniser *r = NULL;
	struct decision d;

	make_rules(MODE_BETTER);
	rules.states[PLAY].longest_ms = 1000;
	(void) recogniser_new(&r, &rules);
	learn(r);
	d = look_n(r, 30, PLAY, 1);
	ok(d.state == PLAY, "a state lasts");
	d = look_n(r, 10, PLAY, 1);
	ok(d.state == STATE_UNKNOWN && d.raw == STATE_UNKNOWN && d.reason == REASON_TIMED_OUT &&
			d.states[PLAY].matched,
		"for so long: %s", reason_name(d.reason));
	d = look_n(r, 3, DIALOG, 1);
	ok(d.state == DIALOG && d.reason == REASON_NONE, "another one is seen");
	d = look_n(r, 3, PLAY, 1);
	ok(d.state == PLAY, "and then it again");
	r = recogniser_free(r);
	rules_deinit(&rules);
}

/* A picture that differs from others of the state in one sample, for n other than 0. */
static struct decision look_exactly(struct recogniser *r, int s, uint8_t n)
{
	_cleanup_(frame_unrefp) struct frame *f = screen(s, 1);
	const struct rect *spot = &spots[PLAY];
	struct decision d;

	((uint8_t *) f->data[0])[(spot->y + 7) * f->stride[0] + spot->x + 11] ^= n;
	(void) recogniser_look(r, f, &d);
	return d;
}

static void test_frozen(void)
{
	_cleanup_(recogniser_freep) struct recogniser *r = NULL;
	struct decision d;
	int n;

	make_rules(MODE_BETTER);
	rules.frozen_ms = 500;
	(void) recogniser_new(&r, &rules);
	learn(r);
	for (n = 0; n < 60; n++)
		d = look_exactly(r, PLAY, (uint8_t) (1 + n % 2));
	ok(d.state == PLAY, "a picture that changes by a bit is alive");
	for (n = 0; n < 100 && d.state == PLAY; n++)
		d = look_exactly(r, PLAY, 0);
	ok(n >= 16 && n <= 26 && d.state == STATE_UNKNOWN && d.raw == STATE_UNKNOWN &&
			d.reason == REASON_FROZEN && d.changed,
		"one that does not is %s (after %d pictures)", reason_name(d.reason), n);
	d = look_exactly(r, PLAY, 0);
	ok(d.state == STATE_UNKNOWN && d.reason == REASON_FROZEN && !d.changed, "and stays so");
	d = look_exactly(r, PLAY, 1);
	ok(d.raw == PLAY && d.reason == REASON_NONE, "until one differs by a bit");
	d = look_exactly(r, PLAY, 2);
	ok(d.state == PLAY && d.changed, "the state is back");
	for (n = 0; n < 30; n++)
		d = look_exactly(r, n % 15 ? PLAY : DIALOG, 0);
	ok(d.reason != REASON_FROZEN, "one other picture begins anew");
	r = recogniser_free(r);
	rules_deinit(&rules);
}

static struct decision look_both(struct recogniser *r, double strength)
{
	struct decision d;

	for (int i = 0; i < 5; i++) {
		_cleanup_(frame_unrefp) struct frame *f = screen(DIALOG, 1);

		draw(f, PLAY, strength);
		(void) recogniser_look(r, f, &d);
	}
	return d;
}

static void test_margin(void)
{
	for (int wide = 0; wide < 2; wide++) {
		_cleanup_(recogniser_freep) struct recogniser *r = NULL;
		struct decision d;

		make_rules(MODE_BETTER);
		rules.states[DIALOG].margin = wide ? 0.4 : 0;
		(void) recogniser_new(&r, &rules);
		learn(r);
		d = look_both(r, 0.5);
		ok(wide ? d.state < 0 && d.raw == STATE_UNKNOWN && d.reason == REASON_AMBIGUOUS
			: d.raw == DIALOG && d.state == DIALOG,
			"ahead by %.2f: %s", d.margin, reason_name(d.reason));
		r = recogniser_free(r);
		rules_deinit(&rules);
	}
}

/* The state's own dialog must not be there. */
static void test_expression(void)
{
	static const int8_t ops[] = { 0, 1, OP_NOT, OP_AND };
	_cleanup_(recogniser_freep) struct recogniser *r = NULL;
	struct state *play;
	struct decision d;

	make_rules(MODE_BETTER);
	play = &rules.states[PLAY];
	play->rois[1] = rules.states[DIALOG].rois[0];
	play->rois[1].name = strdup("dialog");
	play->n_rois = 2;
	memcpy(play->ops, ops, sizeof(ops));
	play->n_ops = 4;
	(void) recogniser_new(&r, &rules);
	learn(r);
	d = look_n(r, 3, PLAY, 1);
	ok(d.state == PLAY && !d.states[PLAY].rois[1].matched, "PLAY AND NOT dialog");
	d = look_both(r, 1);
	ok(d.state == DIALOG && !d.states[PLAY].matched, "with a dialog it is not");
	r = recogniser_free(r);
	play->n_ops = 3;
	ok(recogniser_new(&r, &rules) == -EINVAL, "a broken expression is refused");
	rules_deinit(&rules);
}

/* A counter within a state's region. */
static void test_mask(void)
{
	static const struct rect counter = { 60, 60, 60, 30 };

	for (int masked = 0; masked < 2; masked++) {
		_cleanup_(recogniser_freep) struct recogniser *r = NULL;
		struct roi *roi;
		struct decision d;
		int there = 0;

		make_rules(MODE_BETTER);
		roi = &rules.states[DIALOG].rois[0];
		roi->masks[0] = counter;
		roi->n_masks = masked;
		(void) recogniser_new(&r, &rules);
		learn(r);
		for (int i = 0; i < 30; i++) {
			_cleanup_(frame_unrefp) struct frame *f = screen(DIALOG, 0.3);

			for (int y = 0; y < counter.h; y++)
				for (int x = 0; x < counter.w; x++)
					((uint8_t *) f->data[0])[(counter.y + y) * f->stride[0] +
								 counter.x + x] =
						(uint8_t) ((x / 6 * 7 + y / 6 * 5 + i) % 4 * 60 +
							   20);
			(void) recogniser_look(r, f, &d);
			there += d.states[DIALOG].rois[0].score > 0 &&
				 d.states[DIALOG].rois[0].value > 0.95;
		}
		ok(there == (masked ? 30 : 0), "a counter that changes%s: %d of 30",
			masked ? ", under a mask" : "", there);
		r = recogniser_free(r);
		rules_deinit(&rules);
	}
}

static void test_blurred(void)
{
	_cleanup_(recogniser_freep) struct recogniser *r = NULL;
	struct decision d;

	make_rules(MODE_BETTER);
	(void) recogniser_new(&r, &rules);
	learn(r);
	for (int i = 0; i < 5; i++) {
		_cleanup_(frame_unrefp) struct frame *f = screen(DIALOG, 1);
		uint8_t *luma = (uint8_t *) f->data[0];

		/* Thrice the mean of five samples each way. */
		for (int k = 0; k < 6; k++) {
			int step = k % 2 ? f->stride[0] : 1;
			uint8_t *from = malloc((size_t) f->stride[0] * HEIGHT);

			memcpy(from, luma, (size_t) f->stride[0] * HEIGHT);
			for (int y = 3; y < HEIGHT - 3; y++)
				for (int x = 3; x < WIDTH - 3; x++) {
					const uint8_t *p = from + (ptrdiff_t) y * f->stride[0] + x;

					luma[y * f->stride[0] + x] =
						(uint8_t) ((p[-2 * step] + p[-step] + p[0] +
								   p[step] + p[2 * step]) /
							   5);
				}
			free(from);
		}
		(void) recogniser_look(r, f, &d);
	}
	ok(d.states[DIALOG].rois[0].value > 0.75 && !d.states[DIALOG].rois[0].matched,
		"a blurred picture is like it (%.2f) and does not match",
		d.states[DIALOG].rois[0].value);
	ok(d.raw == STATE_UNKNOWN && d.reason == REASON_LOW_QUALITY && d.state < 0, "%s",
		reason_name(d.reason));
	r = recogniser_free(r);
	rules_deinit(&rules);
}

/* States of features that know no fade. */
static void test_hashes(void)
{
	_cleanup_(recogniser_freep) struct recogniser *r = NULL;
	_cleanup_(frame_unrefp) struct frame *black = NULL;
	struct decision d;

	make_rules(MODE_BETTER);
	for (int s = 0; s < STATES; s++)
		rules.states[s].rois[0].feature = FEATURE_HASH;
	(void) recogniser_new(&r, &rules);
	learn(r);
	d = look_n(r, 1, PLAY, 1);
	ok(d.raw == PLAY && d.state < 0, "hashes: one picture is raw only");
	d = look_n(r, 1, PLAY, 1);
	ok(d.state == PLAY, "two enter");
	d = look_n(r, 30, PLAY, 0.4);
	ok(d.state == PLAY, "in any strength");
	d = look_n(r, 2, DIALOG, 1);
	ok(d.state == DIALOG, "another state");
	black = screen(STATE_OTHER, 0);
	memset((uint8_t *) black->data[0], 16, (size_t) black->stride[0] * HEIGHT);
	ok(recogniser_look(r, black, &d) == 0 && d.reason == REASON_NO_SIGNAL, "black: %s",
		reason_name(d.reason));
	r = recogniser_free(r);
	rules_deinit(&rules);
}

/* Another recogniser of the same rules, which has learnt anew. */
static void exchange(struct recogniser **r)
{
	struct recogniser *next;

	if (recogniser_new(&next, &rules) < 0)
		abort();
	learn(next);
	recogniser_continue(next, *r);
	recogniser_free(*r);
	*r = next;
}

static void test_continue(enum rules_mode mode)
{
	_cleanup_(recogniser_freep) struct recogniser *r = NULL;
	struct decision d;
	uint64_t since;

	make_rules(mode);
	rules.confirm_frames = 3;
	rules.states[PLAY].settle_ms = 300;
	(void) recogniser_new(&r, &rules);
	learn(r);
	d = look_n(r, mode == MODE_BETTER ? 20 : 3, PLAY, 1);
	since = d.since_usec;
	exchange(&r);
	d = look_n(r, 1, PLAY, 1);
	ok(d.state == PLAY && d.raw == PLAY && !d.changed && d.since_usec == since,
		"with other references the state goes on");
	(void) look_n(r, 2, DIALOG, 1);
	exchange(&r);
	d = look_n(r, 1, DIALOG, 1);
	ok(d.state == DIALOG, "and so does what was about to change it");
	r = recogniser_free(r);
	rules_deinit(&rules);
}

static void test_continue_frozen(void)
{
	_cleanup_(recogniser_freep) struct recogniser *r = NULL;
	struct decision d;

	make_rules(MODE_BETTER);
	rules.frozen_ms = 500;
	(void) recogniser_new(&r, &rules);
	learn(r);
	for (int i = 0; i < 30; i++)
		d = look_exactly(r, PLAY, 0);
	exchange(&r);
	d = look_exactly(r, PLAY, 0);
	ok(d.state == STATE_UNKNOWN && d.reason == REASON_FROZEN && !d.changed,
		"a frozen picture is still frozen");
	r = recogniser_free(r);
	rules_deinit(&rules);
}

static void test_gone(enum rules_mode mode)
{
	_cleanup_(recogniser_freep) struct recogniser *r = NULL;
	struct decision d;

	make_rules(mode);
	(void) recogniser_new(&r, &rules);
	learn(r);
	(void) look_n(r, 5, PLAY, 1);
	recogniser_lost(r, now, &d);
	ok(d.state == STATE_UNKNOWN && d.raw == STATE_UNKNOWN && d.reason == REASON_NO_SIGNAL &&
			d.since_usec == now && d.states[PLAY].rois[0].reference == -1,
		"no picture comes: UNKNOWN at once");
	d = look_n(r, 1, PLAY, 1);
	ok(d.state != PLAY, "one picture is not enough");
	d = look_n(r, 1, PLAY, 1);
	ok(d.state == PLAY && d.changed, "two are");
	r = recogniser_free(r);
	rules_deinit(&rules);
}

/* What is kept of a reference serves in its place. */
static void test_hashes_kept(void)
{
	_cleanup_(recogniser_freep) struct recogniser *r = NULL, *other = NULL;
	struct hash hashes[RECOGNISER_HASHES_MAX];
	struct decision d;
	int n;

	make_rules(MODE_COMPATIBLE);
	rules.states[DIALOG].rois[1] = rules.states[DIALOG].rois[0];
	rules.states[DIALOG].rois[1].name = strdup("again");
	rules.states[DIALOG].rois[1].ref_state = PLAY;
	rules.states[DIALOG].rois[1].required = false;
	rules.states[DIALOG].n_rois = 2;
	(void) recogniser_new(&r, &rules);
	(void) recogniser_new(&other, &rules);
	ok(recogniser_last_hashes(r, PLAY, hashes) == 0, "nothing is kept of no reference");
	learn(r);
	for (int s = 0; s < STATES; s++) {
		n = recogniser_last_hashes(r, s, hashes);
		ok(n == (s == PLAY ? 2 : 1), "a hash for each region that asks: %d", n);
		ok(recogniser_add_hashes(other, s, hashes, n + 1) == -EINVAL &&
				recogniser_add_hashes(other, s, hashes, n) == 0,
			"as many must be given back");
	}
	d = look_n(other, 3, PLAY, 1);
	ok(d.state == PLAY && d.states[PLAY].rois[0].score == 0 &&
			d.states[PLAY].rois[0].reference == 0,
		"and the picture is not needed");
	hashes[0].size = 16;
	ok(recogniser_add_hashes(other, DIALOG, hashes, 1) == -EINVAL, "of this size only");
	recogniser_free(r);
	r = NULL;
	other = recogniser_free(other);
	rules_deinit(&rules);
	make_rules(MODE_BETTER);
	(void) recogniser_new(&r, &rules);
	ok(recogniser_last_hashes(r, PLAY, hashes) == -ENOTSUP &&
			recogniser_add_hashes(r, PLAY, hashes, 1) == -ENOTSUP,
		"the better mode keeps more");
	r = recogniser_free(r);
	rules_deinit(&rules);
}

int main(void)
{
	test_mode(MODE_BETTER);
	test_mode(MODE_COMPATIBLE);
	test_reasons();
	test_ambiguous();
	test_gain();
	test_refused();
	test_rgb();
	test_settling();
	test_longest();
	test_frozen();
	test_margin();
	test_expression();
	test_mask();
	test_blurred();
	test_hashes();
	test_continue(MODE_BETTER);
	test_continue(MODE_COMPATIBLE);
	test_continue_frozen();
	test_gone(MODE_BETTER);
	test_gone(MODE_COMPATIBLE);
	test_hashes_kept();
	return tap_done();
}
