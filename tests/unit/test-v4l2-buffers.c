/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The buffers against a driver of our own: libv4l2's functions are defined here, the card's memory
 * is a memfd. What real drivers do is tried in the machine test.
 */
#include "capture/v4l2-buffers.h"

#include <errno.h>
#include <libv4l2.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/usec.h"
#include "tests/tap.h"

#define CARD_FD 1000
#define WIDTH 64
#define HEIGHT 32
#define SIZE ((size_t) WIDTH * HEIGHT * 2)
#define OFFSET 65536
#define MAX_BUFFERS 32
#define BLOCK 8192 /* of memory, of a multi-planar card */

static struct {
	pthread_mutex_t lock;
	/* protected by lock */
	int memory;
	uint8_t *pixels;
	uint32_t n;
	bool queued[MAX_BUFFERS];
	struct v4l2_buffer done[MAX_BUFFERS];
	int ndone;
	bool streaming, gone, closed, used_after_close;
	int refuse; /* that many QBUFs fail */
	uint32_t sequence;
	bool multiplanar;
	uint32_t wrong_type; /* calls of the other kind */
	uint32_t begin[2];   /* where a picture begins in each of its blocks */
	uint32_t used[2];
} card = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* Two blocks of a buffer lie one behind the other in the memory, with a hole in between. */
static void query_blocks(struct v4l2_buffer *buf)
{
	buf->length = 2;
	for (uint32_t i = 0; i < 2; i++) {
		buf->m.planes[i].length = BLOCK;
		buf->m.planes[i].m.mem_offset = buf->index * OFFSET + i * 2 * BLOCK;
	}
}

static void note_type(uint32_t type)
{
	card.wrong_type += type != (card.multiplanar ? V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE
						     : V4L2_BUF_TYPE_VIDEO_CAPTURE);
}

static void fill_done(struct v4l2_buffer *buf)
{
	struct v4l2_plane *planes = buf->m.planes;

	*buf = card.done[0];
	card.ndone--;
	memmove(card.done, card.done + 1, sizeof(*card.done) * (size_t) card.ndone);
	if (!card.multiplanar)
		return;
	buf->m.planes = planes;
	for (int i = 0; i < 2; i++) {
		planes[i].length = BLOCK;
		planes[i].data_offset = card.begin[i];
		planes[i].bytesused = card.used[i];
	}
}

static int fake_ioctl(unsigned long request, void *arg)
{
	struct v4l2_requestbuffers *req = arg;
	struct v4l2_buffer *buf = arg;

	card.used_after_close |= card.closed;
	if (card.gone)
		return ENODEV;
	switch (request) {
	case VIDIOC_REQBUFS:
		note_type(req->type);
		card.n = req->count = MIN(req->count, MAX_BUFFERS);
		memset(card.queued, 0, sizeof(card.queued));
		return 0;
	case VIDIOC_QUERYBUF:
		note_type(buf->type);
		if (card.multiplanar) {
			query_blocks(buf);
			return 0;
		}
		buf->length = (uint32_t) SIZE;
		buf->m.offset = buf->index * OFFSET;
		return 0;
	case VIDIOC_QBUF:
		note_type(buf->type);
		if (card.refuse > 0) {
			card.refuse--;
			return EINVAL;
		}
		if (card.queued[buf->index])
			return EINVAL;
		card.queued[buf->index] = true;
		return 0;
	case VIDIOC_DQBUF:
		if (card.ndone == 0)
			return EAGAIN;
		note_type(buf->type);
		fill_done(buf);
		return 0;
	case VIDIOC_STREAMON:
	case VIDIOC_STREAMOFF:
		note_type((uint32_t) * (int *) arg);
		card.streaming = request == VIDIOC_STREAMON;
		if (!card.streaming) {
			memset(card.queued, 0, sizeof(card.queued));
			card.ndone = 0;
		}
		return 0;
	}
	return ENOTTY;
}

int v4l2_ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	pthread_mutex_lock(&card.lock);
	errno = fd == CARD_FD ? fake_ioctl(request, arg) : EBADF;
	pthread_mutex_unlock(&card.lock);
	return errno ? -1 : 0;
}

void *v4l2_mmap(void *start, size_t length, int prot, int flags, int fd, int64_t offset)
{
	(void) fd;
	return mmap(start, length, prot, flags, card.memory, offset);
}

