/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Meters: known signals read what they are, for a second. */
#include "streamer/levels.h"

#include <math.h>
#include <string.h>

#include "media/sync.h"
#include "tests/tap.h"

static float sine[SYNC_BLOCK], silence[SYNC_BLOCK];

static bool near(double a, double b)
{
	return fabs(a - b) < 0.05;
}

int main(void)
{
	struct levels l = { .n = 0 };
	struct levels_view v;

	/* Whole periods: 750 Hz at 48 kHz. */
	for (int i = 0; i < SYNC_BLOCK; i++)
		sine[i] = 0.5F * (float) sin(i * 2 * M_PI / 64);
	levels_view(&l, &v);
	ok(v.peak_db[0] == LEVELS_FLOOR && v.rms_db[1] == LEVELS_FLOOR, "at first nothing");
	for (int i = 0; i < LEVELS_BLOCKS; i++)
		levels_push(&l, sine, silence, SYNC_BLOCK);
	levels_view(&l, &v);
	ok(near(v.peak_db[0], -6.02) && near(v.rms_db[0], -9.03),
		"half of full scale: %.2f and %.2f dBFS", v.peak_db[0], v.rms_db[0]);
	ok(v.peak_db[1] == LEVELS_FLOOR && v.rms_db[1] == LEVELS_FLOOR, "silence beside it");
	for (int i = 0; i < LEVELS_BLOCKS - 1; i++)
		levels_push(&l, silence, silence, SYNC_BLOCK);
	levels_view(&l, &v);
	ok(near(v.peak_db[0], -6.02) && near(v.rms_db[0], -9.03 - 10 * log10(LEVELS_BLOCKS)),
		"nearly a second ago: %.2f and %.2f dBFS", v.peak_db[0], v.rms_db[0]);
	levels_push(&l, silence, silence, SYNC_BLOCK);
	levels_view(&l, &v);
	ok(v.peak_db[0] == LEVELS_FLOOR, "and then no more");
	memset(sine, 0, sizeof(sine));
	sine[SYNC_BLOCK - 1] = -1;
	levels_push(&l, silence, sine, SYNC_BLOCK);
	levels_view(&l, &v);
	ok(v.peak_db[1] == 0 && v.rms_db[1] < -40, "one sample, downwards, at the end");
	return tap_done();
}
