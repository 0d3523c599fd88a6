/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/frame.h"

#include <errno.h>
#include <libavutil/frame.h>
#include <pthread.h>
#include <string.h>

#include "media/av-frame.h"
#include "tests/tap.h"

#define LIMIT 4

static void test_sizes(void)
{
	ok(pixel_frame_size(PIXEL_I420, 640, 480) == 460800 &&
			pixel_frame_size(PIXEL_NV12, 640, 480) == 460800 &&
			pixel_frame_size(PIXEL_YUYV, 640, 480) == 614400 &&
			pixel_frame_size(PIXEL_UYVY, 640, 480) == 614400 &&
			pixel_frame_size(PIXEL_NV16, 640, 480) == 614400 &&
			pixel_frame_size(PIXEL_RGB24, 640, 480) == 921600 &&
			pixel_frame_size(PIXEL_BGR24, 640, 480) == 921600,
		"sizes of even pictures");
	ok(pixel_frame_size(PIXEL_I420, 5, 3) == 15 + 12 &&
			pixel_frame_size(PIXEL_YUYV, 5, 3) == 36 &&
			pixel_frame_size(PIXEL_RGB24, 5, 3) == 45,
		"odd sides round chroma up");
	ok(pixel_frame_size(PIXEL_MJPEG, 640, 480) == 0 &&
			pixel_frame_size(PIXEL_AV, 640, 480) == 0,
		"no size is known for a JPEG");
	ok(strcmp(pixel_name(PIXEL_I420), "YU12") == 0 && strcmp(pixel_name(_PIXEL_MAX), "?") == 0,
		"formats have names");
}

static void test_refused(void)
{
	struct frame_pool *p = NULL;

	ok(frame_pool_new(&p, PIXEL_I420, 1, 480, 1) == -EINVAL &&
			frame_pool_new(&p, PIXEL_I420, 640, FRAME_SIDE_MAX + 1, 1) == -EINVAL &&
			frame_pool_new(&p, PIXEL_I420, -640, 480, 1) == -EINVAL &&
			frame_pool_new(&p, PIXEL_I420, 640, 480, 0) == -EINVAL &&
			frame_pool_new(&p, PIXEL_MJPEG, 640, 480, 1) == -EINVAL && !p,
		"impossible pools are refused");
	ok(frame_unref(NULL) == NULL && frame_pool_unref(NULL) == NULL, "NULL is fine");
}

/* Writes all of each row of each plane: ASan tells when a plane is too short, a value read back
 * when planes overlap. */
static bool planes_are_apart(enum pixel pixel, int width, int height)
{
	_cleanup_(frame_pool_unrefp) struct frame_pool *p = NULL;
	_cleanup_(frame_unrefp) struct frame *f = NULL;
	bool good = true;

	if (frame_pool_new(&p, pixel, width, height, 1) < 0)
		return false;
	f = frame_pool_get(p);
	if (!f || f->pixel != pixel || f->width != width || f->height != height)
		return false;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < FRAME_PLANES && f->data[i]; i++) {
			int rows = i ? (height + 1) / 2 : height;
			size_t row = (size_t) f->stride[i];

			good = good && (uintptr_t) f->data[i] % 64 == 0 && row % 64 == 0;
			for (int y = 0; y < rows; y++) {
				uint8_t *at = (uint8_t *) f->data[i] + (size_t) y * row;

				if (round == 0)
					memset(at, 50 + i, row);
				else
					good = good && at[0] == 50 + i && at[row - 1] == 50 + i;
			}
		}
	}
	return good;
}

static void test_layout(void)
{
	static const int sides[][2] = { { 640, 480 }, { 2, 2 }, { 641, 479 }, { 65, 3 } };
	bool good = true;

	for (int pixel = PIXEL_I420; pixel <= PIXEL_BGR24; pixel++)
		for (size_t i = 0; i < ARRAY_SIZE(sides); i++)
			good = good &&
			       planes_are_apart((enum pixel) pixel, sides[i][0], sides[i][1]);
	ok(good, "planes are aligned, whole and apart in each layout");
}

