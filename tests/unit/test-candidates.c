/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keep/candidates.h"

#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/file.h"
#include "common/usec.h"
#include "media/jpeg.h"
#include "media/picture.h"
#include "tests/tap.h"

#define W 160
#define H 96

static char folder[] = "/tmp/test-candidates.XXXXXX";

struct picture {
	struct frame frame;
	atomic_int released;
	uint8_t pixels[W * H * 2];
};

static void release(struct frame *f)
{
	struct picture *p = f->userdata;

	atomic_fetch_add(&p->released, 1);
}

/* YUYV; each seed looks quite different. */
static struct frame *draw(struct picture *p, unsigned seed)
{
	for (int y = 0; y < H; y++)
		for (int x = 0; x < W; x++) {
			unsigned cell = (unsigned) (y / 12 * 16 + x / 10) + seed * 1000;

			p->pixels[(y * W + x) * 2] =
				(uint8_t) (16 + cell * 2654435761u / 16777216 % 200);
			p->pixels[(y * W + x) * 2 + 1] = 128;
		}
	p->frame = (struct frame){ .pixel = PIXEL_YUYV,
		.width = W,
		.height = H,
		.data = { p->pixels },
		.stride = { W * 2 },
		.capture_usec = usec_now(),
		.release = release,
		.userdata = p };
	atomic_init(&p->frame.refs, 1);
	atomic_init(&p->released, 0);
	return &p->frame;
}

static struct candidates *new_candidates(const char *path, size_t max)
{
	struct candidates *c;

	if (candidates_new(&c, path, max) < 0)
		abort();
	return c;
}

/* One a second is looked at; the test has as many seconds as it wants. */
static _Atomic uint64_t shift_usec;
static int64_t realtime_step_sec;

int clock_gettime(clockid_t clock, struct timespec *ret)
{
	static const uint64_t base = UINT64_C(1795342530123456);

	*ret = usec_to_timespec(
		(clock == CLOCK_REALTIME ? base : USEC_PER_SEC * 1000) + atomic_load(&shift_usec));
	ret->tv_sec += clock == CLOCK_REALTIME ? realtime_step_sec : 0;
	return 0;
}

/* Offers and keeps; what candidates_keep() said. */
static int show(struct candidates *c, unsigned seed, char **path)
{
	static struct picture p;
	char why[256];
	json_t *d = json_pack("{s:s, s:f}", "state", "PLAY/ING", "margin", 0.01);
	int r;

	atomic_fetch_add(&shift_usec, 2 * USEC_PER_SEC);
	if (!candidates_offer(c, draw(&p, seed), d))
		abort();
	json_decref(d);
	frame_unref(&p.frame);
	r = candidates_keep(c, path, why, sizeof(why));
	if (atomic_load(&p.released) != 1)
		abort();
	return r;
}

static int count(const char *path, const char *suffix)
{
	DIR *d = opendir(path);
	struct dirent *e;
	int n = 0;

	while (d && (e = readdir(d))) {
		size_t length = strlen(e->d_name), m = strlen(suffix);

		n += e->d_name[0] != '.' && length > m &&
		     strcmp(e->d_name + length - m, suffix) == 0;
	}
	if (d)
		closedir(d);
	return n;
}

/* Pictures of that time. */
static int count_from(const char *path, const char *prefix)
{
	DIR *d = opendir(path);
	struct dirent *e;
	int n = 0;

	while (d && (e = readdir(d)))
		n += strncmp(e->d_name, prefix, strlen(prefix)) == 0 && strstr(e->d_name, ".jpg");
	if (d)
		closedir(d);
	return n;
}

static void test_pair(void)
{
	struct candidates *c = new_candidates(folder, 5);
	_cleanup_(frame_unrefp) struct frame *f = NULL;
	_cleanup_(freep) char *path = NULL, *text = NULL;
	char why[128], name[300];
	json_t *d;

	ok(candidates_keep(c, &path, why, sizeof(why)) == 0, "nothing to keep");
	ok(show(c, 1, &path) == 1, "kept");
	snprintf(name, sizeof(name), "%s/20261122T101532.123Z-PLAY_ING.jpg", folder);
	ok(path && strcmp(path, name) == 0, "%s", path);
	ok(picture_load(&f, name, why, sizeof(why)) == 0 && f->width == W && f->height == H,
		"it is a picture");
	strcpy(strrchr(name, '.'), ".json");
	ok(file_read(name, 4096, &text, NULL) == 0, "with a text");
	d = json_loads(text ? text : "", 0, NULL);
	ok(json_real_value(json_object_get(d, "margin")) == 0.01, "that is the decision");
	json_decref(d);
	candidates_free(c);
}

static void test_diversity(void)
{
	struct candidates *c = new_candidates(folder, 100);
	_cleanup_(freep) char *path = NULL;
	bool good = true;

	ok(show(c, 2, &path) == 1, "one");
	free(TAKE_PTR(path));
	ok(show(c, 2, &path) == 0, "the same again is not kept");
	for (unsigned i = 3; i < 12; i++) {
		good &= show(c, i, &path) == 1;
		free(TAKE_PTR(path));
	}
	ok(good, "nine others");
	ok(show(c, 2, &path) == 0, "nor after nine others");
	ok(show(c, 12, &path) == 1, "but after ten …");
	free(TAKE_PTR(path));
	ok(show(c, 2, &path) == 1, "… it is");
	candidates_free(c);
}

