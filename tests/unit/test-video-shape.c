/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of pictures on their way through the stages: JPEGs, masks, turns and other sizes;
 * who notices, and that nobody sees what is masked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/file.h"
#include "tests/tap.h"
#include "tests/unit/fake-card.h"
#include "tests/unit/video-bench.h"

static void read_jpeg(void)
{
	const char *top = getenv("top_srcdir");
	char path[512];

	snprintf(path, sizeof(path), "%s/tests/corpus/convert/yuvj420p.jpg", top ? top : ".");
	if (file_read(path, 1 << 20, &card.data, &card.size) < 0)
		abort();
}

static void test_jpeg(void)
{
	struct seen s = seen_new();
	struct video *v;

	read_jpeg();
	atomic_store(&card.jpeg, true);
	v = bench_begin(&s, "main");
	ok(seen_reaches(&s, &s.live, 1) && seen_reaches(&s, &s.frames, 5) &&
			seen_get(&s, &s.jpegs) == 0,
		"JPEGs on their way to the encoder are looked at decoded");
	atomic_store(&s.wanted, false);
	ok(seen_reaches(&s, &s.jpegs, 5), "while nobody decodes them, as they are");
	ok(bench_end(v, &s) == 0, "ends");
	atomic_store(&card.jpeg, false);
	free(card.data);
}

static void make_mask(struct shape_settings *shape)
{
	shape->geometry.width = 320;
	shape->geometry.height = 180;
	shape->geometry.masks[0] = (struct geometry_rect){ 0, 0, 100, 50 };
	shape->geometry.n_masks = 1;
	shape->geometry.colour = 0xffffff;
}

/* The shape changes on the way: who must notice, and who must not. */
static void test_shape(void)
{
	struct shape_settings shape = { 0 };
	struct seen s = seen_new();
	struct video *v = bench_begin(&s, "main");
	struct video_status t;
	int tracks;

	ok(seen_reaches(&s, &s.live, 1) && seen_reaches(&s, &s.bare, 3),
		"pictures come as they are");
	tracks = seen_get(&s, &s.tracks);
	make_mask(&shape);
	video_set_shape(v, &shape);
	ok(seen_reaches(&s, &s.masked, 5), "a mask: it is seen");
	ok(seen_get(&s, &s.tracks) == tracks, "with the same encoder");
	shape.geometry.turns = 2;
	video_set_shape(v, &shape);
	ok(seen_reaches(&s, &s.bare, seen_get(&s, &s.bare) + 3) &&
			seen_get(&s, &s.tracks) == tracks,
		"turned over: the same");
	shape.geometry.turns = 1;
	video_set_shape(v, &shape);
	ok(seen_reaches(&s, &s.tracks, tracks + 1), "turned by 90 degrees: another one");
	ok(seen_reaches(&s, &s.packets, seen_get(&s, &s.packets) + 3), "packets go on");
	video_status(v, &t);
	ok(t.width == 180 && t.height == 320 && seen_get(&s, &s.width) == 180, "of %dx%d", t.width,
		t.height);
	shape.width = 160;
	shape.height = 320;
	video_set_shape(v, &shape);
	ok(seen_reaches(&s, &s.tracks, tracks + 2), "another size of the encoder: another one");
	ok(seen_reaches(&s, &s.packets, seen_get(&s, &s.packets) + 3), "packets go on");
	shape.geometry.turns = 0;
	shape.stretch = true;
	video_set_shape(v, &shape);
	for (int n = seen_get(&s, &s.frames);
		seen_get(&s, &s.width) != 320 && seen_reaches(&s, &s.frames, ++n);)
		;
	video_status(v, &t);
	ok(t.width == 160 && t.height == 320 && seen_get(&s, &s.tracks) == tracks + 2,
		"upright again: the size is set, the encoder stays");
	ok(seen_get(&s, &s.lost) == 0 && !seen_told(&s).backwards, "all without a loss");
	ok(bench_end(v, &s) == 0, "ends");
}

