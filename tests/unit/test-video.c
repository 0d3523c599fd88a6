/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The picture's stages with a source that obeys the test: what is sent while it is there, gone,
 * stuck and back, and that nothing is encoded while nobody wants it. Bounds are generous: the
 * machine may be busy.
 */
#include <string.h>

#include "common/usec.h"
#include "media/placeholder.h"
#include "streamer/ladder.h"
#include "tests/tap.h"
#include "tests/unit/fake-card.h"
#include "tests/unit/video-bench.h"

/* ---- the placeholder: what it is told ---- */

static atomic_uint_fast64_t lost_usec; /* the earliest */

struct frame *__real_placeholder_frame(struct placeholder *p, const char *title, const char *reason,
	uint64_t since_usec, uint64_t now_usec);
struct frame *__wrap_placeholder_frame(struct placeholder *p, const char *title, const char *reason,
	uint64_t since_usec, uint64_t now_usec);

struct frame *__wrap_placeholder_frame(struct placeholder *p, const char *title, const char *reason,
	uint64_t since_usec, uint64_t now_usec)
{
	atomic_store(&lost_usec, MIN(atomic_load(&lost_usec), since_usec));
	return __real_placeholder_frame(p, title, reason, since_usec, now_usec);
}

/* ---- the ladder: skipped up to the reset ---- */

static atomic_bool reset_next;

enum ladder_step __real_ladder_next(struct ladder *l, int error, bool open, uint64_t now_usec);
enum ladder_step __wrap_ladder_next(struct ladder *l, int error, bool open, uint64_t now_usec);

enum ladder_step __wrap_ladder_next(struct ladder *l, int error, bool open, uint64_t now_usec)
{
	if (atomic_exchange(&reset_next, false))
		return LADDER_RESET;
	return __real_ladder_next(l, error, open, now_usec);
}

/* ---- the tests ---- */

static void test_lost_and_back(void)
{
	struct seen s = seen_new();
	struct video *v = bench_begin(&s, "main");
	struct video_status t;
	uint64_t start, placeholder_usec, begun_usec = usec_now();
	int n, frames;
	struct told seen;

	atomic_store(&lost_usec, UINT64_MAX);
	ok(seen_reaches(&s, &s.packets, 5) && seen_get(&s, &s.live) == 1,
		"a picture comes and is live");
	ok(seen_told(&s).first_is_key, "the first packet is an IDR");

	start = usec_now();
	atomic_store(&card.absent, true);
	ok(seen_reaches(&s, &s.lost, 1), "the card is pulled out: not live any more");
	ok(usec_now() - start < 2 * USEC_PER_SEC, "… soon");
	seen = seen_told(&s);
	ok(strcmp(seen.reason, "fake was pulled out") == 0 ||
			strcmp(seen.reason, "no device fake") == 0 ||
			strcmp(seen.reason, "no picture from fake") == 0, /* a busy host: before */
		"… and it is said why: %s", seen.reason);
	n = seen_get(&s, &s.packets);
	frames = seen_get(&s, &s.frames);
	(void) seen_reaches(&s, &s.packets, n + 1);
	placeholder_usec = usec_now() - start;
	ok(seen_reaches(&s, &s.packets, n + 10), "packets go on");
	ok(frames >= 5 && seen_get(&s, &s.frames) == frames,
		"%d pictures have been looked at, the placeholder is not", frames);
	video_status(v, &t);
	ok(!t.live && t.placeholders > 0 && t.width == 320, "with a placeholder of the same size");
	ok(atomic_load(&lost_usec) >= begun_usec && atomic_load(&lost_usec) <= usec_now(),
		"that is told when the card was lost");

	start = usec_now();
	atomic_store(&card.absent, false);
	ok(seen_reaches(&s, &s.live, 2), "the card is back: live");
	printf("# placeholder after %d ms, live after %d ms\n",
		(int) (placeholder_usec / USEC_PER_MSEC),
		(int) ((usec_now() - start) / USEC_PER_MSEC));
	n = seen_get(&s, &s.packets);
	ok(seen_reaches(&s, &s.packets, n + 5), "packets of the card");

	atomic_store(&card.stuck, true);
	ok(seen_reaches(&s, &s.lost, 2), "the card yields nothing: not live");
	n = atomic_load(&card.closes);
	atomic_store(&card.stuck, false);
	ok(seen_reaches(&s, &s.live, 3), "it yields again: live");
	seen = seen_told(&s);
	ok(!seen.backwards, "timestamps rise strictly all the time");
	ok(seen.longest_gap < 1000000, "and without holes (longest %d ms)",
		(int) (seen.longest_gap / 1000));
	ok(seen_get(&s, &s.tracks) == 1, "all with one encoder");
	ok(bench_end(v, &s) == 0, "ends");
}

