/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Jobs that end, wait for a picture, are too many, or are told to end; one that hangs. */
#include "streamer/jobs.h"

#include <poll.h>
#include <sys/eventfd.h>

#include "common/usec.h"
#include "streamer/stills.h"
#include "tests/tap.h"

#define LIMIT (10 * USEC_PER_SEC)

static int ready_fd;
static struct stills *stills;
static struct jobs *left_behind; /* for good, as its thread may still look at it */

static void on_ready(void *userdata)
{
	uint64_t one = 1;

	(void) userdata;
	(void) !write(ready_fd, &one, sizeof(one));
}

struct work {
	uint64_t wait_usec;
	int result, done, late;
	uint64_t capture_usec;
	int fd; /* what holds the one that hangs */
};

static void run_still(void *userdata, struct stage *stage)
{
	struct work *w = userdata;
	struct frame *f;

	w->result = stills_take(stills, stage, usec_now() + w->wait_usec, &f);
	if (w->result < 0)
		return;
	w->capture_usec = f->capture_usec;
	frame_unref(f);
}

static void run_hang(void *userdata, struct stage *stage)
{
	struct work *w = userdata;
	uint64_t n;

	(void) stage;
	(void) !read(w->fd, &n, sizeof(n));
}

static void on_done(void *userdata)
{
	struct work *w = userdata;

	w->done++;
}

static void on_late(void *userdata)
{
	struct work *w = userdata;

	w->late++;
}

static int begin(struct jobs *j, struct work *w, void (*run)(void *, struct stage *))
{
	const struct job job = { run, on_done, on_late, w };

	return jobs_start(j, JOB_PICTURE, &job);
}

/* Hands out a picture now and then, if there is one. */
static void await(struct jobs *j, const int *counter, struct frame *f)
{
	struct pollfd p = { .fd = ready_fd, .events = POLLIN };
	uint64_t until = usec_now() + LIMIT, n;

	while (*counter == 0 && usec_now() < until) {
		if (f)
			stills_frame(stills, f);
		if (poll(&p, 1, 20) > 0)
			(void) !read(ready_fd, &n, sizeof(n));
		jobs_reap(j);
	}
}

static void test_stills(struct jobs *j)
{
	struct frame f = { .pixel = PIXEL_YUYV, .capture_usec = 1 };
	struct work a = { .wait_usec = LIMIT }, b = a, c = { .wait_usec = 1000 };

	atomic_init(&f.refs, 1);
	ok(begin(j, &a, run_still) == 0 && begin(j, &b, run_still) == 0, "two jobs");
	ok(begin(j, &c, run_still) == -EBUSY && c.done == 0, "a third one is too many");
	f.capture_usec = 77;
	await(j, &a.done, &f);
	await(j, &b.done, &f);
	ok(a.done == 1 && a.result == 0 && a.capture_usec == 77, "each gets a picture");
	ok(b.done == 1 && b.result == 0, "both of them");
	ok(atomic_load(&f.refs) == 1, "and gives it back");
	ok(begin(j, &c, run_still) == 0, "then there is room again");
	await(j, &c.done, NULL);
	ok(c.done == 1 && c.result == -ENODATA, "without pictures it ends in time");
}

static void test_end(void)
{
	struct work a = { .wait_usec = 3600 * USEC_PER_SEC }, b = { .fd = eventfd(0, EFD_CLOEXEC) };
	uint64_t one = 1;
	struct jobs *j;

	if (jobs_new(&j, on_ready, NULL) < 0 || begin(j, &a, run_still) < 0)
		abort();
	ok(jobs_free(j, usec_now() + LIMIT) == 0 && a.done == 1 && a.result == -ENODATA,
		"one that waits ends when it shall");
	if (jobs_new(&j, on_ready, NULL) < 0 || begin(j, &b, run_hang) < 0)
		abort();
	left_behind = j;
	ok(jobs_free(left_behind, usec_now() + 50 * USEC_PER_MSEC) == 1 && b.done == 0,
		"one that hangs is left behind");
	/* It is let go, so that nothing is still at work when the test ends. */
	(void) !write(b.fd, &one, sizeof(one));
	while (poll(&(struct pollfd){ .fd = ready_fd, .events = POLLIN }, 1, 1000) == 0)
		;
	ok(true, "and does no harm later");
}

int main(void)
{
	struct jobs *j;

	ready_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (ready_fd < 0 || stills_new(&stills) < 0 || jobs_new(&j, on_ready, NULL) < 0)
		abort();
	test_stills(j);
	ok(jobs_free(j, usec_now() + LIMIT) == 0, "nothing is left");
	test_end();
	stills_free(stills);
	return tap_done();
}
