/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A card that encodes by itself, as a source: its H.264 is libx264's, of pictures that are known
 * again after they were decoded. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/source.h"
#include "capture/v4l2-codec.h"
#include "common/usec.h"
#include "media/packet.h"
#include "tests/tap.h"
#include "tests/unit/coded-units.h"
#include "tests/unit/folder.h"
#include "tests/unit/v4l2-card.h"

#define UNITS 16
#define SECOND_KEY 8
#define ROOM (UINT64_C(640) * 480 * 2 * 30)

static struct coded_units made;
static int wake, pipe_fd;

/* A card that has just these pictures ready, in order; of all else it has nothing. */
static struct source *begin(const struct card_unit *units, int n, const struct video_want *want)
{
	const struct video_want any = { .rate_num = 30, .rate_den = 1, .format_auto = true };
	struct source *s = NULL;

	card_reset(false, ROOM);
	card.h264 = card.no_raw = true;
	card.units = units;
	card.pictures = n;
	card.controls[0] = (struct card_control){ .id = V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME };
	if (source_v4l2_new(&s, CARD_NODE, want ? want : &any) < 0)
		abort();
	return s;
}

static void end(struct source *s)
{
	s->ops->close(s);
	source_free(s);
}

/* All that was made, as a card would give it. */
static void fill(struct card_unit units[static UNITS])
{
	for (int i = 0; i < UNITS; i++)
		units[i] = (struct card_unit){ made.list[i].data, made.list[i].size, 0, 0 };
}

/* What is there, and no more. */
static int read_now(struct source *s, struct frame **ret)
{
	*ret = NULL;
	return s->ops->read_video(s, wake, usec_now(), ret);
}

/* Until there is one. */
static int read_on(struct source *s, struct frame **ret)
{
	*ret = NULL;
	return s->ops->read_video(s, wake, usec_now() + 60 * USEC_PER_SEC, ret);
}

static bool is_picture(const struct frame *f, int i)
{
	return f && coded_luma_is(f, made.list[i].luma) && f->coded &&
	       f->coded->key == made.list[i].key;
}

static bool reads(struct source *s, int i)
{
	_cleanup_(frame_unrefp) struct frame *f = NULL;

	return read_on(s, &f) == 0 && is_picture(f, i);
}

static uint32_t with_card(void)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < card.n; i++)
		n += card.queued[i];
	return n;
}

static bool counted(const struct source *s, uint64_t frames, uint64_t dropped, uint64_t errors)
{
	const struct source_counters *c = &s->counters;

	printf("# %llu frames, %llu dropped, %llu lost, %llu errors\n",
		(unsigned long long) c->frames, (unsigned long long) c->dropped,
		(unsigned long long) c->lost, (unsigned long long) c->errors);
	return c->frames == frames && c->dropped == dropped && c->errors == errors;
}

static void test_whole(void)
{
	struct card_unit units[UNITS];
	struct source *s;
	struct frame *f, *held = NULL;
	uint64_t serial = 0, usec = 0;
	int good = 0;

	fill(units);
	s = begin(units, UNITS, NULL);
	ok(s->ops->open(s) == 0 && strcmp(s->info.format, "H264") == 0 && s->info.width == 640,
		"it opens: %s", s->reason);
	for (int i = 0; i < UNITS; i++) {
		if (read_now(s, &f) < 0)
			break;
		good += is_picture(f, i) && f->pixel == PIXEL_I420 && f->sequence == (uint32_t) i &&
			f->capture_usec > usec &&
			f->coded->serial == (i ? serial + 1 : f->coded->serial) &&
			with_card() + (uint32_t) card.pictures >= card.n &&
			card.pictures == UNITS - 1 - i;
		serial = f->coded ? f->coded->serial : 0;
		usec = f->capture_usec;
		(void) frame_unref(held);
		held = f;
	}
	ok(good == UNITS, "all that wait come, one after the other (%d)", good);
	ok(with_card() == card.n, "the card has its buffers, although a picture is out");
	ok(read_now(s, &f) == -EAGAIN && counted(s, UNITS, 0, 0) &&
			card_control(V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME)->sets == 0,
		"nothing was missed, and nothing asked for");
	end(s);
	ok(is_picture(held, UNITS - 1), "that picture outlives the card");
	(void) frame_unref(held);
}

/* From before a loss, over the pictures that are of no use, to the next IDR, in one call. */
static void try_loss(const char *what, struct card_unit *units, int n, int before, uint64_t dropped,
	uint64_t errors)
{
	struct source *s = begin(units, n, NULL);
	const struct card_control *key = card_control(V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME);
	uint64_t from;
	int good = 0;

	(void) s->ops->open(s);
	for (int i = 0; i < before; i++)
		good += reads(s, i);
	ok(good == before && key->sets == 0, "%s: %d pictures before it", what, before);
	from = usec_now();
	ok(reads(s, SECOND_KEY), "%s: the next one is an IDR", what);
	ok(key->sets >= 1 && key->sets <= 1 + (int) ((usec_now() - from) / 100000),
		"%s: which was asked for, not all the time (%d)", what, key->sets);
	good = 0;
	for (int i = SECOND_KEY + 1; i < UNITS; i++)
		good += reads(s, i);
	ok(good == UNITS - SECOND_KEY - 1, "%s: then all of them", what);
	ok(counted(s, (uint64_t) before + UNITS - SECOND_KEY, dropped, errors),
		"%s: what was lost by it is counted", what);
	end(s);
}