int v4l2_munmap(void *start, size_t length)
{
	return munmap(start, length);
}

int v4l2_close(int fd)
{
	card.closed = fd == CARD_FD;
	return 0;
}

static uint32_t with_driver(void)
{
	uint32_t n = 0;

	pthread_mutex_lock(&card.lock);
	for (uint32_t i = 0; i < card.n; i++)
		n += card.queued[i];
	pthread_mutex_unlock(&card.lock);
	return n;
}

/* The card takes a picture; false when it has no buffer for it. */
static bool shoot(uint8_t value, uint32_t flags, size_t bytes)
{
	bool taken = false;

	pthread_mutex_lock(&card.lock);
	for (uint32_t i = 0; i < card.n && !taken; i++) {
		uint64_t now = usec_now();

		if (!card.queued[i])
			continue;
		card.queued[i] = false;
		memset(card.pixels + (size_t) i * OFFSET, value, SIZE);
		card.done[card.ndone++] = (struct v4l2_buffer){
			.index = i,
			.bytesused = (uint32_t) bytes,
			.flags = flags | V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC,
			.sequence = card.sequence,
			.timestamp = { .tv_sec = (time_t) (now / USEC_PER_SEC),
				.tv_usec = (suseconds_t) (now % USEC_PER_SEC) },
		};
		taken = true;
	}
	card.sequence++;
	pthread_mutex_unlock(&card.lock);
	return taken;
}

static struct v4l2_buffers *begin_pixel(enum pixel pixel)
{
	struct v4l2_picture p = { .pixel = pixel, .width = WIDTH, .height = HEIGHT };
	struct v4l2_buffers *b = NULL;
	const char *where;

	card.ndone = 0;
	card.sequence = 0;
	card.gone = card.closed = card.used_after_close = false;
	(void) v4l2_layout_make(p.pixel, p.width, p.height, 0, &p.layout);
	if (v4l2_buffers_start(&b, CARD_FD, &p, false, &where) < 0)
		return NULL;
	return b;
}

static struct v4l2_buffers *begin(void)
{
	return begin_pixel(PIXEL_YUYV);
}

static bool takes(struct v4l2_buffers *b, struct v4l2_taken *t, uint8_t value)
{
	return v4l2_buffers_take(b, t) == 0 && t->frame && t->frame->data[0][0] == value;
}

/* What waits is overtaken, too. */
static void test_waiting(void)
{
	struct v4l2_buffers *b = begin();
	struct v4l2_taken t;

	(void) shoot(1, 0, SIZE);
	(void) shoot(2, 0, SIZE);
	ok(takes(b, &t, 1), "one of two comes");
	(void) frame_unref(t.frame);
	(void) shoot(3, 0, SIZE);
	ok(takes(b, &t, 2) && t.dropped == 0, "the other one waits, and is not lost");
	(void) frame_unref(t.frame);
	(void) shoot(4, 0, SIZE);
	(void) shoot(5, 0, SIZE);
	ok(takes(b, &t, 4) && t.dropped == 1, "unless two newer ones come");
	(void) frame_unref(t.frame);
	(void) shoot(6, 0, SIZE);
	card.gone = true;
	ok(takes(b, &t, 5), "with the card gone, what waits still comes");
	(void) frame_unref(t.frame);
	ok(v4l2_buffers_take(b, &t) == -ENODEV && !t.frame, "then that it is gone");
	card.gone = false;
	ok(takes(b, &t, 6), "a picture comes");
	(void) shoot(7, 0, SIZE);
	(void) shoot(8, 0, SIZE);
	(void) frame_unref(t.frame);
	ok(takes(b, &t, 7), "another one");
	(void) frame_unref(t.frame);
	b = v4l2_buffers_stop(b);
	ok(card.closed, "and it stops while one waits");
}

