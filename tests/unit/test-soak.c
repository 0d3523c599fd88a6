/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The short form of tests/bench/recognise-soak: twenty seconds of each layout. */
#include "tests/tap.h"
#include "tests/tools/soak.h"

#define FRAMES (10 * SCREENS_RATE)
#define CUT_DELAY_MAX 3 /* frames */

static void test_layout(int layout, int fade_frames, const char *how)
{
	const char *name = screens_layout_name(layout);
	struct soak_run run = { .layout = layout, .frames = FRAMES, .log = stdout };
	struct soak_result result = { 0 };
	int r;

	soak_choose(&run, 900 + (uint64_t) layout);
	run.options.fade_frames = fade_frames;
	r = soak_run(&run, &result);
	ok(r == 0 && result.changes > 0, "%s, %s: runs", name, how);
	ok(result.wrong == 0, "%s, %s: no false change", name, how);
	ok(result.missed == 0, "%s, %s: none of %d missed", name, how, (int) result.changes);
	ok(result.right >= result.counted - result.counted / 200, "%s, %s: in the right state",
		name, how);
	if (fade_frames == 0)
		ok(soak_delay_at(&result, 1) <= CUT_DELAY_MAX, "%s: seen within three frames",
			name);
}

int main(void)
{
	for (int i = 0; i < SCREENS_LAYOUTS; i++) {
		test_layout(i, 0, "hard cuts");
		test_layout(i, 8, "cross-fades");
	}
	return tap_done();
}