static void test_pool(void)
{
	struct frame_pool *p = NULL;
	struct frame *f[LIMIT], *again;
	const uint8_t *pixels;

	(void) frame_pool_new(&p, PIXEL_NV12, 64, 48, LIMIT);
	for (int i = 0; i < LIMIT; i++)
		f[i] = frame_pool_get(p);
	ok(f[0] && f[1] && f[2] && f[3], "gives as many as the limit says");
	ok(frame_pool_get(p) == NULL, "… and no more");
	pixels = f[2]->data[0];
	f[2]->capture_usec = f[2]->sequence = 9;
	f[2]->full_range = f[2]->bt709 = true;
	frame_ref(f[2]);
	frame_unref(f[2]);
	ok(frame_pool_get(p) == NULL, "a frame with a reference left stays out");
	frame_unref(f[2]);
	again = frame_pool_get(p);
	ok(again && again->data[0] == pixels, "one given back is used again");
	ok(again && again->capture_usec == 0 && again->sequence == 0 && !again->full_range &&
			!again->bt709 && atomic_load(&again->refs) == 1,
		"… as if it were new");
	frame_unref(f[0]);
	frame_pool_unref(p);
	memset((uint8_t *) again->data[0], 1, (size_t) again->stride[0] * 48);
	frame_unref(f[1]);
	frame_unref(again);
	frame_unref(f[3]);
	ok(true, "frames outlive the owner's pool"); /* LeakSanitizer and ASan judge */
}

static void *get_and_give(void *arg)
{
	struct frame_pool *p = arg;
	int got = 0;

	for (int i = 0; i < 20000; i++) {
		struct frame *f = frame_pool_get(p);

		if (!f)
			continue;
		got++;
		((uint8_t *) f->data[0])[0] = (uint8_t) i;
		frame_ref(f);
		frame_unref(f);
		frame_unref(f);
	}
	return (void *) (intptr_t) got;
}

static void *give(void *arg)
{
	frame_unref(arg);
	return NULL;
}

static void test_threads(void)
{
	struct frame_pool *p = NULL;
	pthread_t t[3];
	intptr_t got = 0;

	(void) frame_pool_new(&p, PIXEL_I420, 16, 16, 2);
	for (int i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, get_and_give, p);
	for (int i = 0; i < 3; i++) {
		void *ret;

		pthread_join(t[i], &ret);
		got += (intptr_t) ret;
	}
	ok(got >= 20000, "three threads share a pool of two (%ld frames)", (long) got);
	for (int i = 0; i < 200; i++) {
		struct frame *a, *b;

		frame_pool_unref(p);
		(void) frame_pool_new(&p, PIXEL_I420, 16, 16, 2);
		a = frame_pool_get(p);
		b = frame_pool_get(p);
		pthread_create(&t[0], NULL, give, a);
		pthread_create(&t[1], NULL, give, b);
		p = frame_pool_unref(p);
		pthread_join(t[0], NULL);
		pthread_join(t[1], NULL);
	}
	ok(true, "the last one out closes the pool");
}

static void check_planes(int format, bool luma8, int chroma_w, int chroma_h)
{
	_cleanup_(frame_unrefp) struct frame *f = NULL;
	AVFrame *av = av_frame_alloc();

	av->format = format;
	av->width = av->height = 64;
	(void) av_frame_get_buffer(av, 0);
	(void) frame_from_av(&f, av);
	av_frame_free(&av);
	ok(f && f->pixel == PIXEL_AV && f->luma8 == luma8 && f->chroma_w == chroma_w &&
			f->chroma_h == chroma_h,
		"format %d: where luma and chroma lie", format);
}

static void test_av(void)
{
	check_planes(AV_PIX_FMT_YUVJ422P, true, 2, 1);
	check_planes(AV_PIX_FMT_YUV444P, true, 1, 1);
	check_planes(AV_PIX_FMT_YUV410P, true, 4, 4);
	check_planes(AV_PIX_FMT_GRAY8, true, 0, 0);
	check_planes(AV_PIX_FMT_NV16, true, 0, 0);
	check_planes(AV_PIX_FMT_YUV422P10, false, 0, 0);
	check_planes(AV_PIX_FMT_GBRP, false, 0, 0);
}

int main(void)
{
	test_av();
	test_sizes();
	test_refused();
	test_layout();
	test_pool();
	test_threads();
	return tap_done();
}