static void test_take(void)
{
	struct v4l2_buffers *b = begin();
	struct v4l2_taken t;

	ok(b && card.streaming && with_driver() == card.n, "all buffers go to the driver");
	ok(v4l2_buffers_take(b, &t) == 0 && !t.frame, "nothing there yet");
	for (uint8_t v = 1; v <= 3; v++)
		(void) shoot(v, 0, SIZE);
	ok(takes(b, &t, 2) && t.dropped == 1, "of three the newest two wait, the older one comes");
	ok(with_driver() == card.n - 2 && t.frame->capture_usec <= t.frame->dequeue_usec,
		"the oldest went back");
	t.frame = frame_unref(t.frame);
	ok(takes(b, &t, 3) && t.dropped == 0, "then the newest");
	t.frame = frame_unref(t.frame);
	ok(with_driver() == card.n, "each goes back when it is released");
	(void) shoot(4, 0, SIZE);
	(void) shoot(5, V4L2_BUF_FLAG_ERROR, SIZE);
	(void) shoot(6, 0, SIZE - 1);
	ok(v4l2_buffers_take(b, &t) == 0 && t.frame && t.frame->data[0][0] == 4 && t.errors == 2,
		"broken ones do not hide a good one");
	(void) frame_unref(t.frame);
	card.sequence += 5;
	(void) shoot(7, 0, SIZE);
	ok(v4l2_buffers_take(b, &t) == 0 && t.frame && t.dropped == 5 && t.lost == 5,
		"lost by the card");
	(void) frame_unref(t.frame);
	b = v4l2_buffers_stop(b);
	ok(card.closed && !card.streaming, "stopped");
}

/* None is skipped, and each is as long as it is. */
static void test_coded(void)
{
	struct v4l2_buffers *b = begin_pixel(PIXEL_H264);
	struct frame *held[16];
	struct v4l2_taken t;
	uint8_t n = 0;
	bool good = true;

	ok(v4l2_buffers_take(b, &t) == 0 && !t.frame && !t.any, "H.264: nothing there yet");
	for (uint8_t v = 1; v <= 5; v++)
		(void) shoot(v, 0, 100 + v);
	for (uint8_t v = 1; v <= 5; v++) {
		good &= takes(b, &t, v) && t.any && t.frame->pixel == PIXEL_H264 &&
			t.frame->size == (size_t) 100 + v && t.dropped == 0;
		good &= with_driver() == card.n - 5 + v - 1;
		(void) frame_unref(t.frame);
	}
	ok(good && with_driver() == card.n, "of five each comes, one at a time, the oldest first");
	(void) shoot(1, V4L2_BUF_FLAG_ERROR, 100);
	(void) shoot(2, 0, 0);
	card.sequence++;
	(void) shoot(3, 0, 100);
	ok(v4l2_buffers_take(b, &t) == 0 && !t.frame && t.any && t.errors == 1,
		"a broken one is told before the next");
	ok(v4l2_buffers_take(b, &t) == 0 && !t.frame && t.any && t.errors == 1,
		"an empty one, too");
	ok(takes(b, &t, 3) && t.lost == 1 && t.errors == 0, "and a gap with what comes after it");
	(void) frame_unref(t.frame);
	while (n < 16 && shoot(n, 0, 200) && v4l2_buffers_take(b, &t) == 0 && t.frame)
		held[n++] = t.frame;
	for (uint8_t i = 0; i < n; i++) {
		good &= held[i]->data[0][0] == i && held[i]->data[0][199] == i &&
			held[i]->size == 200;
		(void) frame_unref(held[i]);
	}
	ok(good && n == card.n - 2 + 4, "copies are as long: %d frames", n);
	b = v4l2_buffers_stop(b);
}

static void test_many_out(void)
{
	struct v4l2_buffers *b = begin();
	struct frame *held[16];
	struct v4l2_taken t;
	uint32_t native = card.n - 2;
	bool good = true;
	uint8_t n = 0;

	for (;;) {
		if (!shoot(n, 0, SIZE) || v4l2_buffers_take(b, &t) < 0 || !t.frame)
			break;
		good &= t.copied == (n >= native);
		held[n++] = t.frame;
	}
	ok(good && n == native + 4, "copies when the card's are out: %u frames", n);
	ok(t.dropped == 1 && with_driver() == 2, "then drops; the driver keeps two");
	for (uint8_t i = 0; i < n; i++)
		good &= held[i]->data[0][0] == i && held[i]->data[0][SIZE - 1] == i;
	ok(good, "each shows its own picture");
	card.refuse = 1;
	for (uint8_t i = 0; i < n; i++)
		(void) frame_unref(held[i]);
	ok(with_driver() == card.n - 1, "the driver refused one");
	ok(v4l2_buffers_take(b, &t) == 0 && with_driver() == card.n, "which is tried again");
	b = v4l2_buffers_stop(b);
}