/* Packets never cease, so they tell the time. */
static bool signal_becomes(struct video *v, struct seen *s, enum signal signal)
{
	struct video_status t = { .live = false };

	atomic_store(&card.signal, (int) signal);
	for (int i = 0; i < 300; i++) {
		video_status(v, &t);
		if (t.signal == signal ||
			!seen_reaches(s, &s->packets, seen_get(s, &s->packets) + 1))
			break;
	}
	return t.signal == signal;
}

static void test_signal(void)
{
	struct seen s = seen_new();
	struct video *v = bench_begin(&s, "main");

	ok(seen_reaches(&s, &s.live, 1) && signal_becomes(v, &s, SIGNAL_OK),
		"what the source says of its signal is in the status");
	ok(signal_becomes(v, &s, SIGNAL_NO_SYNC), "also when pictures go on");
	atomic_store(&card.stuck, true);
	ok(seen_reaches(&s, &s.lost, 1) && signal_becomes(v, &s, SIGNAL_NO_CABLE),
		"and when none comes");
	atomic_store(&card.absent, true);
	atomic_store(&card.stuck, false);
	ok(signal_becomes(v, &s, SIGNAL_NO_DEVICE), "and when it cannot be opened");
	atomic_store(&card.absent, false);
	ok(seen_reaches(&s, &s.live, 2) && signal_becomes(v, &s, SIGNAL_UNKNOWN),
		"until it is back");
	ok(bench_end(v, &s) == 0, "ends");
}

static void test_reopened(void)
{
	struct seen s = seen_new();
	struct video_status t;
	struct video *v;
	int closes = atomic_load(&card.closes), lost;

	v = bench_begin(&s, "main");
	ok(seen_reaches(&s, &s.live, 1), "a picture is live");
	lost = seen_get(&s, &s.lost);
	video_reopen(v);
	for (int n = seen_get(&s, &s.frames); atomic_load(&card.closes) == closes; n++)
		if (!seen_reaches(&s, &s.frames, n + 1))
			break;
	ok(seen_reaches(&s, &s.frames, seen_get(&s, &s.frames) + 5),
		"the source is closed and opened anew");
	video_status(v, &t);
	ok(t.opens == 2 && atomic_load(&card.closes) == closes + 1, "once");
	ok(seen_get(&s, &s.lost) == lost && seen_get(&s, &s.tracks) == 1 &&
			!seen_told(&s).backwards,
		"nobody else notices");
	ok(bench_end(v, &s) == 0 && atomic_load(&card.closes) == closes + 2, "closed at the end");
}

/* What comes has another size, what is sent has not. */
static void test_stale(void)
{
	struct seen s = seen_new();
	struct video_status t;
	struct video *v;
	int closes = atomic_load(&card.closes), lost;

	v = bench_begin(&s, "main");
	ok(seen_reaches(&s, &s.live, 1) && seen_reaches(&s, &s.packets, 2), "a picture is live");
	lost = seen_get(&s, &s.lost);
	atomic_store(&card.height, 240);
	atomic_store(&card.stale, true);
	for (int n = seen_get(&s, &s.frames); atomic_load(&card.closes) == closes; n++)
		if (!seen_reaches(&s, &s.frames, n + 1))
			break;
	ok(seen_reaches(&s, &s.frames, seen_get(&s, &s.frames) + 5),
		"another signal: the source is opened anew");
	video_status(v, &t);
	ok(t.opens == 2 && t.info.height == 240 && t.width == 320 && t.height == 180,
		"%dx%d comes, %dx%d is sent", t.info.width, t.info.height, t.width, t.height);
	ok(seen_get(&s, &s.lost) == lost && seen_get(&s, &s.tracks) == 1 &&
			seen_get(&s, &s.closed) == 0 && !seen_told(&s).backwards,
		"nobody else notices");
	ok(bench_end(v, &s) == 0, "ends");
	atomic_store(&card.height, 180);
}