static void test_limits(void)
{
	struct candidates *c = new_candidates(folder, 4);
	_cleanup_(freep) char *path = NULL;
	static struct picture p[3];
	char why[128];

	ok(show(c, 20, &path) == 1 && count(folder, ".jpg") == 4 && count(folder, ".json") == 4,
		"the limit is kept, in pairs");
	free(TAKE_PTR(path));
	atomic_fetch_add(&shift_usec, 2 * USEC_PER_SEC);
	ok(candidates_offer(c, draw(&p[0], 21), NULL), "one");
	atomic_fetch_add(&shift_usec, 900 * USEC_PER_MSEC);
	ok(!candidates_offer(c, draw(&p[1], 22), NULL), "no other within the second");
	atomic_fetch_add(&shift_usec, 200 * USEC_PER_MSEC);
	ok(candidates_offer(c, draw(&p[2], 23), NULL) && atomic_load(&p[0].frame.refs) == 1,
		"then the newest wins");
	ok(candidates_keep(c, &path, why, sizeof(why)) == 1 && strstr(path, "-picture.jpg") &&
			atomic_load(&p[2].frame.refs) == 1,
		"without a decision, too");
	free(TAKE_PTR(path));
	candidates_free(c);
}

/* The folder is full when the clock goes back by a year: the new ones stay, in the end alone. */
static void test_stepped(void)
{
	char sub[64];
	struct candidates *c;
	_cleanup_(freep) char *path = NULL;
	bool good = true;

	snprintf(sub, sizeof(sub), "%s/stepped", folder);
	c = new_candidates(sub, 3);
	for (unsigned i = 0; i < 7; i++) {
		realtime_step_sec = i < 3 ? 0 : -365 * 24 * 3600;
		good &= show(c, 50 + i, &path) == 1 && access(path, F_OK) == 0;
		free(TAKE_PTR(path));
		if (i >= 3)
			good &= count_from(sub, "2025") == (int) MIN(i - 2, 3U);
	}
	realtime_step_sec = 0;
	ok(good && count(sub, ".jpg") == 3 && count(sub, ".json") == 3,
		"after the clock was set back the newest stay");
	candidates_free(c);
}

static void test_layouts(void)
{
	static struct picture p;
	static uint8_t rgb[W * H * 3];
	struct candidates *c = new_candidates(folder, 100);
	_cleanup_(freep) char *path = NULL;
	_cleanup_(freep) uint8_t *jpeg = NULL;
	struct frame f = { .pixel = PIXEL_RGB24, .width = W, .height = H, .data = { rgb } };
	size_t size = 0;
	char why[128];

	draw(&p, 30);
	for (int i = 0; i < W * H * 3; i++)
		rgb[i] = p.pixels[i / 3 * 2];
	f.stride[0] = W * 3;
	atomic_init(&f.refs, 1);
	atomic_fetch_add(&shift_usec, 2 * USEC_PER_SEC);
	ok(candidates_offer(c, &f, NULL) && candidates_keep(c, &path, why, sizeof(why)) == 1,
		"RGB");
	free(TAKE_PTR(path));
	if (jpeg_encode(&f, 5, &jpeg, &size) < 0)
		abort();
	f = (struct frame){ .pixel = PIXEL_MJPEG, .data = { jpeg }, .size = size };
	atomic_init(&f.refs, 1);
	atomic_fetch_add(&shift_usec, 2 * USEC_PER_SEC);
	ok(candidates_offer(c, &f, NULL) && candidates_keep(c, &path, why, sizeof(why)) == 0,
		"the same as JPEG looks the same");
	ok(show(c, 30, &path) == 0, "and as YUYV");
	f.size = 100;
	atomic_fetch_add(&shift_usec, 2 * USEC_PER_SEC);
	ok(candidates_offer(c, &f, NULL) &&
			candidates_keep(c, &path, why, sizeof(why)) == -EBADMSG &&
			strstr(why, "JPEG"),
		"a broken one is told: %s", why);
	candidates_free(c);
}

/* Runs in a child: nobody there may write files beyond a size, as if the disk were full. */
static int full_disk(const char *path)
{
	static const rlim_t sizes[] = { 1000, 10 }; /* room for the decision, not even for it */
	struct candidates *c = new_candidates(path, 3);
	struct rlimit most = { 0, RLIM_INFINITY };
	char *kept = NULL;
	bool good = true;

	signal(SIGXFSZ, SIG_IGN);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		most.rlim_cur = sizes[i];
		good &= setrlimit(RLIMIT_FSIZE, &most) == 0;
		good &= show(c, 41, &kept) == -EFBIG && !kept;
		good &= count(path, ".jpg") == 1 && count(path, ".json") == 1;
	}
	most.rlim_cur = RLIM_INFINITY;
	good &= setrlimit(RLIMIT_FSIZE, &most) == 0 && show(c, 41, &kept) == 1;
	free(kept);
	candidates_free(c);
	return good ? 0 : 1;
}

static void test_faults(void)
{
	struct candidates *c;
	_cleanup_(freep) char *path = NULL;
	char sub[64];
	int status;

	snprintf(sub, sizeof(sub), "%s/new/folder", folder);
	c = new_candidates(sub, 3);
	ok(show(c, 40, &path) == 1 && count(sub, ".jpg") == 1, "the folder is made");
	free(TAKE_PTR(path));
	candidates_free(c);

	if (fork() == 0)
		_exit(full_disk(sub));
	wait(&status);
	ok(status == 0, "a full disk is told, and once there is room again it goes on");
	ok(count(sub, ".jpg") == 2 && count(sub, ".json") == 2 && count_from(sub, ".2026") == 0,
		"it leaves nothing behind");
	c = new_candidates("/proc/not/there", 3);
	ok(show(c, 42, &path) < 0, "a folder that cannot be made");
	candidates_free(c);
}

int main(void)
{
	char command[64];

	if (!mkdtemp(folder))
		return 99;
	test_pair();
	test_diversity();
	test_limits();
	test_stepped();
	test_layouts();
	test_faults();
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command) == 0 ? tap_done() : 1;
}
