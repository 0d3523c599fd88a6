/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A picture as JPEG in memory, on a thread that waits for it as a job does. */
#include "streamer/snapshot.h"

#include <sched.h>
#include <string.h>

#include "common/usec.h"
#include "media/picture.h"
#include "tests/tap.h"

#define W 64
#define H 48

static struct stills *stills;

struct asked {
	int width, height;
	/* what came of it */
	struct stage stage;
	uint8_t *jpeg;
	size_t size;
	struct snapshot shot;
	struct fault fault;
	int r;
	atomic_bool done;
};

static void run(void *userdata)
{
	struct asked *a = userdata;

	a->r = snapshot_make(stills, &a->stage, a->width, a->height, 80, &a->jpeg, &a->size,
		&a->shot, &a->fault);
	atomic_store(&a->done, true);
}

static void ask(struct asked *a, int width, int height, struct frame *f)
{
	*a = (struct asked){ .width = width, .height = height, .stage = STAGE_NULL };
	if (stage_start(&a->stage, "job", run, a) < 0)
		abort();
	while (f && !atomic_load(&a->done)) {
		stills_frame(stills, f);
		(void) sched_yield();
	}
	if (!f)
		stage_stop(&a->stage);
	if (stage_join(&a->stage, USEC_INFINITY) < 0)
		abort();
	stage_deinit(&a->stage);
}

static void check(struct frame *f, int width, int height, int want_w, int want_h)
{
	struct frame *back = NULL;
	struct asked a;
	char why[128];

	ask(&a, width, height, f);
	ok(a.r == 0 && a.shot.width == want_w && a.shot.height == want_h &&
			picture_decode(&back, a.jpeg, a.size, why, sizeof(why)) == 0 &&
			back->width == want_w && back->height == want_h,
		"asked for %dx%d it has %dx%d", width, height, a.shot.width, a.shot.height);
	ok(a.shot.capture_realtime > UINT64_C(1500000000) * USEC_PER_SEC,
		"and the time it was taken");
	frame_unref(back);
	free(a.jpeg);
}

int main(void)
{
	struct frame f = { .pixel = PIXEL_RGB24, .width = W, .height = H, .full_range = true };
	uint8_t *pixels = calloc(1, (size_t) W * H * 3);
	struct asked a;

	if (stills_new(&stills) < 0 || !pixels)
		abort();
	f.data[0] = pixels;
	f.stride[0] = W * 3;
	f.capture_usec = usec_now();
	atomic_init(&f.refs, 1);
	check(&f, 0, 0, W, H);
	check(&f, 32, 0, 32, 24);
	check(&f, 0, 96, 128, 96);
	check(&f, 40, 20, 40, 20);
	ask(&a, 0, 0, NULL);
	ok(a.r < 0 && a.fault.kind == FAULT_NO_PICTURE && !a.jpeg, "no picture: %s", a.fault.words);
	f.pixel = PIXEL_MJPEG;
	f.size = 64;
	ask(&a, 32, 0, &f);
	ok(a.r < 0 && a.fault.kind == FAULT_NO_PICTURE && !a.jpeg, "a broken one: %s",
		a.fault.words);
	ok(atomic_load(&f.refs) == 1, "no picture is kept");
	stills_free(stills);
	free(pixels);
	return tap_done();
}
