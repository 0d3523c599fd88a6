/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/fake-encoder.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/usec.h"
#include "media/encoder-kind.h"
#include "media/encoder-private.h"
#include "streamer/encoder-devices.h"

const char *const *fake_order;
int fake_life = 20;
atomic_int fake_opened, fake_closed;
atomic_bool fake_missing, fake_probing;
void (*fake_freezing)(void);

struct fake {
	struct encoder base;
	const struct encoder_kind *kind;
	struct encoder *real;
	struct packet *held[2]; /* of "late" */
	int pictures;
};

static bool is(const struct fake *f, const char *what)
{
	return strcmp(f->kind->name, what) == 0;
}

static int misbehave(const char *name, char *why, size_t size)
{
	bool gone = strcmp(name, "gone") == 0 && !atomic_load(&fake_probing);

	if (strcmp(name, "hangs") == 0)
		for (;;)
			(void) pause();
	if (strcmp(name, "crashes") == 0)
		abort(); /* sanitizers have handlers for other signals */
	if (!gone && strcmp(name, "broken") != 0)
		return 0;
	snprintf(why, size, "fake is %s", name);
	return -EIO;
}

static int fake_open(struct encoder **ret, const struct encoder_kind *kind,
	const struct encoder_settings *s, char *why, size_t size)
{
	struct encoder_settings settings = *s;
	struct fake *f;
	int r = misbehave(kind->name, why, size);

	if (r < 0)
		return r;
	f = calloc(1, sizeof(*f));
	f->kind = kind;
	settings.codec = "libx264";
	settings.preset = "ultrafast";
	r = encoder_new(&f->real, &settings, why, size);
	if (r < 0) {
		free(f);
		return r;
	}
	atomic_fetch_add(&fake_opened, 1);
	*ret = &f->base;
	return 0;
}

static int fake_parameters(const struct encoder *e, struct AVCodecParameters **ret)
{
	return encoder_parameters(((const struct fake *) e)->real, ret);
}

static void fake_set_bitrate(struct encoder *e, int64_t bitrate)
{
	encoder_set_bitrate(((struct fake *) e)->real, bitrate);
}

/* The first of them that waits. */
static int fake_take(struct encoder *e, struct packet **ret)
{
	(void) e;
	*ret = NULL;
	return 0;
}

static void hold(struct fake *f, struct packet **p)
{
	struct packet *first = f->held[0];

	f->held[0] = f->held[1];
	f->held[1] = *p;
	*p = first;
}

/* The frame is the caller's to look at: another one takes its place. */
static int encode_dark(
	struct fake *f, const struct frame *frame, int64_t pts, bool key, struct packet **ret)
{
	_cleanup_(frame_pool_unrefp) struct frame_pool *pool = NULL;
	_cleanup_(frame_unrefp) struct frame *black = NULL;

	if (frame_pool_new(&pool, PIXEL_I420, frame->width, frame->height, 1) < 0)
		return -ENOMEM;
	black = frame_pool_get(pool);
	for (int i = 0; i < 3; i++)
		memset((uint8_t *) black->data[i], i ? 128 : 16,
			(size_t) black->stride[i] *
				(size_t) (i ? black->height / 2 : black->height));
	return encoder_encode(f->real, black, pts, key, ret);
}

static int fake_encode(
	struct encoder *e, struct frame *frame, int64_t pts, bool key, struct packet **ret)
{
	const struct timespec long_time = { .tv_nsec = 45 * 1000 * 1000 };
	struct fake *f = (struct fake *) e;
	int r;

	if (is(f, "stillborn") || (is(f, "dies") && f->pictures >= fake_life))
		return -EIO;
	if (is(f, "freezes") && f->pictures >= fake_life && !atomic_load(&fake_probing)) {
		if (fake_freezing)
			fake_freezing();
		for (;;)
			(void) pause();
	}
	f->pictures++;
	/* The work it has: no one waits here for something to happen. */
	if (is(f, "slow") && !atomic_load(&fake_probing))
		(void) nanosleep(&long_time, NULL);
	if (is(f, "dark"))
		return encode_dark(f, frame, pts, key, ret);
	r = encoder_encode(f->real, frame, pts, key, ret);
	if (r == 0 && is(f, "late"))
		hold(f, ret);
	if (r == 0 && is(f, "mute"))
		*ret = packet_unref(*ret);
	return r;
}

static void fake_free(struct encoder *e)
{
	struct fake *f = (struct fake *) e;

	encoder_free(f->real);
	packet_unref(f->held[0]);
	packet_unref(f->held[1]);
	free(f);
	atomic_fetch_add(&fake_closed, 1);
}

static const struct encoder_ops fake_ops = {
	.open = fake_open,
	.parameters = fake_parameters,
	.set_bitrate = fake_set_bitrate,
	.encode = fake_encode,
	.take = fake_take,
	.free = fake_free,
};

/* ---- libavcodec's own, asked to be as awkward as hardware ---- */

