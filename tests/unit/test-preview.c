/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pictures are handed in one by one, and each is waited for: how many JPEGs are made of them, for
 * whom, and that nothing is shown as live that is not.
 */
#include "streamer/preview.h"

#include <string.h>

#include "common/usec.h"
#include "media/picture.h"
#include "tests/tap.h"
#include "tests/unit/counters.h"

#define LIMIT COUNTERS_LIMIT
#define WATCHERS 100
#define W 64
#define H 48

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int told;
static atomic_int out; /* frames that somebody has a reference to */

static void on_ready(void *userdata)
{
	(void) userdata;
	pthread_mutex_lock(&lock);
	told++;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static bool await(int n)
{
	return counter_reaches(&lock, &changed, &told, n);
}

static void release(struct frame *f)
{
	free((void *) (uintptr_t) f->data[0]);
	free(f);
	pthread_mutex_lock(&lock);
	atomic_fetch_sub(&out, 1);
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static struct frame *new_frame(enum pixel pixel, size_t size, uint8_t grey)
{
	struct frame *f = calloc(1, sizeof(*f));
	uint8_t *data = malloc(size);

	memset(data, grey, size);
	f->pixel = pixel;
	f->width = W;
	f->height = H;
	f->data[0] = data;
	f->stride[0] = W * 3;
	f->size = size;
	f->full_range = true;
	f->capture_usec = f->dequeue_usec = usec_now();
	f->release = release;
	atomic_init(&f->refs, 1);
	atomic_fetch_add(&out, 1);
	return f;
}

static struct frame *grey_frame(uint8_t grey)
{
	return new_frame(PIXEL_RGB24, (size_t) W * H * 3, grey);
}

static struct frame *broken_frame(void)
{
	struct frame *f = new_frame(PIXEL_MJPEG, 64, 0x55);

	memcpy((uint8_t *) (uintptr_t) f->data[0], "\xff\xd8\x12\x34", 4);
	return f;
}

/* 0: a second after the last one, so that none is too many. */
static void hand(struct preview *p, struct frame *f, uint64_t capture_usec)
{
	static uint64_t last;

	f->capture_usec = last = capture_usec ? capture_usec : MAX(last, usec_now()) + USEC_PER_SEC;
	preview_frame(p, f);
	frame_unref(f);
}

static bool await_no_frames(void)
{
	struct timespec ts = usec_to_timespec(usec_of(CLOCK_REALTIME) + LIMIT);
	int r = 0;

	pthread_mutex_lock(&lock);
	while (atomic_load(&out) > 0 && r == 0)
		r = pthread_cond_timedwait(&changed, &lock, &ts);
	pthread_mutex_unlock(&lock);
	return r == 0;
}

static struct preview *begin_with(uint64_t placeholder_usec, uint64_t patience_usec)
{
	const struct preview_settings s = { .title = "test",
		.placeholder_usec = placeholder_usec,
		.patience_usec = patience_usec };
	struct preview *p;

	told = 0;
	if (preview_new(&p, &s) < 0 || preview_start(p) < 0)
		abort();
	preview_listen(p, on_ready, NULL);
	return p;
}

/* Nothing comes by itself. */
static struct preview *begin(void)
{
	return begin_with(LIMIT, 10 * LIMIT);
}

static void end(struct preview *p)
{
	preview_stop(p);
	if (preview_free(p, usec_now() + LIMIT) < 0)
		abort();
}

static struct preview_stats stats(struct preview *p)
{
	struct preview_stats s;

	preview_stats(p, &s);
	return s;
}

/* The grey that the picture shows; -1: it is no picture of that size. */
static int grey_of(const struct preview_picture *picture)
{
	struct frame *f = NULL;
	char why[128];
	int grey;

	if (!picture || picture->width != W || picture->height != H ||
		picture_decode(&f, picture->jpeg, picture->size, why, sizeof(why)) < 0)
		return -1;
	grey = f->width == W && f->height == H ? f->data[0][H / 2 * f->stride[0] + W] : -1;
	frame_unref(f);
	return grey;
}

static void test_nobody(void)
{
	struct preview *p = begin();

	for (int i = 0; i < 10; i++)
		hand(p, grey_frame(100), (uint64_t) i * USEC_PER_SEC);
	ok(atomic_load(&out) == 0, "nobody watches: no picture is kept");
	preview_lost(p, "gone");
	ok(!preview_newest(p, 0) && stats(p).made == 0 && stats(p).placeholders == 0,
		"and none is made");
	end(p);
}

static void test_shared(void)
{
	struct preview *p = begin();
	struct preview_picture *seen[WATCHERS];
	bool same = true;
	uint64_t now = usec_now();

	for (int i = 0; i < WATCHERS; i++)
		preview_watch(p);
	hand(p, grey_frame(100), now);
	ok(await(1), "a hundred watch, and a picture comes");
	for (int i = 0; i < WATCHERS; i++) {
		seen[i] = preview_newest(p, 0);
		same = same && seen[i] == seen[0];
	}
	ok(same && stats(p).made == 1, "one JPEG is made of it");
	ok(abs(grey_of(seen[0]) - 100) < 4 && seen[0]->live, "that shows it");
	ok(seen[0]->capture_usec == now &&
			seen[0]->capture_realtime_usec > UINT64_C(1500000000) * USEC_PER_SEC,
		"with its time");
	ok(!preview_newest(p, seen[0]->sequence), "there is none after it");
	hand(p, grey_frame(200), now + USEC_PER_SEC);
	ok(await(2), "until another comes");
	preview_picture_unref(seen[1]);
	seen[1] = preview_newest(p, seen[0]->sequence);
	ok(seen[1] && seen[1]->sequence == seen[0]->sequence + 1 && abs(grey_of(seen[1]) - 200) < 4,
		"which is another one");
	ok(await_no_frames(), "the card has all its pictures back");
	for (int i = 0; i < WATCHERS; i++) {
		preview_picture_unref(seen[i]);
		preview_unwatch(p);
	}
	ok(!preview_newest(p, 0), "who comes later is not shown what is old");
	preview_listen(p, NULL, NULL);
	end(p);
}

static void test_rate(void)
{
	struct preview *p = begin();
	uint64_t usec = usec_now(), dropped;
	int made = 0;

	preview_watch(p);
	preview_set_rate(p, 10);
	for (int i = 0; i < 60; i++) {
		hand(p, grey_frame(100), usec + (uint64_t) i * USEC_PER_SEC / 30);
		if (!await_no_frames())
			abort();
	}
	made = (int) stats(p).made;
	dropped = stats(p).dropped;
	ok(dropped == 0 && made >= 18 && made <= 24, "30 a second become 10 (%d of 60)", made);
	preview_unwatch(p);
	end(p);
}

/* Hands a picture and waits for it, past placeholders of before. */
static struct preview_picture *await_live(struct preview *p, struct frame *f, uint64_t sequence)
{
	struct preview_picture *picture = NULL;
	int seen = counter_get(&lock, &told);

	hand(p, f, 0);
	while ((!picture || !picture->live) && await(++seen)) {
		preview_picture_unref(picture);
		picture = preview_newest(p, sequence);
	}
	return picture;
}

static void test_lost(void)
{
	struct preview *p = begin_with(1, 10 * LIMIT);
	struct preview_picture *picture;
	struct frame *late;
	uint64_t made, sequence = 0;

	preview_watch(p);
	hand(p, grey_frame(100), 0);
	ok(await(1), "there is a picture");
	late = grey_frame(250);
	preview_lost(p, "no device");
	ok(await(3), "the input is lost: placeholders come, one after the other");
	picture = preview_newest(p, 0);
	ok(picture && !picture->live && abs(grey_of(picture) - 100) > 4,
		"that are not marked as live");
	sequence = picture ? picture->sequence : 0;
	preview_picture_unref(picture);
	made = stats(p).made;
	hand(p, late, 0);
	ok(await_no_frames() && stats(p).made == made, "a picture of before comes too late");
	preview_lost(p, "no device");
	preview_unwatch(p);
	preview_watch(p);
	ok(await(counter_get(&lock, &told) + 1), "who begins to watch gets one, too");
	picture = await_live(p, grey_frame(50), sequence);
	ok(picture && picture->live && abs(grey_of(picture) - 50) < 4, "it is back");
	preview_picture_unref(picture);
	end(p);
}

static void test_silence(void)
{
	struct preview *p = begin_with(LIMIT, 1);
	struct preview_picture *picture;

	preview_watch(p);
	ok(await(1), "nothing comes and nobody says why: the placeholder");
	picture = preview_newest(p, 0);
	ok(picture && !picture->live && picture->width == 1280, "of a usual size");
	preview_picture_unref(picture);
	end(p);

	p = begin_with(1, 1);
	preview_watch(p);
	hand(p, broken_frame(), 0);
	ok(await_no_frames() && await(3), "broken pictures do not count");
	ok(stats(p).broken == 1 && stats(p).made == 0, "they are counted");
	end(p);
}

/* ---- all at once ---- */

static atomic_bool over;

static void *watch(void *userdata)
{
	struct preview *p = userdata;
	uintptr_t bad = 0;

	while (!atomic_load(&over)) {
		uint64_t last = 0;

		preview_watch(p);
		for (int i = 0; i < 50; i++) {
			struct preview_picture *picture = preview_newest(p, last);

			if (!picture)
				continue;
			bad += picture->sequence <= last || picture->size < 100;
			last = picture->sequence;
			preview_picture_unref(picture);
		}
		preview_unwatch(p);
	}
	return (void *) bad;
}

static void test_threads(void)
{
	struct preview *p = begin_with(1, 1);
	pthread_t threads[4];
	uintptr_t bad = 0;

	atomic_store(&over, false);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_create(&threads[i], NULL, watch, p);
	preview_watch(p);
	for (int i = 0; i < 300; i++) {
		hand(p, grey_frame((uint8_t) i), 0);
		if (i % 50 == 49)
			preview_lost(p, "gone");
		if (i % 20 == 19)
			preview_set_rate(p, i % 30);
		if (!await(i / 10))
			break;
	}
	atomic_store(&over, true);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
		void *one;

		pthread_join(threads[i], &one);
		bad += (uintptr_t) one;
	}
	preview_unwatch(p);
	ok(bad == 0 && stats(p).watchers == 0, "many come and go while it runs");
	end(p);
	ok(atomic_load(&out) == 0, "and no picture is left with anybody");
}

int main(void)
{
	test_nobody();
	test_shared();
	test_rate();
	test_lost();
	test_silence();
	test_threads();
	return tap_done();
}