static void test_recovery(void)
{
	struct seen s = seen_new();
	struct video *v = bench_begin(&s, "main");
	int closes = atomic_load(&card.closes), lost;
	struct video_status t;

	ok(seen_reaches(&s, &s.live, 1), "a picture is live");
	lost = seen_get(&s, &s.lost);
	atomic_store(&card.faulty, true);
	while (atomic_load(&card.faulty) &&
		seen_reaches(&s, &s.packets, seen_get(&s, &s.packets) + 1))
		;
	ok(seen_reaches(&s, &s.frames, seen_get(&s, &s.frames) + 5), "a stream that broke goes on");
	video_status(v, &t);
	ok(t.opens == 1 && atomic_load(&card.closes) == closes && t.recovery.restarts == 1 &&
			seen_get(&s, &s.lost) == lost,
		"by a restart; nobody else notices");

	atomic_store(&card.stubborn, true);
	atomic_store(&reset_next, true);
	atomic_store(&card.faulty, true);
	ok(seen_reaches(&s, &s.events[VIDEO_RESET], 1), "one that stays broken is reset");
	ok(seen_reaches(&s, &s.frames, seen_get(&s, &s.frames) + 5) &&
			atomic_load(&card.resets) == 1 && atomic_load(&card.closes) == closes + 1,
		"closed meanwhile, and goes on");
	atomic_store(&card.reset_result, -EIO);
	atomic_store(&reset_next, true);
	atomic_store(&card.faulty, true);
	ok(seen_reaches(&s, &s.events[VIDEO_RESET_FAILED], 1) &&
			strcmp(seen_told(&s).words, "fake does not reset") == 0,
		"when that fails it is told why");
	video_status(v, &t);
	ok(t.recovery.resets == 1 && t.recovery.failed_resets == 1 &&
			strcmp(t.recovery.reset_error, "fake does not reset") == 0,
		"and counted");
	atomic_store(&card.stubborn, false);
	atomic_store(&card.faulty, false);
	atomic_store(&card.reset_result, 0);
	ok(seen_reaches(&s, &s.frames, seen_get(&s, &s.frames) + 5), "it works again");
	ok(seen_get(&s, &s.tracks) == 1 && !seen_told(&s).backwards &&
			seen_told(&s).longest_gap < 1000000,
		"all with one encoder and without holes");
	ok(bench_end(v, &s) == 0, "ends");
}

static void test_compromise(void)
{
	struct seen s = seen_new();
	struct video *v;
	int closes;

	atomic_store(&card.squeezed, true);
	v = bench_begin(&s, "main");
	ok(seen_reaches(&s, &s.events[VIDEO_COMPROMISE], 1) && seen_reaches(&s, &s.live, 1),
		"a compromise is told");
	for (int i = 0; i < 2; i++) {
		closes = atomic_load(&card.closes);
		atomic_store(&card.squeezed, i == 0);
		video_reopen(v);
		while (atomic_load(&card.closes) == closes)
			(void) seen_reaches(&s, &s.frames, seen_get(&s, &s.frames) + 1);
		ok(seen_reaches(&s, &s.frames, seen_get(&s, &s.frames) + 5), "opened anew");
	}
	ok(seen_get(&s, &s.events[VIDEO_COMPROMISE]) == 1, "once");
	ok(seen_get(&s, &s.events[VIDEO_UNCOMPROMISED]) == 1, "its end, too");
	ok(bench_end(v, &s) == 0, "ends");
}

static void test_opening(void)
{
	struct seen s = seen_new();
	struct video *v;
	int closes = atomic_load(&card.closes);

	atomic_store(&card.opening, true);
	v = bench_begin(&s, "main");
	ok(seen_reaches(&s, &s.packets, 10) && seen_get(&s, &s.live) == 0,
		"packets do not wait for a card that takes its time to open");
	video_stop(v);
	atomic_store(&card.opening, false);
	ok(bench_end(v, &s) == 0, "it ends while the card opens");
	ok(atomic_load(&card.closes) == closes + 1, "which is closed again");
}

/* Twice what a card that is lost is given, and less than what one that opens is. */
static void test_slow_opening(void)
{
	const struct timespec while_it_opens = { .tv_nsec = 800000000 };
	struct video_status t;
	struct video *v;
	struct seen s;

	for (int i = 0; i < 5; i++) { /* a busy machine may take longer itself */
		s = seen_new();
		atomic_store(&card.opening, true);
		v = bench_begin(&s, "main");
		(void) nanosleep(&while_it_opens, NULL);
		atomic_store(&card.opening, false);
		(void) seen_reaches(&s, &s.packets, 5);
		video_status(v, &t);
		(void) bench_end(v, &s);
		if (t.placeholders == 0)
			break;
	}
	ok(t.placeholders == 0 && seen_get(&s, &s.tracks) == 1 && t.width == 320,
		"a card that opens slowly begins with its own picture and size");
}

static void test_sleep(void)
{
	struct seen s = seen_new();
	struct video *v;
	struct video_status t;
	int n;
	struct told seen;

	atomic_store(&s.wanted, false);
	v = bench_begin(&s, "main");
	ok(seen_reaches(&s, &s.closed, 1) && seen_get(&s, &s.packets) == 1,
		"nobody wants it: one packet to prove the encoder, then it is closed");
	n = seen_get(&s, &s.packets);
	ok(seen_reaches(&s, &s.live, 1), "the input is watched all the same");
	video_status(v, &t);
	ok(t.width == 0 && seen_get(&s, &s.packets) == n, "nothing is encoded");
	ok(seen_reaches(&s, &s.frames, seen_get(&s, &s.frames) + 5) &&
			seen_get(&s, &s.packets) == n,
		"pictures are looked at all the same");
	atomic_store(&card.absent, true);
	ok(seen_reaches(&s, &s.lost, 1), "a loss is noticed asleep");
	atomic_store(&card.absent, false);
	ok(seen_reaches(&s, &s.live, 2), "so is the return");
	atomic_store(&s.wanted, true);
	ok(seen_reaches(&s, &s.packets, n + 5) && seen_get(&s, &s.tracks) == 2,
		"wanted: a new encoder");
	seen = seen_told(&s);
	ok(seen.first_is_key && !seen.backwards, "that begins with an IDR, later in time");
	ok(bench_end(v, &s) == 0, "ends");
}