static void test_stop(void)
{
	struct v4l2_buffers *b = begin();
	struct v4l2_taken one, two;

	(void) shoot(1, 0, SIZE);
	(void) v4l2_buffers_take(b, &one);
	(void) shoot(2, 0, SIZE);
	(void) v4l2_buffers_take(b, &two);
	card.gone = true;
	ok(v4l2_buffers_take(b, &(struct v4l2_taken){ 0 }) == -ENODEV, "unplugged");
	b = v4l2_buffers_stop(b);
	memset(card.pixels, 99, (size_t) MAX_BUFFERS * OFFSET);
	ok(one.frame->data[0][0] == 1 && two.frame->data[0][SIZE - 1] == 2,
		"frames that are out no longer hang on the card");
	(void) frame_unref(one.frame);
	(void) frame_unref(two.frame);
	ok(!card.used_after_close, "their release leaves the closed card alone");
}

/* NV16 with a block for luma and one for chroma, each beginning where the driver likes. */
static struct v4l2_buffers *begin_multiplanar(void)
{
	const uint32_t strides[FRAME_PLANES] = { WIDTH, WIDTH };
	struct v4l2_picture p = {
		.pixel = PIXEL_NV16, .width = WIDTH, .height = HEIGHT, .multiplanar = true
	};
	struct v4l2_buffers *b = NULL;
	const char *where;

	card.ndone = 0;
	card.sequence = 0;
	card.multiplanar = true;
	card.wrong_type = 0;
	card.gone = card.closed = card.used_after_close = false;
	for (int i = 0; i < 2; i++) {
		card.begin[i] = 128 * (uint32_t) i;
		card.used[i] = card.begin[i] + WIDTH * HEIGHT;
	}
	(void) v4l2_layout_split(p.pixel, p.width, p.height, strides, &p.layout);
	if (v4l2_buffers_start(&b, CARD_FD, &p, false, &where) < 0)
		return NULL;
	return b;
}

/* Writes where the card says that the planes are. */
static void paint(uint8_t luma, uint8_t chroma)
{
	for (uint32_t i = 0; i < card.n; i++) {
		uint8_t *at = card.pixels + (size_t) i * OFFSET;

		memset(at, 1, OFFSET);
		memset(at + card.begin[0], luma, (size_t) WIDTH * HEIGHT);
		memset(at + 2 * BLOCK + card.begin[1], chroma, (size_t) WIDTH * HEIGHT);
	}
}

static bool is_painted(const struct frame *f, uint8_t luma, uint8_t chroma)
{
	const size_t last = (size_t) WIDTH * HEIGHT - 1;

	return f && f->stride[0] == WIDTH && f->stride[1] == WIDTH && f->data[0][0] == luma &&
	       f->data[0][last] == luma && f->data[1][0] == chroma && f->data[1][last] == chroma;
}

static void test_multiplanar(void)
{
	struct v4l2_buffers *b = begin_multiplanar();
	struct frame *held[16];
	struct v4l2_taken t;
	bool good = true;
	int n = 0;

	ok(b && card.streaming && with_driver() == card.n, "multi-planar: starts");
	(void) shoot(0, 0, 0);
	paint(50, 60);
	ok(v4l2_buffers_take(b, &t) == 0 && is_painted(t.frame, 50, 60),
		"both planes are where the driver says");
	(void) frame_unref(t.frame);
	card.begin[0] = 64;
	card.used[0] = 64 + WIDTH * HEIGHT;
	(void) shoot(0, 0, 0);
	paint(51, 61);
	ok(v4l2_buffers_take(b, &t) == 0 && is_painted(t.frame, 51, 61), "also when that changes");
	(void) frame_unref(t.frame);
	card.used[1]--;
	(void) shoot(0, 0, 0);
	ok(v4l2_buffers_take(b, &t) == 0 && !t.frame && t.errors == 1, "a short plane is broken");
	card.used[1] = 10;
	(void) shoot(0, 0, 0);
	ok(v4l2_buffers_take(b, &t) == 0 && !t.frame && t.errors == 1,
		"one that ends before it begins, too");
	card.used[1] = card.begin[1] + 2 * BLOCK;
	(void) shoot(0, 0, 0);
	ok(v4l2_buffers_take(b, &t) == 0 && !t.frame && t.errors == 1, "or beyond its block");
	card.used[1] = card.begin[1] + WIDTH * HEIGHT;
	while (n < 16 && shoot(0, 0, 0)) {
		paint(52, 62);
		if (v4l2_buffers_take(b, &t) < 0 || !t.frame)
			break;
		held[n++] = t.frame;
		good &= is_painted(t.frame, 52, 62);
	}
	ok(good && n > (int) card.n, "copies have both planes: %d frames", n);
	b = v4l2_buffers_stop(b);
	memset(card.pixels, 99, (size_t) MAX_BUFFERS * OFFSET);
	for (int i = 0; i < n; i++)
		good &= is_painted(held[i], 52, 62);
	ok(good && card.closed, "frames that are out outlive the card");
	for (int i = 0; i < n; i++)
		(void) frame_unref(held[i]);
	ok(card.wrong_type == 0, "all calls were of its kind");
	card.multiplanar = false;
}