/* The card goes on with another size and aspect: that is no matter of the outputs'. */
static void test_other_size(void)
{
	struct seen s = seen_new();
	struct video *v = bench_begin(&s, "main");
	struct video_status t;

	ok(seen_reaches(&s, &s.live, 1) && seen_reaches(&s, &s.packets, 3), "pictures of 320x180");
	atomic_store(&card.width, 200);
	atomic_store(&card.height, 240);
	video_reopen(v);
	for (int n = seen_get(&s, &s.frames);
		seen_get(&s, &s.width) != 200 && seen_reaches(&s, &s.frames, ++n);)
		;
	ok(seen_reaches(&s, &s.packets, seen_get(&s, &s.packets) + 5),
		"packets go on when they are 200x240");
	video_status(v, &t);
	ok(t.width == 320 && t.height == 180 && seen_get(&s, &s.tracks) == 1 && t.live,
		"with the encoder that was there");
	ok(bench_end(v, &s) == 0, "ends");
	atomic_store(&card.width, 320);
	atomic_store(&card.height, 180);
}

/* What is masked is never seen bare: not in pictures of another size, not in JPEGs, not asleep. */
static void test_masked(void)
{
	struct shape_settings shape = { 0 };
	struct seen s = seen_new();
	struct video_status t;
	struct video *v;
	int lost;

	make_mask(&shape);
	v = bench_begin_shaped(&s, "main", &shape);
	ok(seen_reaches(&s, &s.masked, 3), "masked from the start");
	lost = seen_get(&s, &s.lost);
	atomic_store(&card.height, 240);
	video_reopen(v);
	ok(seen_reaches(&s, &s.lost, lost + 1), "masks for another aspect: not live");
	ok(seen_reaches(&s, &s.packets, seen_get(&s, &s.packets) + 5), "packets go on");
	video_status(v, &t);
	ok(strcmp(t.reason, "crop and masks are for 320x180, the picture is 320x240: hidden") ==
				0 &&
			t.width == 320 && t.height == 180 && t.placeholders > 0,
		"it is said why: %s", t.reason);
	atomic_store(&s.wanted, false);
	ok(seen_reaches(&s, &s.closed, 1), "asleep");
	video_status(v, &t);
	ok(!t.live, "it is no live input there either");
	atomic_store(&card.height, 180);
	video_reopen(v);
	ok(seen_reaches(&s, &s.live, 2) && seen_reaches(&s, &s.masked, seen_get(&s, &s.masked) + 3),
		"the right size again: live, masked");
	ok(seen_get(&s, &s.bare) == 0, "nobody has seen what is under the mask");
	ok(bench_end(v, &s) == 0, "ends");
}

static void test_masked_jpeg(void)
{
	struct shape_settings shape = { 0 };
	struct seen s = seen_new();
	struct video *v;

	make_mask(&shape);
	shape.geometry.width = JPEG_WIDTH;
	shape.geometry.height = JPEG_HEIGHT;
	shape.geometry.masks[0] = (struct geometry_rect){ 0, 0, 8, 8 };
	read_jpeg();
	atomic_store(&card.jpeg, true);
	v = bench_begin_shaped(&s, "main", &shape);
	ok(seen_reaches(&s, &s.live, 1) && seen_reaches(&s, &s.frames, 5), "JPEGs come decoded");
	atomic_store(&s.wanted, false);
	ok(seen_reaches(&s, &s.closed, 1) &&
			seen_reaches(&s, &s.frames, seen_get(&s, &s.frames) + 5) &&
			seen_get(&s, &s.jpegs) == 0,
		"asleep as well");
	ok(seen_get(&s, &s.bare) == 0, "nobody has seen what is under the mask");
	ok(bench_end(v, &s) == 0, "ends");
	atomic_store(&card.jpeg, false);
	free(card.data);
}

int main(void)
{
	test_jpeg();
	test_shape();
	test_other_size();
	test_masked();
	test_masked_jpeg();
	return tap_done();
}
