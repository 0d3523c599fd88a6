/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/stage.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "common/usec.h"
#include "tests/tap.h"

#define LONG (20 * USEC_PER_SEC) /* a limit that only a broken stage reaches */

struct work {
	struct stage stage;
	atomic_int turns;
	char name[32];
	bool signals_blocked;
};

static void count_turns(void *userdata)
{
	struct work *w = userdata;
	sigset_t set;

	pthread_getname_np(pthread_self(), w->name, sizeof(w->name));
	pthread_sigmask(SIG_BLOCK, NULL, &set);
	w->signals_blocked = sigismember(&set, SIGTERM) && sigismember(&set, SIGCHLD);
	while (stage_wait(&w->stage, USEC_INFINITY))
		atomic_fetch_add(&w->turns, 1);
}

static bool reaches(atomic_int *n, int wanted)
{
	uint64_t until = usec_now() + LONG;

	while (atomic_load(n) < wanted && usec_now() < until)
		(void) poll(NULL, 0, 1);
	return atomic_load(n) >= wanted;
}

static void test_wake(void)
{
	struct work w = { .stage = STAGE_NULL };
	bool good = true;

	ok(stage_start(&w.stage, "a-name-that-is-too-long", count_turns, &w) == 0, "starts");
	for (int i = 1; i <= 100; i++) {
		stage_wake(&w.stage);
		good = good && reaches(&w.turns, i);
	}
	ok(good, "each wake-up is seen");
	stage_stop(&w.stage);
	stage_stop(&w.stage);
	ok(stage_join(&w.stage, usec_now() + LONG) == 0, "stops at once when asked, twice even");
	ok(atomic_load(&w.turns) == 100, "stopping is no turn");
	ok(strcmp(w.name, "a-name-that-is-") == 0, "the thread has a name: %s", w.name);
	ok(w.signals_blocked, "signals are for the main thread");
	ok(stage_join(&w.stage, 0) == 0, "a second join does nothing");
	stage_deinit(&w.stage);
	ok(w.stage.wake_fd == -1, "the eventfd is closed");
	stage_deinit(&w.stage);
}

static void wait_a_moment(void *userdata)
{
	struct work *w = userdata;
	uint64_t start = usec_now();

	(void) stage_wait(&w->stage, start + 30 * USEC_PER_MSEC);
	atomic_store(&w->turns, (int) ((usec_now() - start) / USEC_PER_MSEC));
	(void) stage_wait(&w->stage, start);
}

static void test_timeout(void)
{
	struct work w = { .stage = STAGE_NULL };

	(void) stage_start(&w.stage, "moment", wait_a_moment, &w);
	ok(stage_join(&w.stage, USEC_INFINITY) == 0, "a thread that returns is joined");
	ok(atomic_load(&w.turns) >= 30, "waiting ends at its time (%d ms)", atomic_load(&w.turns));
	stage_deinit(&w.stage);
}

static void poll_by_itself(void *userdata)
{
	struct work *w = userdata;
	struct pollfd p = { .fd = w->stage.wake_fd, .events = POLLIN };

	while (!stage_stopping(&w->stage) || !atomic_load(&w->turns)) {
		if (poll(&p, 1, 20000) <= 0)
			return;
		stage_clear(&w->stage);
		atomic_fetch_add(&w->turns, 1);
	}
}

static void test_stop_before_start(void)
{
	struct work w = { .stage = STAGE_NULL };

	stage_wake(&w.stage);
	ok(stage_join(&w.stage, 0) == 0, "one that was never started joins");
	stage_stop(&w.stage);
	(void) stage_start(&w.stage, "stopped", count_turns, &w);
	ok(stage_join(&w.stage, usec_now() + LONG) == 0 && atomic_load(&w.turns) == 0,
		"one that was stopped first ends at once");
	stage_deinit(&w.stage);

	w = (struct work){ .stage = STAGE_NULL };
	stage_stop(&w.stage);
	(void) stage_start(&w.stage, "stopped", poll_by_itself, &w);
	ok(stage_join(&w.stage, usec_now() + LONG) == 0 && atomic_load(&w.turns) == 1,
		"… and its descriptor is readable");
	stage_deinit(&w.stage);
}

static atomic_bool stuck_may_go;
static atomic_int stuck_gone;

static void be_stuck(void *userdata)
{
	(void) userdata;
	while (!atomic_load(&stuck_may_go))
		(void) poll(NULL, 0, 1);
	atomic_store(&stuck_gone, 1);
}

static void test_abandoned(void)
{
	static struct work w;
	uint64_t start = usec_now();

	w.stage = STAGE_NULL;
	(void) stage_start(&w.stage, "stuck", be_stuck, &w);
	stage_stop(&w.stage);
	ok(stage_join(&w.stage, start + 50 * USEC_PER_MSEC) == -ETIMEDOUT,
		"a stuck thread is given up");
	ok(usec_now() - start >= 50 * USEC_PER_MSEC, "… but not before its time");
	ok(stage_join(&w.stage, USEC_INFINITY) == 0, "… and never waited for again");
	atomic_store(&stuck_may_go, true);
	ok(reaches(&stuck_gone, 1), "it can still come to its end");
}

int main(void)
{
	test_wake();
	test_timeout();
	test_stop_before_start();
	test_abandoned();
	return tap_done();
}
