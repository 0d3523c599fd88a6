/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libx265 as it is told to be: no delay, keyframes where they are wanted, a bitrate that changes
 * within the stream. And what becomes of the parameter sets of hardware that leaves them out. */
#include <libavcodec/avcodec.h>
#include <string.h>

#include "media/annexb.h"
#include "media/encoder-sets.h"
#include "media/encoder.h"
#include "tests/tap.h"
#include "tests/unit/encoder-run.h"

#define WIDTH 320
#define HEIGHT 180 /* no multiple of what it cuts a picture into */
#define PERIOD 33333

/* What there is in a packet. */
#define HAS_KEY 1U
#define HAS_OTHER 2U
#define HAS_VPS 4U
#define HAS_SPS 8U
#define HAS_PPS 16U
#define HAS_SETS (HAS_VPS | HAS_SPS | HAS_PPS)

static const struct encoder_settings plain = { .codec = "libx265",
	.preset = "superfast", /* x264's, not looked at */
	.tune = "zerolatency",
	.profile = "high",
	.bitrate = 400000,
	.gop = 10,
	.threads = 1,
	.width = WIDTH,
	.height = HEIGHT,
	.rate_num = 30,
	.rate_den = 1 };

static unsigned parts(const uint8_t *data, size_t size)
{
	const uint8_t *p = data;
	struct annexb_unit u;
	unsigned has = 0;

	while (annexb_next(&p, data + size, &u)) {
		unsigned type = annexb_hevc_type(&u);

		if (type >= 32 && type <= 34)
			has |= HAS_VPS << (type - 32);
		else if (type < 32)
			has |= type >= 16 && type <= 23 ? HAS_KEY : HAS_OTHER;
	}
	return has;
}

/* One picture in, one packet out. */
static bool step(struct run *r, bool key)
{
	_cleanup_(frame_unrefp) struct frame *f = run_draw(r);
	int64_t pts = (int64_t) r->pictures * PERIOD;

	r->packet = packet_unref(r->packet);
	if (encoder_encode(r->encoder, f, pts, key, &r->packet) < 0 || !r->packet ||
		atomic_load(&f->refs) != 1)
		return false;
	r->pictures++;
	r->bytes += (int64_t) r->packet->size;
	run_decode(r);
	return r->packet->pts_usec == pts && r->packet->dts_usec == pts &&
	       r->packet->track == TRACK_VIDEO;
}

static void test_stream(int threads)
{
	struct encoder_settings s = plain;
	bool out = true, keys = true;
	struct run r;

	s.threads = threads;
	run_begin(&r, &s);
	for (int i = 0; r.encoder && i < 45; i++) {
		/* A GOP counts from the keyframe that was asked for, too. */
		bool due = i == 0 || i == 10 || i == 20 || i == 23 || i == 24 || i == 34 || i == 44;

		out = step(&r, i == 23 || i == 24) && out;
		keys = keys && r.packet && r.packet->key == due &&
		       parts(r.packet->av->data, r.packet->size) ==
			       (due ? HAS_SETS | HAS_KEY : HAS_OTHER);
		if (!keys)
			printf("# picture %d\n", i);
	}
	ok(out && r.pictures == 45, "%d threads: one in, one out (%d)", threads, r.pictures);
	ok(keys, "… keyframes with all sets each GOP and where asked for, and nowhere else");
	(void) avcodec_send_packet(r.decoder, NULL);
	for (AVFrame *f = av_frame_alloc(); f; av_frame_free(&f))
		while (avcodec_receive_frame(r.decoder, f) == 0)
			r.decoded++;
	ok(r.decoded == 45 && r.errors == 0, "… all decoded (%d, %d errors)", r.decoded, r.errors);
	run_end(&r);
}

