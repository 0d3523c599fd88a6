/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>

#include "capture/clockcode.h"
#include "capture/pace.h"
#include "capture/source.h"
#include "common/usec.h"
#include "tests/tap.h"

static bool grid_exact(int num, int den)
{
	const struct grid g = { .t0_usec = 1000003, .num = num, .den = den };

	for (uint64_t k = 0; k < 3000000000; k = k * 3 / 2 + 1) {
		uint64_t at = grid_usec(&g, k);

		if (grid_index(&g, at) != k || (k > 0 && grid_index(&g, at - 1) != k - 1))
			return false;
	}
	return grid_usec(&g, (uint64_t) num * 1000) ==
	       g.t0_usec + (uint64_t) den * 1000 * USEC_PER_SEC;
}

static bool frame_reads(const struct frame *f, struct clockcode *ret)
{
	return clockcode_read(f->data[0], f->stride[0], f->width, f->height, ret) &&
	       ret->usec == f->capture_usec && ret->number == f->sequence;
}

static void late(uint64_t usec)
{
	struct timespec ts = usec_to_timespec(usec);

	(void) nanosleep(&ts, NULL);
}

static void test_stream(struct source *s)
{
	struct grid g = { .num = 100, .den = 1 };
	bool good = true, exact = true, drawn = true;
	uint64_t before = s->counters.dropped, first = 0;
	struct clockcode c;

	for (uint32_t i = 0; i < 20; i++) {
		_cleanup_(frame_unrefp) struct frame *f = NULL;

		good = s->ops->read_video(s, -1, usec_now() + USEC_PER_SEC, &f) == 0;
		if (!good)
			break;
		if (i == 0)
			first = f->sequence, g.t0_usec = f->capture_usec - first * 10000;
		exact = exact && f->capture_usec == grid_usec(&g, f->sequence) &&
			f->capture_usec <= f->dequeue_usec;
		drawn = drawn && frame_reads(f, &c);
	}
	ok(good, "twenty frames come");
	ok(exact, "each is of its moment of the grid");
	ok(drawn, "and shows its time and number");
	ok(s->counters.frames + s->counters.dropped - before >= 20, "and is counted");
}

static void test_late(struct source *s)
{
	_cleanup_(frame_unrefp) struct frame *a = NULL, *b = NULL, *c = NULL;
	uint64_t dropped;

	(void) s->ops->read_video(s, -1, usec_now() + USEC_PER_SEC, &a);
	dropped = s->counters.dropped;
	late(105000);
	ok(s->ops->read_video(s, -1, usec_now(), &b) == 0, "a late reader gets a frame at once");
	ok(b->dequeue_usec - b->capture_usec < 50000, "one of the newest");
	ok(b->sequence - a->sequence >= 9 &&
			s->counters.dropped - dropped == b->sequence - a->sequence - 1,
		"the skipped ones are counted");
	ok(s->ops->read_video(s, -1, usec_now() + USEC_PER_SEC, &c) == 0 &&
			c->sequence > b->sequence,
		"none comes twice");
}

static void test_waits(struct source *s)
{
	struct frame *f = NULL;
	int fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK), r = 0;
	struct pollfd p = { .fd = fd, .events = POLLIN };

	while (r == 0) {
		r = s->ops->read_video(s, fd, USEC_INFINITY, &f);
		frame_unref(f);
		f = NULL;
	}
	ok(r == -EAGAIN, "a wake-up ends the wait");
	ok(poll(&p, 1, 0) == 1, "and stays pending");
	do {
		r = s->ops->read_video(s, -1, usec_now(), &f);
		f = r == 0 ? frame_unref(f) : NULL;
	} while (r == 0);
	ok(r == -EAGAIN, "so does the time");
	close(fd);
}

static void test_limit(struct source *s)
{
	struct frame *f[16] = { 0 };
	int n = 0, r;

	do {
		r = s->ops->read_video(s, -1, usec_now() + 50000, &f[n]);
	} while (r == 0 && ++n < 16);
	ok(r == -EAGAIN && n > 3 && n < 16, "no more than a few frames are out at once");
	s->ops->close(s);
	for (int i = 0; i < n; i++)
		frame_unref(f[i]);
	ok(s->ops->open(s) == 0, "frames may outlive a close");
}

/* The moving parts: what a pool frame had drawn on it last must not shine through. */
static void test_redraw(void)
{
	struct video_want want = { .width = 320, .height = 180, .rate_num = 200, .rate_den = 1 };
	struct source *s = NULL;
	bool one_bar = true;

	(void) source_pattern_new(&s, &want);
	(void) s->ops->open(s);
	for (int i = 0; i < 40; i++) {
		struct frame *f = NULL;
		int edges = 0, white = 0;

		if (s->ops->read_video(s, -1, usec_now() + USEC_PER_SEC, &f) < 0)
			break;
		for (int x = 1; x < f->width; x++) {
			const uint8_t *row =
				f->data[0] + (ptrdiff_t) (f->height * 5 / 8) * f->stride[0];

			edges += row[x] != row[x - 1];
			white += row[x] > 200;
		}
		one_bar = one_bar && edges >= 1 && edges <= 2 && white <= f->width / 40;
		frame_unref(f);
	}
	ok(one_bar, "one bar moves in the lane");
	s->ops->close(s);
	source_free(s);
}

int main(void)
{
	struct video_want want = { .width = 640, .height = 360, .rate_num = 100, .rate_den = 1 };
	struct video_want odd = { .width = 641, .height = 360 }, zero = { 0 };
	struct source *s = NULL;

	ok(grid_exact(30, 1) && grid_exact(30000, 1001) && grid_exact(7, 3), "the grid is exact");
	ok(source_pattern_new(&s, &odd) == -EINVAL && !s, "an odd size is refused");
	ok(source_pattern_new(&s, &zero) == 0 && s->ops->open(s) == 0, "zeros are fine");
	ok(s->info.width == 1280 && s->info.height == 720 && s->info.rate_num == 30,
		"and mean 1280x720 at 30");
	s->ops->close(s);
	s = source_free(s);
	ok(source_pattern_new(&s, &want) == 0 && s->ops->open(s) == 0, "opens");
	test_stream(s);
	test_late(s);
	test_waits(s);
	test_limit(s);
	s->ops->close(s);
	source_free(s);
	test_redraw();
	return tap_done();
}