static void test_loss(void)
{
	static const uint8_t rubbish[300] = { 0, 0, 0, 1, 0x41, 0xff, 0x55 };
	struct card_unit units[UNITS];

	fill(units);
	units[3].flags = V4L2_BUF_FLAG_ERROR;
	try_loss("a broken buffer", units, UNITS, 3, 4, 1);

	fill(units);
	units[3].size = 0;
	try_loss("an empty buffer", units, UNITS, 3, 4, 1);

	fill(units);
	units[4].lost = 1;
	memmove(&units[3], &units[4], sizeof(*units) * (UNITS - 4));
	try_loss("a gap", units, UNITS - 1, 3, 1 + 4, 0);

	fill(units);
	units[3].data = rubbish;
	units[3].size = sizeof(rubbish);
	try_loss("rubbish", units, UNITS, 3, 4, 1);
}

/* Some cards give parameter sets in a buffer of their own, once or always. */
static struct card_unit part_of(const struct coded_unit *u, bool sets)
{
	return (struct card_unit){ .data = u->data + (sets ? 0 : u->picture),
		.size = sets ? u->picture : u->size - u->picture };
}

static void test_sets(void)
{
	struct card_unit units[UNITS + 2];
	struct source *s;
	int good = 0, n = 0;

	for (int i = 0; i < UNITS; i++) {
		if (made.list[i].key)
			units[n++] = part_of(&made.list[i], true);
		units[n++] = part_of(&made.list[i], false);
	}
	s = begin(units, n, NULL);
	(void) s->ops->open(s);
	for (int i = 0; i < UNITS; i++)
		good += reads(s, i);
	ok(n == UNITS + 2 && good == UNITS && counted(s, UNITS, 0, 0),
		"parameter sets by themselves (%d)", good);
	end(s);
}

/* A stream that never has an IDR keeps nobody from stopping. */
static void test_wait(void)
{
	const uint64_t one = 1;
	struct card_unit units[UNITS];
	struct source *s;
	struct frame *f;
	uint64_t got;
	int r;

	fill(units);
	s = begin(&units[1], 7, NULL);
	(void) s->ops->open(s);
	r = read_now(s, &f);
	ok(r == -EAGAIN && card.pictures >= 5, "the time is kept (%d are left)", card.pictures);
	(void) !write(wake, &one, sizeof(one));
	r = s->ops->read_video(s, wake, USEC_INFINITY, &f);
	ok(r == -EAGAIN && card.pictures >= 3, "so is a wake-up (%d are left)", card.pictures);
	(void) !read(wake, &got, sizeof(got));
	while (card.pictures > 0)
		(void) read_now(s, &f);
	ok(counted(s, 0, 7, 0) && card_control(V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME)->sets > 0,
		"an IDR is asked for at the beginning, too");
	end(s);
}

static void test_restart(void)
{
	struct card_unit units[UNITS];
	struct source *s;
	struct frame *f;
	int vain = 0;

	fill(units);
	s = begin(units, UNITS, NULL);
	(void) s->ops->open(s);
	ok(reads(s, 0) && reads(s, 1), "it runs");
	ok(s->ops->restart(s) == 0, "it is restarted");
	while (card.pictures > UNITS - SECOND_KEY)
		vain += read_now(s, &f) == -EAGAIN;
	ok(vain > 0 && reads(s, SECOND_KEY), "and begins with an IDR");
	s->ops->close(s);
	card.units = &units[2];
	card.pictures = UNITS - 2;
	ok(s->ops->open(s) == 0 && reads(s, SECOND_KEY), "so it does when it is opened anew");
	card.broken = true;
	ok(read_now(s, &f) == -EIO, "it breaks: %s", s->reason);
	end(s);
}

static void test_key(void)
{
	struct card_control *key;
	struct source *s = begin(NULL, 0, NULL);

	s->ops->want_key(s);
	ok(card.set_calls == 0, "of a closed one nothing is asked");
	(void) s->ops->open(s);
	key = card_control(V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME);
	s->ops->want_key(s);
	s->ops->want_key(s);
	ok(key->sets == 2, "who wants an IDR gets it");
	card.no_ext_controls = true;
	s->ops->want_key(s);
	ok(key->sets == 3, "of an old driver, too");
	key->refuse = EBUSY;
	s->ops->want_key(s);
	ok(key->sets == 3, "or not");
	s->ops->close(s);
	key->id = 0;
	(void) s->ops->open(s);
	card.set_calls = 0;
	s->ops->want_key(s);
	ok(card.set_calls == 0, "one that cannot is not asked");
	end(s);
}