static void test_parameters(void)
{
	struct AVCodecParameters *p = NULL;
	struct run r;

	run_begin(&r, &plain);
	ok(encoder_parameters(r.encoder, &p) == 0 && p->codec_id == AV_CODEC_ID_HEVC &&
			p->width == WIDTH && p->height == HEIGHT,
		"parameters tell codec and size");
	ok(p && parts(p->extradata, (size_t) p->extradata_size) == HAS_SETS, "… and have the sets");
	for (int i = 0; i < 3; i++)
		(void) step(&r, false);
	ok(r.decoder->profile == FF_PROFILE_HEVC_MAIN && r.decoder->pix_fmt == AV_PIX_FMT_YUV420P &&
			r.decoder->colorspace == AVCOL_SPC_SMPTE170M &&
			r.decoder->color_range == AVCOL_RANGE_MPEG && r.decoder->has_b_frames == 0,
		"the stream tells Main, BT.601, limited range, no reordering");
	avcodec_parameters_free(&p);
	run_end(&r);
}

static int64_t bytes_of(struct run *r, int pictures)
{
	int64_t before = r->bytes;

	for (int i = 0; i < pictures; i++)
		(void) step(r, false);
	return r->bytes - before;
}

/* It cannot be told another one, so it is opened anew. */
static void test_bitrate(void)
{
	struct encoder_settings s = plain;
	int64_t before, after;
	struct run r;

	s.gop = 600;
	run_begin(&r, &s);
	(void) bytes_of(&r, 60);
	before = bytes_of(&r, 60);
	encoder_set_bitrate(r.encoder, 100000);
	after = bytes_of(&r, 60);
	after = bytes_of(&r, 60);
	ok(before < 400000 / 8 * 2 * 5 / 4, "the bitrate is kept (%d kbit/s)",
		(int) (before * 8 / 2000));
	ok(after < before / 2, "… and another one (%d kbit/s)", (int) (after * 8 / 2000));
	ok(r.pictures == 240 && r.errors == 0, "… in one stream");
	run_end(&r);
}

static bool is(struct encoder_head h, bool sets, bool picture, bool key)
{
	return h.sets == sets && h.picture == picture && h.key == key;
}

/* Hardware that gives the sets in its parameters only, made of what libx265 gives. */
static void test_sets(void)
{
	struct encoder_sets sets = { .hevc = true };
	struct AVCodecParameters *p = NULL;
	AVPacket *av = av_packet_alloc();
	const uint8_t *at, *stop;
	struct annexb_unit u = { 0 };
	struct run r;

	run_begin(&r, &plain);
	(void) encoder_parameters(r.encoder, &p);
	(void) step(&r, true);
	ok(is(encoder_sets_look(&sets, r.packet->av->data, r.packet->size), true, true, true),
		"a keyframe with its sets");
	at = r.packet->av->data;
	stop = at + r.packet->size;
	while (annexb_next(&at, stop, &u) && u.data[0] >> 1 > 31)
		;
	if (av_new_packet(av, (int) (stop - u.data) + 3) < 0)
		abort();
	memcpy(av->data, "\0\0\1", 3);
	memcpy(av->data + 3, u.data, (size_t) (stop - u.data));
	ok(is(encoder_sets_look(&sets, av->data, (size_t) av->size), false, true, true),
		"one without");
	ok(encoder_sets_prepend(&sets, av) == -ENODATA, "… for which there are none yet");
	encoder_sets_keep(&sets, p->extradata, (size_t) p->extradata_size);
	ok(sets.size > 0 && encoder_sets_prepend(&sets, av) == 0 &&
			parts(av->data, (size_t) av->size) == (HAS_SETS | HAS_KEY),
		"… and gets them");
	(void) step(&r, false);
	ok(is(encoder_sets_look(&sets, r.packet->av->data, r.packet->size), false, true, false),
		"another picture");
	av_packet_free(&av);
	avcodec_parameters_free(&p);
	run_end(&r);
}

int main(void)
{
	av_log_set_level(AV_LOG_QUIET);
	if (!avcodec_find_encoder_by_name("libx265")) {
		printf("1..0 # SKIP libavcodec has no libx265\n");
		return 0;
	}
	test_stream(1);
	test_stream(0);
	test_parameters();
	test_bitrate();
	test_sets();
	return tap_done();
}
