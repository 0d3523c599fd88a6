/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The picture's stages with a source that encodes by itself: what it yields goes out as it is and
 * whole, an encoder of ours steps in where that cannot be, and gives way again at an IDR.
 */
#include <libavcodec/packet.h>
#include <stdlib.h>
#include <string.h>

#include "common/usec.h"
#include "tests/tap.h"
#include "tests/unit/coded-source.h"
#include "tests/unit/video-bench.h"

#define NEVER 100000 /* pictures */
#define BACK_USEC (300 * USEC_PER_MSEC)

/* ---- what goes out, under the bench's lock ---- */

static struct {
	int passed, ours; /* packets that are the source's, and others */
	int last;         /* the source's number of the last one */
	int holes;        /* … after which another one came than the next */
	int key_holes;    /* … and that was an IDR */
} out;

static void on_packet(const struct packet *p)
{
	int which = coded_source_knows(p->av->data, p->size);

	if (!which) {
		out.ours++;
		return;
	}
	out.passed++;
	if (out.last && which != out.last + 1) {
		out.holes++;
		out.key_holes += p->key;
	}
	out.last = which;
}

static void prepare(int gop)
{
	memset(&coded_source, 0, sizeof(coded_source));
	atomic_store(&coded_source.gop, gop);
}

static struct video *begin_sized(struct seen *s, int width, int height)
{
	const struct video_settings settings = {
		.title = "test",
		.width = width,
		.height = height,
		.copy = true,
		.copy_back_usec = BACK_USEC,
		.encoder = { .codec = "libx264",
			.preset = "ultrafast",
			.tune = "zerolatency",
			.profile = "main",
			.bitrate = 300000, /* not the source's: ours must not make the same */
			.gop = 30,
			.threads = 1 },
	};

	memset(&out, 0, sizeof(out));
	*s = seen_new();
	s->packet = on_packet;
	return bench_begin_with(s, coded_source_new(), &settings);
}

static struct video *begin(struct seen *s, int gop)
{
	prepare(gop);
	return begin_sized(s, 0, 0);
}

static int get(struct seen *s, const int *counter)
{
	return seen_get(s, counter);
}

static struct video_status status_of(struct video *v)
{
	struct video_status status;

	video_status(v, &status);
	return status;
}

/* ---- the tests ---- */

static void test_passes_on(void)
{
	struct seen s;
	struct video *v = begin(&s, 10);
	struct video_status now;

	ok(seen_reaches(&s, &out.passed, 40), "what the source yields goes out");
	now = status_of(v);
	ok(strcmp(now.codec.name, "copy") == 0 && now.live && now.width == CODED_WIDTH &&
			now.height == CODED_HEIGHT,
		"\"%s\", %dx%d", now.codec.name, now.width, now.height);
	ok(get(&s, &out.ours) == 0 && get(&s, &out.holes) == 0 && get(&s, &s.tracks) == 1,
		"every one, and nothing else: %d of ours, %d holes", get(&s, &out.ours),
		get(&s, &out.holes));
	ok(seen_told(&s).first_is_key && !seen_told(&s).backwards && get(&s, &s.copying) == 1,
		"an IDR first, and times that grow");
	ok(get(&s, &s.frames) >= 40, "who looks at pictures gets them");
	ok(bench_end(v, &s) == 0, "ends");
}

static void test_keyframe(void)
{
	struct seen s;
	struct video *v = begin(&s, NEVER);
	int keys;

	ok(seen_reaches(&s, &out.passed, 5), "goes out");
	keys = get(&s, &s.keys);
	video_want_keyframe(v);
	ok(seen_reaches(&s, &s.keys, keys + 1) && get(&s, &out.holes) == 0 &&
			get(&s, &s.tracks) == 1,
		"an IDR that an output wants is the source's");
	ok(bench_end(v, &s) == 0, "ends");
}