static const struct card_control encoder[] = {
	{ .id = V4L2_CID_MPEG_VIDEO_B_FRAMES, .name = "Video B Frames", .maximum = 3, .value = 2 },
	{ .id = V4L2_CID_MPEG_VIDEO_REPEAT_SEQ_HEADER, .name = "Repeat Header", .maximum = 1 },
	{ .id = V4L2_CID_MPEG_VIDEO_GOP_SIZE,
		.name = "Video GOP Size",
		.minimum = 1,
		.maximum = 60,
		.value = 30 },
	{ .id = V4L2_CID_MPEG_VIDEO_H264_I_PERIOD,
		.name = "I Period",
		.maximum = 1000,
		.value = 30 },
	{ .id = V4L2_CID_MPEG_VIDEO_BITRATE_MODE, .name = "Bitrate Mode", .maximum = 1 },
	{ .id = V4L2_CID_MPEG_VIDEO_BITRATE,
		.name = "Bitrate",
		.minimum = 25000,
		.maximum = 10000000,
		.step = 25000,
		.value = 500000 },
};

static struct source *begin_encoder(const struct video_want *want)
{
	struct source *s = begin(NULL, 0, want);

	memcpy(&card.controls[1], encoder, sizeof(encoder));
	return s;
}

static int64_t value(uint32_t id)
{
	return card_control(id)->value;
}

static void test_controls(void)
{
	struct video_want want = { .format_auto = true };
	struct source *s = begin_encoder(&want);

	ok(s->ops->open(s) == 0 && value(V4L2_CID_MPEG_VIDEO_B_FRAMES) == 0 &&
			value(V4L2_CID_MPEG_VIDEO_REPEAT_SEQ_HEADER) == 1,
		"set up for a live stream");
	ok(value(V4L2_CID_MPEG_VIDEO_GOP_SIZE) == 30 &&
			value(V4L2_CID_MPEG_VIDEO_BITRATE) == 500000,
		"what nobody wants is left");
	end(s);

	want.gop = 90;
	want.bitrate = 4010000;
	s = begin_encoder(&want);
	ok(s->ops->open(s) == 0 && value(V4L2_CID_MPEG_VIDEO_GOP_SIZE) == 60 &&
			value(V4L2_CID_MPEG_VIDEO_H264_I_PERIOD) == 30,
		"as near as it can");
	ok(value(V4L2_CID_MPEG_VIDEO_BITRATE) == 4000000 &&
			value(V4L2_CID_MPEG_VIDEO_BITRATE_MODE) == V4L2_MPEG_VIDEO_BITRATE_MODE_CBR,
		"on its steps, and constant");
	end(s);

	want.bitrate = INT64_C(1) << 40;
	s = begin_encoder(&want);
	card_control(V4L2_CID_MPEG_VIDEO_GOP_SIZE)->id = V4L2_CID_BRIGHTNESS;
	card_control(V4L2_CID_MPEG_VIDEO_B_FRAMES)->refuse = EBUSY;
	ok(s->ops->open(s) == 0 && s->warning[0] == '\0' &&
			value(V4L2_CID_MPEG_VIDEO_H264_I_PERIOD) == 90 &&
			value(V4L2_CID_MPEG_VIDEO_BITRATE) == 10000000,
		"by another name, at its limit; what fails is left alone");
	end(s);

	want.controls = "video_gop_size=12 nonsense=1";
	want.bitrate = 0;
	s = begin_encoder(&want);
	ok(s->ops->open(s) == 0 && value(V4L2_CID_MPEG_VIDEO_GOP_SIZE) == 12,
		"people have the last word");
	ok(strstr(s->warning, "no control nonsense"), "and are told: %s", s->warning);
	end(s);

	/* Of what does not encode nothing is set. */
	want.controls = NULL;
	s = begin_encoder(&want);
	card.no_raw = false;
	ok(s->ops->open(s) == 0 && strcmp(s->info.format, "YUYV") == 0 && card.set_calls == 0,
		"raw pictures come first, and are no matter for the encoder");
	s->ops->want_key(s);
	ok(card.set_calls == 0, "nor for who wants an IDR");
	end(s);

	want.format_auto = false;
	want.format = PIXEL_H264;
	s = begin_encoder(&want);
	card.no_raw = false;
	ok(s->ops->open(s) == 0 && strcmp(s->info.format, "H264") == 0, "unless it is asked for");
	end(s);
}

int main(void)
{
	const char byte = 0;

	if (!coded_units_make(&made, UNITS, 1 | 1 << SECOND_KEY, 0)) {
		ok(false, "no libx264");
		return tap_done();
	}
	wake = eventfd(0, EFD_CLOEXEC);
	enter_folder();
	if (mkfifo(CARD_NODE, 0600) < 0)
		return 1;
	/* For poll(2) there is always a picture. */
	pipe_fd = open(CARD_NODE, O_RDWR | O_CLOEXEC);
	if (pipe_fd < 0 || write(pipe_fd, &byte, 1) != 1)
		return 1;
	test_whole();
	test_loss();
	test_sets();
	test_wait();
	test_restart();
	test_key();
	test_controls();
	close(pipe_fd);
	close(wake);
	leave_folder();
	coded_units_free(&made);
	return tap_done();
}