static void test_keyframes_on_request(void)
{
	struct seen s = seen_new();
	struct video *v = bench_begin(&s, "main");
	int keys, packets, tracks;

	/* A busy machine may have begun with a placeholder. */
	ok(seen_reaches(&s, &s.live, 1) && seen_reaches(&s, &s.packets, 5), "packets come");
	tracks = seen_get(&s, &s.tracks);
	keys = seen_get(&s, &s.keys);
	packets = seen_get(&s, &s.packets);
	video_want_keyframe(v);
	ok(seen_reaches(&s, &s.keys, keys + 1), "a keyframe when one is asked for");
	ok(seen_get(&s, &s.packets) - packets <= 10, "… within a few pictures");
	ok(video_set_bitrate(v, 800000) == 0 && seen_reaches(&s, &s.packets, packets + 15),
		"another bitrate on the way");
	ok(seen_get(&s, &s.tracks) == tracks, "without a new encoder");
	ok(bench_end(v, &s) == 0, "ends");
}

static void test_late_card(void)
{
	struct seen s = seen_new();
	struct video *v;
	struct video_status t;
	struct told seen;

	atomic_store(&card.absent, true);
	v = bench_begin(&s, "main");
	ok(seen_reaches(&s, &s.packets, 3) && seen_get(&s, &s.live) == 0,
		"without a card: a placeholder");
	video_status(v, &t);
	ok(t.width == 1280 && t.height == 720 && !t.live, "of 1280x720");
	ok(strcmp(t.reason, "no device fake") == 0, "the status says why: %s", t.reason);
	atomic_store(&card.absent, false);
	ok(seen_reaches(&s, &s.live, 1) && seen_reaches(&s, &s.tracks, 2),
		"the card comes: its own size");
	ok(seen_reaches(&s, &s.packets, seen_get(&s, &s.packets) + 3), "packets go on");
	video_status(v, &t);
	ok(t.width == 320 && t.height == 180, "320x180 now");
	seen = seen_told(&s);
	ok(!seen.backwards && seen.first_is_key, "in order, beginning with an IDR");
	atomic_store(&card.ends, true);
	ok(seen_reaches(&s, &s.ended, 1), "the end of a file is told");
	ok(bench_end(v, &s) == 0, "ends");
	atomic_store(&card.ends, false);
}

static void test_broken_pictures(void)
{
	struct seen s = seen_new();
	struct video *v;
	struct video_status t;
	int n;

	atomic_store(&card.broken, true);
	v = bench_begin(&s, "main");
	ok(seen_reaches(&s, &s.packets, 3) && seen_get(&s, &s.live) == 0,
		"broken pictures only: a placeholder");
	atomic_store(&card.broken, false);
	ok(seen_reaches(&s, &s.live, 1), "whole ones: live");
	atomic_store(&card.broken, true);
	ok(seen_reaches(&s, &s.lost, 2), "broken ones again: not live");
	n = seen_get(&s, &s.packets);
	ok(seen_reaches(&s, &s.packets, n + 10), "packets go on");
	video_status(v, &t);
	ok(strcmp(t.reason, "broken pictures from fake") == 0 && t.corrupt > 0, "%s, counted",
		t.reason);
	ok(!seen_told(&s).backwards, "in order");
	ok(bench_end(v, &s) == 0, "ends");
	atomic_store(&card.broken, false);
}

static void test_bad_encoder(void)
{
	struct seen s = seen_new();
	struct video *v = bench_begin(&s, "nonsense");
	struct told seen;

	ok(seen_reaches(&s, &s.failed, 1), "settings the encoder refuses are told");
	seen = seen_told(&s);
	ok(strstr(seen.why, "nonsense"), "with words: %s", seen.why);
	ok(bench_end(v, &s) == 0, "ends");
}

int main(void)
{
	test_lost_and_back();
	test_signal();
	test_reopened();
	test_stale();
	test_recovery();
	test_compromise();
	test_opening();
	test_slow_opening();
	test_sleep();
	test_keyframes_on_request();
	test_late_card();
	test_broken_pictures();
	test_bad_encoder();
	return tap_done();
}
