/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When an output is said not to keep up, and when it is over. What it looks like with a disk that
 * hangs is in tests/native. */
#include "streamer/lag.h"

#include <stdio.h>
#include <string.h>

#include "common/usec.h"
#include "tests/tap.h"

static struct lag lag;
static struct output_stats stats = { .state = OUTPUT_RUNNING };
static uint64_t now = USEC_PER_SEC, frames;

static enum lag_news look(void)
{
	now += USEC_PER_SEC;
	return lag_put(&lag, "disk", &stats, now, &frames);
}

static void drop(uint64_t pictures)
{
	stats.queue.drops++;
	stats.queue.dropped_video += pictures;
}

/* Looks until there is news, for so long at most; returns how many it took. */
static int looks(enum lag_news news, int most)
{
	for (int i = 1; i <= most; i++) {
		enum lag_news n = look();

		if (n == news)
			return i;
		if (n != LAG_NO_NEWS)
			break;
	}
	return 0;
}

int main(void)
{
	const int calm = LAG_CALM_USEC / USEC_PER_SEC;
	char name[16];

	ok(looks(LAG_BEGINS, 20) == 0, "nothing dropped: nothing to say");
	drop(30);
	ok(look() == LAG_BEGINS, "it falls behind");
	drop(20);
	ok(look() == LAG_NO_NEWS, "which is told once");
	stats.queue.shut = true;
	ok(looks(LAG_ENDS, 3 * calm) == 0, "it is not over while nothing is let in");
	stats.queue.shut = false;
	ok(look() == LAG_ENDS && frames == 50, "it keeps up again: %d pictures", (int) frames);
	ok(looks(LAG_ENDS, 20) == 0, "which is told once, too");
	drop(7);
	ok(look() == LAG_BEGINS, "again");
	ok(looks(LAG_ENDS, 20) == calm && frames == 7, "after a while: %d pictures", (int) frames);
	drop(1);
	(void) look();
	stats.state = OUTPUT_WAITING;
	ok(look() == LAG_NO_NEWS, "a session that fails ends it");
	stats.state = OUTPUT_RUNNING;
	ok(looks(LAG_ENDS, 20) == 0, "without a word");
	for (int i = 1; i < HUB_OUTPUTS_MAX; i++) {
		snprintf(name, sizeof(name), "other%d", i);
		(void) lag_put(&lag, name, &stats, now, &frames);
	}
	ok(lag_put(&lag, "one more", &stats, now, &frames) == LAG_NO_NEWS, "there is an end to it");
	return tap_done();
}