static int x264_open(struct encoder **ret, const struct encoder_kind *kind,
	const struct encoder_settings *s, char *why, size_t size)
{
	struct encoder_kind real = *kind;
	static struct encoder_kind kept[16];
	static int n;
	int i = n++ % 16;

	/* It keeps the kind, whose name libavcodec must know. */
	real.name = "libx264";
	kept[i] = real;
	return encoder_av_ops.open(ret, &kept[i], s, why, size);
}

#define X264_PARAMS(more)                                                                   \
	.params_key = "x264-params", .live_bitrate = true,                                  \
	.options = (const char *const[]){ "preset", "superfast", "forced-idr", "1", NULL }, \
	.params = "force-cfr=1:filler=1:sync-lookahead=0:bframes=0:scenecut=0:" more

static const struct encoder_traits nv12 = { X264_PARAMS("repeat-headers=1:rc-lookahead=0:mbtree=0"),
	.nv12 = true };
static const struct encoder_traits inband = {
	X264_PARAMS("repeat-headers=1:rc-lookahead=0:mbtree=0"), .inband = true
};
static const struct encoder_traits headless = { X264_PARAMS(
	"repeat-headers=0:rc-lookahead=0:mbtree=0") };
static const struct encoder_traits delayed = {
	X264_PARAMS("repeat-headers=1:rc-lookahead=2:mbtree=1"), .inband = true
};
static const struct encoder_traits stiff = {
	.params_key = "x264-params",
	.params = "force-cfr=1:filler=1:sync-lookahead=0:bframes=0:scenecut=0:repeat-headers=1:"
		  "rc-lookahead=0:mbtree=0",
	.options = (const char *const[]){ "preset", "superfast", "forced-idr", "1", NULL },
};

static const struct encoder_ops *x264_ops(void)
{
	static struct encoder_ops ops;

	ops = encoder_av_ops;
	ops.open = x264_open;
	return &ops;
}

/* ---- what there is ---- */

static struct encoder_kind kinds[] = {
	{ "good", ENCODER_H264, ENCODER_DEVICE_DRI, &fake_ops, NULL },
	{ "broken", ENCODER_H264, ENCODER_DEVICE_DRI, &fake_ops, NULL },
	{ "hangs", ENCODER_H264, ENCODER_DEVICE_DRI, &fake_ops, NULL },
	{ "crashes", ENCODER_H264, ENCODER_DEVICE_DRI, &fake_ops, NULL },
	{ "dark", ENCODER_H264, ENCODER_DEVICE_DRI, &fake_ops, NULL },
	{ "dies", ENCODER_H264, ENCODER_DEVICE_DRI, &fake_ops, NULL },
	{ "freezes", ENCODER_H264, ENCODER_DEVICE_DRI, &fake_ops, NULL },
	{ "stillborn", ENCODER_H264, ENCODER_DEVICE_DRI, &fake_ops, NULL },
	{ "gone", ENCODER_H264, ENCODER_DEVICE_DRI, &fake_ops, NULL },
	{ "slow", ENCODER_H264, ENCODER_DEVICE_DRI, &fake_ops, NULL },
	{ "late", ENCODER_H264, ENCODER_DEVICE_DRI, &fake_ops, NULL },
	{ "mute", ENCODER_H264, ENCODER_DEVICE_DRI, &fake_ops, NULL },
	{ "nv12", ENCODER_H264, ENCODER_DEVICE_DRI, NULL, &nv12 },
	{ "inband", ENCODER_H264, ENCODER_DEVICE_DRI, NULL, &inband },
	{ "headless", ENCODER_H264, ENCODER_DEVICE_DRI, NULL, &headless },
	{ "delayed", ENCODER_H264, ENCODER_DEVICE_DRI, NULL, &delayed },
	{ "stiff", ENCODER_H264, ENCODER_DEVICE_DRI, NULL, &stiff },
};

const struct encoder_kind *__real_encoder_kind_find(const char *name);
const struct encoder_kind *__wrap_encoder_kind_find(const char *name);
const struct encoder_kind *__wrap_encoder_kind_at(enum encoder_family family, size_t i);
int __wrap_encoder_devices_find(const char *dev, const char *sys, enum encoder_device device,
	uint64_t *ret, char *why, size_t why_size);

/* Before main(): threads only read it. */
__attribute__((constructor)) static void fill_in(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!kinds[i].ops)
			kinds[i].ops = x264_ops();
}

const struct encoder_kind *__wrap_encoder_kind_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return __real_encoder_kind_find(name);
}

const struct encoder_kind *__wrap_encoder_kind_at(enum encoder_family family, size_t i)
{
	size_t n = 0;

	(void) family;
	while (fake_order && fake_order[n])
		n++;
	if (i > n)
		return NULL;
	return __wrap_encoder_kind_find(i < n ? fake_order[i] : "libx264");
}

int __wrap_encoder_devices_find(const char *dev, const char *sys, enum encoder_device device,
	uint64_t *ret, char *why, size_t why_size)
{
	(void) dev, (void) sys, (void) device;
	if (atomic_load(&fake_missing)) {
		snprintf(why, why_size, "no fake");
		return -ENOENT;
	}
	*ret = 1;
	return 0;
}