static void test_restart(void)
{
	struct v4l2_buffers *b = begin();
	struct v4l2_taken one, t;
	const char *where;

	(void) shoot(1, 0, SIZE);
	(void) shoot(2, 0, SIZE);
	(void) shoot(3, 0, SIZE);
	(void) v4l2_buffers_take(b, &one);
	ok(v4l2_buffers_restart(b, &where) == 0 && card.streaming, "restarted");
	ok(with_driver() == card.n - 1 && one.frame->data[0][SIZE - 1] == 2,
		"all but the frame that is out go to the driver, which stays as it is");
	ok(v4l2_buffers_take(b, &t) == 0 && !t.frame, "what waited is gone");
	card.sequence += 1000;
	(void) shoot(4, 0, SIZE);
	ok(takes(b, &t, 4) && t.dropped == 0, "pictures come, none is missed");
	(void) frame_unref(t.frame);
	(void) frame_unref(one.frame);
	ok(with_driver() == card.n, "and the old one goes to the driver when it is released");
	card.gone = true;
	ok(v4l2_buffers_restart(b, &where) == -ENODEV && where, "not without the card: %s", where);
	card.gone = false;
	b = v4l2_buffers_stop(b);
}

static void *release_later(void *userdata)
{
	struct frame **mailbox = userdata, *f;

	while ((f = __atomic_exchange_n(mailbox, NULL, __ATOMIC_ACQ_REL)) != (void *) -1)
		(void) frame_unref(f);
	return NULL;
}

static void test_threads(void)
{
	struct v4l2_buffers *b = begin();
	struct frame *mailbox = NULL, *f;
	struct v4l2_taken t;
	const char *where;
	pthread_t thread;
	bool good = true;

	pthread_create(&thread, NULL, release_later, &mailbox);
	for (int i = 0; i < 2000; i++) {
		good &= shoot((uint8_t) i, 0, SIZE);
		good &= v4l2_buffers_take(b, &t) == 0;
		if (!t.frame)
			continue;
		good &= t.frame->data[0][0] == (uint8_t) i;
		(void) frame_unref(__atomic_exchange_n(&mailbox, t.frame, __ATOMIC_ACQ_REL));
		if (i % 50 == 0)
			good &= v4l2_buffers_restart(b, &where) == 0;
	}
	b = v4l2_buffers_stop(b);
	f = __atomic_exchange_n(&mailbox, (void *) -1, __ATOMIC_ACQ_REL);
	(void) frame_unref(f);
	pthread_join(thread, NULL);
	ok(good && !card.used_after_close, "released by another thread");
}

int main(void)
{
	card.memory = memfd_create("card", MFD_CLOEXEC);
	if (card.memory < 0 || ftruncate(card.memory, (off_t) MAX_BUFFERS * OFFSET) < 0)
		return 1;
	card.pixels = mmap(NULL, (size_t) MAX_BUFFERS * OFFSET, PROT_READ | PROT_WRITE, MAP_SHARED,
		card.memory, 0);
	test_take();
	test_waiting();
	test_coded();
	test_many_out();
	test_stop();
	test_restart();
	test_threads();
	test_multiplanar();
	return tap_done();
}