static void test_loss(void)
{
	struct seen s;
	struct video *v = begin(&s, NEVER);

	ok(seen_reaches(&s, &out.passed, 5), "goes out");
	atomic_store(&coded_source.lose, 1);
	ok(seen_reaches(&s, &out.holes, 1) && get(&s, &out.key_holes) == 1 &&
			atomic_load(&coded_source.asked) > 0,
		"behind what was lost comes nothing before the IDR that was asked for");
	ok(get(&s, &s.tracks) == 1 && get(&s, &out.ours) == 0, "no encoder was needed for it");
	atomic_store(&coded_source.deaf, true);
	atomic_store(&coded_source.lose, 1);
	ok(seen_reaches(&s, &s.encoding, 1) && seen_reaches(&s, &out.ours, 5) &&
			strstr(s.news, "no keyframe"),
		"without an IDR ours steps in: %s", s.news);
	ok(status_of(v).live && get(&s, &s.lost) == 0, "the input is live for all that");
	atomic_store(&coded_source.deaf, false);
	ok(seen_reaches(&s, &s.copying, 2) && get(&s, &s.tracks) == 3,
		"when all is well it is passed on again");
	ok(seen_told(&s).first_is_key && !seen_told(&s).backwards,
		"an IDR first each time, and times that grow");
	ok(get(&s, &out.holes) == get(&s, &out.key_holes), "and nothing that lacks what it needs");
	ok(bench_end(v, &s) == 0, "ends");
}

/* What gets lost because ours is slow must not keep it in use for ever. */
static void test_losses(void)
{
	struct seen s;
	struct video *v = begin(&s, NEVER);

	ok(seen_reaches(&s, &out.passed, 5), "goes out");
	atomic_store(&coded_source.deaf, true);
	atomic_store(&coded_source.lossy, true);
	ok(seen_reaches(&s, &s.encoding, 1), "where much is lost ours steps in");
	atomic_store(&coded_source.deaf, false);
	ok(seen_reaches(&s, &s.copying, 2) && get(&s, &s.refused) == 0,
		"and gives way at an IDR all the same, for nothing was against it");
	ok(get(&s, &out.holes) == get(&s, &out.key_holes), "which begins what goes out");
	ok(bench_end(v, &s) == 0, "ends");
}

static void test_silence(void)
{
	struct seen s;
	struct video *v = begin(&s, 10);
	struct video_status now;

	ok(seen_reaches(&s, &out.passed, 5), "goes out");
	atomic_store(&coded_source.silent, true);
	ok(seen_reaches(&s, &s.lost, 1) && seen_reaches(&s, &out.ours, 3),
		"when nothing comes, a placeholder does");
	now = status_of(v);
	ok(now.width == CODED_WIDTH && now.height == CODED_HEIGHT && now.repeated == 0 &&
			now.placeholders > 0 && strcmp(now.codec.name, "libx264") == 0,
		"%dx%d by %s, and nothing is repeated", now.width, now.height, now.codec.name);
	ok(get(&s, &s.tracks) == 2 && strstr(now.codec.reason, "no picture"), "%s",
		now.codec.reason);
	atomic_store(&coded_source.silent, false);
	ok(seen_reaches(&s, &s.live, 2) && seen_reaches(&s, &s.copying, 2),
		"and gives way when pictures come again");
	ok(seen_told(&s).first_is_key && !seen_told(&s).backwards, "at an IDR");
	ok(bench_end(v, &s) == 0, "ends");
}

static void test_pulled(void)
{
	struct seen s;
	struct video *v = begin(&s, NEVER);

	ok(seen_reaches(&s, &out.passed, 5), "goes out");
	atomic_store(&coded_source.absent, true);
	ok(seen_reaches(&s, &s.lost, 1) && seen_reaches(&s, &out.ours, 3),
		"a source that is pulled");
	atomic_store(&coded_source.absent, false);
	ok(seen_reaches(&s, &s.copying, 2) && atomic_load(&coded_source.asked) > 0,
		"is back, and asked for an IDR at which to go on");
	ok(bench_end(v, &s) == 0, "ends");
}

static void test_absent_first(void)
{
	struct seen s;
	struct video *v;

	prepare(10);
	atomic_store(&coded_source.absent, true);
	v = begin_sized(&s, 0, 0);
	ok(seen_reaches(&s, &out.ours, 3) && get(&s, &out.passed) == 0, "without a source");
	atomic_store(&coded_source.absent, false);
	ok(seen_reaches(&s, &s.copying, 1) && seen_reaches(&s, &out.passed, 5),
		"it is passed on as soon as it is there");
	ok(get(&s, &s.refused) == 0, "and nothing is said against it");
	ok(bench_end(v, &s) == 0, "ends");
}

