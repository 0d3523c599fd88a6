/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/timeline.h"

#include <stdbool.h>

#include "tests/tap.h"

#define MS INT64_C(1000)
#define SEC (1000 * MS)

enum {
	VIDEO,
	AUDIO,
};

/* One second of both tracks from pts on. Returns whether each item came where the last one ended.
 */
static bool play(struct timeline *t, int64_t pts, int64_t expect)
{
	bool good = true;

	for (int i = 0; i < 25; i++) {
		good = timeline_map(t, VIDEO, pts + i * 40 * MS, 40 * MS) == expect + i * 40 * MS &&
		       good;
		for (int j = 0; j < 2; j++)
			good = timeline_map(t, AUDIO, pts + (i * 2 + j) * 20 * MS, 20 * MS) ==
				       expect + (i * 2 + j) * 20 * MS &&
			       good;
	}
	return good;
}

static void test_jumps(void)
{
	struct timeline t = { 0 };

	ok(play(&t, 0, 0), "goes on evenly");
	ok(play(&t, 100 * SEC, SEC), "a jump forward is taken out");
	ok(play(&t, 5 * SEC, 2 * SEC), "and one backward");
	ok(play(&t, -50 * SEC, 3 * SEC), "also to times below 0");
	timeline_restart(&t);
	ok(play(&t, 0, 4 * SEC), "a restart follows what is there");
	ok(timeline_end(&t) == 5 * SEC, "the end is the newest item's");
}

static void test_late_track(void)
{
	struct timeline t = { 0 };

	(void) play(&t, 0, 0);
	ok(timeline_map(&t, VIDEO, 90 * SEC, 40 * MS) == SEC, "one track comes to a jump first");
	ok(timeline_map(&t, AUDIO, SEC, 20 * MS) == SEC, "the other goes on as before");
	ok(timeline_map(&t, VIDEO, 90 * SEC + 40 * MS, 40 * MS) == SEC + 40 * MS, "and so does it");
	ok(timeline_map(&t, AUDIO, 90 * SEC + 20 * MS, 20 * MS) == SEC + 20 * MS,
		"then both are over it with their distance kept");
}

static void test_gap(void)
{
	struct timeline t = { 0 };

	(void) play(&t, 0, 0);
	for (int i = 0; i < 250; i++)
		(void) timeline_map(&t, VIDEO, SEC + i * 40 * MS, 40 * MS);
	ok(timeline_map(&t, AUDIO, 11 * SEC, 20 * MS) == 11 * SEC, "a long silence is no jump");
	ok(timeline_map(&t, VIDEO, 11 * SEC - 60 * MS, 40 * MS) >= 11 * SEC - 40 * MS,
		"a little step back is none, but time never goes back");
}

int main(void)
{
	struct timeline t = { 0 };

	test_jumps();
	test_late_track();
	test_gap();
	ok(timeline_map(&t, AUDIO, 7 * SEC, MS) == 7 * SEC && timeline_map(&t, VIDEO, 0, MS) == 0,
		"tracks may begin at different times");
	return tap_done();
}
