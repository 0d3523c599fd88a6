/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When timestamps jump, one track comes to the jump first. It defines the new offset; the other
 * one is mapped with the old offset until its own items fit the new one.
 */
#include "capture/timeline.h"

#include "common/cleanup.h"
#include "common/usec.h"

#define FORWARD ((int64_t) (2 * USEC_PER_SEC))
#define BACKWARD ((int64_t) (100 * USEC_PER_MSEC))

int64_t timeline_end(const struct timeline *t)
{
	int64_t end = 0;

	for (int i = 0; i < TIMELINE_TRACKS; i++)
		end = t->track[i].started ? MAX(end, t->track[i].end) : end;
	return end;
}

/* Could an item of this track be at this time? Where another track has got to without a jump, this
 * one merely had a gap. */
static bool fits(const struct timeline *t, int track, int64_t at)
{
	return at >= t->track[track].end - BACKWARD && at <= timeline_end(t) + FORWARD;
}

int64_t timeline_map(struct timeline *t, int track, int64_t pts_usec, int64_t duration_usec)
{
	struct timeline_track *own = &t->track[track];
	int64_t at = pts_usec + t->offset;

	if (own->started && !fits(t, track, at)) {
		at = pts_usec + t->old_offset;
		if (!fits(t, track, at)) {
			at = timeline_end(t);
			t->old_offset = t->offset;
			t->offset = at - pts_usec;
		}
	}
	if (own->started)
		at = MAX(at, own->last);
	own->started = true;
	own->last = at;
	own->end = at + duration_usec;
	return at;
}

void timeline_restart(struct timeline *t)
{
	int64_t end = timeline_end(t);

	t->offset = t->old_offset = end;
	for (int i = 0; i < TIMELINE_TRACKS; i++)
		t->track[i].last = t->track[i].end = end;
}