static void test_altered(void)
{
	const struct shape_settings masked = { .geometry = { .width = CODED_WIDTH,
						       .height = CODED_HEIGHT,
						       .masks = { { 0, 0, 32, 32 } },
						       .n_masks = 1,
						       .colour = 0xffffff } };
	struct seen s;
	struct video *v = begin(&s, 10);
	int passed;

	ok(seen_reaches(&s, &out.passed, 5), "goes out");
	video_set_shape(v, &masked);
	ok(seen_reaches(&s, &out.ours, 1), "a picture that is to be hidden in part is encoded");
	passed = get(&s, &out.passed);
	ok(seen_reaches(&s, &out.ours, 20) && get(&s, &out.passed) == passed,
		"and none goes out as it is from then on");
	ok(strstr(s.news, "altered") && get(&s, &s.tracks) == 2, "%s", s.news);
	video_set_shape(v, &(struct shape_settings){ 0 });
	ok(seen_reaches(&s, &s.copying, 2), "until nothing is to be hidden");
	ok(bench_end(v, &s) == 0, "ends");
}

static void test_refused(void)
{
	struct seen s;
	struct video *v;

	prepare(10);
	v = begin_sized(&s, 640, 360);
	ok(seen_reaches(&s, &out.ours, 5) && get(&s, &out.passed) == 0 && strstr(s.news, "size"),
		"not of the size that is set: %s", s.news);
	ok(get(&s, &s.refused) == 1 && status_of(v).width == 640, "which is told once");
	ok(bench_end(v, &s) == 0, "ends");
	prepare(10);
	atomic_store(&coded_source.bare, true);
	v = begin_sized(&s, 0, 0);
	ok(seen_reaches(&s, &out.ours, 5) && strstr(s.news, "no H.264"), "%s", s.news);
	atomic_store(&coded_source.bare, false);
	ok(seen_reaches(&s, &out.passed, 5), "until there is something to pass on");
	ok(status_of(v).codec.reason[0] == '\0', "and then there is nothing to say: %s",
		status_of(v).codec.reason);
	ok(bench_end(v, &s) == 0, "ends");
}

static void test_other_parameters(void)
{
	struct seen s;
	struct video *v = begin(&s, 10);

	ok(seen_reaches(&s, &out.passed, 5), "goes out");
	atomic_store(&coded_source.other, true);
	video_want_keyframe(v);
	ok(seen_reaches(&s, &s.tracks, 2) && seen_reaches(&s, &out.passed, 30),
		"with other parameters another session begins");
	ok(get(&s, &out.ours) == 0 && get(&s, &out.holes) == 0 && seen_told(&s).first_is_key,
		"which lacks nothing");
	ok(bench_end(v, &s) == 0, "ends");
}

static void test_unwanted(void)
{
	struct seen s;
	struct video *v = begin(&s, NEVER);
	int passed;

	ok(seen_reaches(&s, &out.passed, 5), "goes out");
	atomic_store(&s.wanted, false);
	ok(seen_reaches(&s, &s.closed, 1), "stops when nobody wants it");
	passed = get(&s, &out.passed);
	atomic_store(&s.wanted, true);
	ok(seen_reaches(&s, &out.passed, passed + 5) && get(&s, &out.ours) == 0,
		"goes on when somebody does, without an encoder of ours");
	ok(get(&s, &out.holes) == 1 && get(&s, &out.key_holes) == 1, "at an IDR");
	ok(bench_end(v, &s) == 0, "ends");
}

static void test_jpeg(void)
{
	struct seen s;
	struct video *v = begin(&s, 10);

	atomic_store(&s.takes, false);
	ok(seen_reaches(&s, &out.passed, 5), "goes out");
	atomic_store(&coded_source.jpeg, true);
	ok(seen_reaches(&s, &s.encoding, 1) && strstr(s.news, "output"),
		"JPEGs are not for every output: %s", s.news);
	atomic_store(&s.takes, true);
	ok(seen_reaches(&s, &s.copying, 2) && s.last_tracks, "where they are they go out");
	ok(seen_reaches(&s, &s.jpegs, 5), "and are shown as they are");
	ok(bench_end(v, &s) == 0, "ends");
}

int main(void)
{
	test_passes_on();
	test_keyframe();
	test_loss();
	test_losses();
	test_silence();
	test_pulled();
	test_absent_first();
	test_altered();
	test_refused();
	test_other_parameters();
	test_unwanted();
	test_jpeg();
	return tap_done();
}
