/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/fake-card.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/usec.h"

struct fake_card card = { .width = 320, .height = 180 };

struct fake {
	struct source source;
	struct frame_pool *pool;
};

static int fake_open(struct source *s)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	struct fake *f = (struct fake *) s;

	while (atomic_load(&card.opening))
		(void) nanosleep(&moment, NULL);
	s->signal = (enum signal) atomic_load(&card.signal);
	if (atomic_load(&card.absent))
		return source_fail(s, -ENODEV, "no device fake");
	snprintf(s->info.format, sizeof(s->info.format), "YU12");
	snprintf(s->info.device, sizeof(s->info.device), "fake");
	s->info.width = atomic_load(&card.width);
	s->info.height = atomic_load(&card.height);
	s->info.rate_num = 30;
	s->info.rate_den = 1;
	snprintf(s->info.compromise, sizeof(s->info.compromise), "%s",
		atomic_load(&card.squeezed) ? "less" : "");
	return frame_pool_new(&f->pool, PIXEL_I420, s->info.width, s->info.height, 8);
}

static void free_frame(struct frame *f)
{
	free(f);
}

static struct frame *jpeg_frame(const uint8_t *data, size_t size, int width, int height)
{
	struct frame *f = calloc(1, sizeof(*f));

	f->pixel = PIXEL_MJPEG;
	f->width = width;
	f->height = height;
	f->data[0] = data;
	f->size = size;
	f->capture_usec = f->dequeue_usec = usec_now();
	f->release = free_frame;
	atomic_init(&f->refs, 1);
	return f;
}

/* A JPEG that is none behind its first two bytes. */
static struct frame *broken_frame(void)
{
	static const uint8_t rubbish[64] = { 0xff, 0xd8, 0x12, 0x34, [62] = 0xff, [63] = 0xd9 };

	return jpeg_frame(rubbish, sizeof(rubbish), 320, 180);
}

static int fake_read(struct source *s, int wake_fd, uint64_t until, struct frame **ret)
{
	struct fake *f = (struct fake *) s;
	struct pollfd p = { .fd = wake_fd, .events = POLLIN };
	uint64_t now = usec_now();
	bool stuck = atomic_load(&card.stuck);

	s->signal = (enum signal) atomic_load(&card.signal);
	if (atomic_load(&card.ends))
		return -ENODATA;
	if (atomic_exchange(&card.stale, false))
		return source_fail(s, -ESTALE, "another signal");
	if (poll(&p, 1, stuck ? (int) ((until - now) / 1000) : 33) > 0 || stuck)
		return -EAGAIN;
	if (atomic_load(&card.absent))
		return source_fail(s, -ENODEV, "fake was pulled out");
	if (atomic_load(&card.faulty))
		return source_fail(s, -EIO, "fake is broken");
	if (atomic_load(&card.broken)) {
		*ret = broken_frame();
		return 0;
	}
	if (atomic_load(&card.jpeg)) {
		*ret = jpeg_frame((const uint8_t *) card.data, card.size, JPEG_WIDTH, JPEG_HEIGHT);
		return 0;
	}
	*ret = frame_pool_get(f->pool);
	if (!*ret)
		return -EAGAIN;
	memset((uint8_t *) (*ret)->data[0], (int) (s->counters.frames & 127) + 16,
		(size_t) (*ret)->stride[0] * (size_t) (*ret)->height);
	(*ret)->capture_usec = (*ret)->dequeue_usec = usec_now();
	s->counters.frames++;
	return 0;
}

static int fake_restart(struct source *s)
{
	atomic_fetch_add(&card.restarts, 1);
	if (atomic_load(&card.stubborn))
		return source_fail(s, -EIO, "fake does not restart");
	atomic_store(&card.faulty, false);
	return 0;
}

static int fake_reset(struct source *s, int wake_fd)
{
	int r = atomic_load(&card.reset_result);

	(void) wake_fd;
	atomic_fetch_add(&card.resets, 1);
	if (r < 0)
		return source_fail(s, r, "fake does not reset");
	atomic_store(&card.faulty, false);
	return 0;
}

static void fake_close(struct source *s)
{
	struct fake *f = (struct fake *) s;

	f->pool = frame_pool_unref(f->pool);
	atomic_fetch_add(&card.closes, 1);
}

static void fake_free(struct source *s)
{
	free(s);
}

static const struct source_ops fake_ops = {
	.name = "fake",
	.open = fake_open,
	.read_video = fake_read,
	.restart = fake_restart,
	.reset = fake_reset,
	.close = fake_close,
	.free = fake_free,
};

struct source *fake_card_new(void)
{
	struct fake *f = calloc(1, sizeof(*f));

	f->source.ops = &fake_ops;
	return &f->source;
}
