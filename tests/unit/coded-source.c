/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/coded-source.h"

#include <libavcodec/packet.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/fnv.h"
#include "common/usec.h"
#include "media/encoder.h"
#include "media/packet.h"

#define KNOWN_MAX 4096

struct coded_source coded_source;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t known[KNOWN_MAX];
static int n_known;

struct endless {
	struct source source;
	struct frame_pool *pool;
	struct encoder *encoder;
	int64_t pts;
	uint64_t serial;
	bool key;
};

static struct encoder *encoder_of(int rate)
{
	const struct encoder_settings s = { .codec = "libx264",
		.preset = "ultrafast",
		.tune = "zerolatency",
		.profile = "main",
		.bitrate = 500000,
		.gop = MAX(atomic_load(&coded_source.gop), 1),
		.threads = 1,
		.width = CODED_WIDTH,
		.height = CODED_HEIGHT,
		.rate_num = rate,
		.rate_den = 1 };
	struct encoder *e = NULL;
	char why[160];

	if (encoder_new(&e, &s, why, sizeof(why)) < 0)
		abort();
	return e;
}

static int source_open(struct source *s)
{
	struct endless *e = (struct endless *) s;

	if (atomic_load(&coded_source.absent))
		return source_fail(s, -ENODEV, "no source");
	s->info = (struct source_info){ .format = "H264",
		.width = CODED_WIDTH,
		.height = CODED_HEIGHT,
		.rate_num = 30,
		.rate_den = 1,
		.device = "coded" };
	e->encoder = encoder_of(30);
	return frame_pool_new(&e->pool, PIXEL_I420, CODED_WIDTH, CODED_HEIGHT, 8);
}

static void remember(const void *data, size_t size)
{
	pthread_mutex_lock(&lock);
	if (n_known < KNOWN_MAX)
		known[n_known++] = fnv64(FNV64_BEGIN, data, size);
	pthread_mutex_unlock(&lock);
}

int coded_source_knows(const void *data, size_t size)
{
	uint64_t hash = fnv64(FNV64_BEGIN, data, size);
	int which = 0;

	pthread_mutex_lock(&lock);
	for (int i = n_known; i > 0 && !which; i--)
		if (known[i - 1] == hash)
			which = i;
	pthread_mutex_unlock(&lock);
	return which;
}

static void draw(struct endless *e, struct frame *f)
{
	for (int y = 0; y < f->height; y++)
		memset((uint8_t *) f->data[0] + (ptrdiff_t) y * f->stride[0],
			40 + (int) ((e->pts / 1000 + y) % 150), (size_t) f->width);
	/* No two packets are alike. */
	for (int x = 0; x < 64; x++)
		((uint8_t *) f->data[0])[x] = e->pts / 33333 >> x / 4 & 1 ? 200 : 50;
	for (int i = 1; i < 3; i++)
		memset((uint8_t *) f->data[i], 128, (size_t) f->stride[i] * (size_t) f->height / 2);
}

static void release_jpeg(struct frame *f)
{
	free((void *) f->data[0]);
	free(f);
}

/* What only looks like one to who does not decode it. */
static struct frame *jpeg(struct endless *e)
{
	struct frame *f = calloc(1, sizeof(*f));
	uint8_t *data = calloc(1, 64);

	if (!f || !data)
		abort();
	memcpy(data, &e->pts, sizeof(e->pts));
	*f = (struct frame){ .pixel = PIXEL_MJPEG,
		.width = CODED_WIDTH,
		.height = CODED_HEIGHT,
		.size = 64,
		.release = release_jpeg };
	f->data[0] = data;
	atomic_init(&f->refs, 1);
	remember(data, 64);
	return f;
}

static void encode(struct endless *e, struct frame *f)
{
	struct packet *p = NULL;

	if (atomic_load(&coded_source.other) && e->key) {
		encoder_free(e->encoder);
		e->encoder = encoder_of(25);
		atomic_store(&coded_source.other, false);
	}
	if (encoder_encode(e->encoder, f, e->pts, e->key, &p) < 0 || !p)
		abort();
	e->key = false;
	p->serial = ++e->serial;
	if (atomic_load(&coded_source.bare)) {
		packet_unref(p);
		return;
	}
	remember(p->av->data, p->size);
	f->coded = p;
}

static struct frame *yield(struct endless *e)
{
	struct frame *f;

	e->pts += 33333;
	if (atomic_load(&coded_source.jpeg)) {
		f = jpeg(e);
	} else {
		f = frame_pool_get(e->pool);
		if (!f)
			return NULL;
		draw(e, f);
		encode(e, f);
	}
	f->capture_usec = f->dequeue_usec = usec_now();
	return f;
}

static int source_read(struct source *s, int wake_fd, uint64_t until, struct frame **ret)
{
	struct pollfd p = { .fd = wake_fd, .events = POLLIN };
	struct endless *e = (struct endless *) s;
	uint64_t now = usec_now();

	if (atomic_load(&coded_source.absent))
		return source_fail(s, -ENODEV, "the source was pulled");
	if (atomic_load(&coded_source.silent)) {
		(void) poll(&p, 1, until > now ? (int) MIN((until - now) / 1000 + 1, 33) : 0);
		return -EAGAIN;
	}
	if (poll(&p, 1, 33) > 0)
		return -EAGAIN;
	*ret = yield(e);
	if (!*ret)
		return -EAGAIN;
	if (atomic_load(&coded_source.lose) > 0 ||
		(atomic_load(&coded_source.lossy) && e->serial % 10 == 9)) {
		if (atomic_load(&coded_source.lose) > 0)
			atomic_fetch_sub(&coded_source.lose, 1);
		*ret = frame_unref(*ret);
		return -EAGAIN;
	}
	s->counters.frames++;
	atomic_fetch_add(&coded_source.yielded, 1);
	return 0;
}

static void source_want_key(struct source *s)
{
	struct endless *e = (struct endless *) s;

	atomic_fetch_add(&coded_source.asked, 1);
	if (!atomic_load(&coded_source.deaf))
		e->key = true;
}

static void source_close(struct source *s)
{
	struct endless *e = (struct endless *) s;

	e->pool = frame_pool_unref(e->pool);
	e->encoder = encoder_free(e->encoder);
	e->serial++;
}

static void source_done(struct source *s)
{
	free(s);
}

static const struct source_ops ops = {
	.name = "coded",
	.open = source_open,
	.read_video = source_read,
	.want_key = source_want_key,
	.close = source_close,
	.free = source_done,
};

struct source *coded_source_new(void)
{
	struct endless *e = calloc(1, sizeof(*e));

	if (!e)
		abort();
	e->source.ops = &ops;
	pthread_mutex_lock(&lock);
	n_known = 0;
	pthread_mutex_unlock(&lock);
	return &e->source;
}
