/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the encoder gives is decoded again, and its NAL units are looked at. */
#include "media/encoder.h"

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <string.h>

#include "tests/tap.h"
#include "tests/unit/encoder-run.h"

#define WIDTH 320
#define HEIGHT 240
#define PERIOD 33333

#define NAL_IDR 5
#define NAL_SPS 7
#define NAL_PPS 8

static const struct encoder_settings plain = { .codec = "libx264",
	.preset = "superfast",
	.tune = "zerolatency",
	.profile = "main",
	.bitrate = 800000,
	.gop = 30,
	.width = WIDTH,
	.height = HEIGHT,
	.rate_num = 30,
	.rate_den = 1 };

/* One picture in, one packet out, one picture decoded from it. */
static bool step(struct run *r, int64_t after, bool key)
{
	_cleanup_(frame_unrefp) struct frame *f = run_draw(r);
	int result;

	r->packet = packet_unref(r->packet);
	r->pts += after;
	result = encoder_encode(r->encoder, f, r->pts, key, &r->packet);
	if (result < 0 || !r->packet || atomic_load(&f->refs) != 1)
		return false;
	r->pictures++;
	r->bytes += (int64_t) r->packet->size;
	run_decode(r);
	return r->packet->pts_usec == r->pts && r->packet->dts_usec == r->pts &&
	       r->packet->track == TRACK_VIDEO && r->packet->dequeue_usec == 1 &&
	       r->packet->encode_usec > 0 && r->decoded == r->pictures && r->errors == 0;
}

/* The types of the NAL units as a bit set. */
static unsigned nal_types(const uint8_t *data, size_t size)
{
	unsigned types = 0;

	for (size_t i = 0; i + 3 < size; i++)
		if (data[i] == 0 && data[i + 1] == 0 && data[i + 2] == 1)
			types |= 1U << (data[i + 3] & 0x1f);
	return types;
}

/* Key, IDR and parameter sets go together. */
static bool is_key(const struct run *r)
{
	unsigned types = nal_types(r->packet->av->data, r->packet->size);
	unsigned all = 1U << NAL_IDR | 1U << NAL_SPS | 1U << NAL_PPS;

	if (r->packet->key != ((types & all) == all) || (!r->packet->key && (types & all)))
		printf("# picture %d: key %d, NAL units %#x\n", r->pictures, r->packet->key, types);
	return r->packet->key && (types & all) == all;
}

static void test_tune(const char *tune, const char *preset, int threads)
{
	struct encoder_settings settings = plain;
	bool out = true, idr = true;
	struct run r;

	settings.tune = tune;
	settings.preset = preset;
	settings.threads = threads;
	settings.gop = 10;
	run_begin(&r, &settings);
	for (int i = 0; i < 31; i++) {
		out = out && step(&r, PERIOD, false);
		idr = idr && is_key(&r) == (i % 10 == 0);
	}
	ok(out, "tune %s, preset %s: one in, one out, decoded at once", tune ? tune : "none",
		preset);
	ok(idr, "… an IDR with SPS and PPS every ten pictures and nowhere else");
	run_end(&r);
}

static void test_keys(void)
{
	struct run r;
	bool good = true;

	run_begin(&r, &plain);
	for (int i = 0; i < 65; i++) {
		(void) step(&r, PERIOD, i == 7 || i == 8 || i == 20);
		good = good && is_key(&r) == (i == 0 || i == 7 || i == 8 || i == 20 || i == 50);
	}
	ok(good, "an IDR where one is asked for, and the next a GOP later");
	ok(r.decoded == 65 && r.errors == 0, "… all decoded");
	run_end(&r);
}

static void test_parameters(void)
{
	struct AVCodecParameters *p = NULL;
	struct run r;
	unsigned types;

	run_begin(&r, &plain);
	ok(encoder_parameters(r.encoder, &p) == 0 && p->codec_id == AV_CODEC_ID_H264 &&
			p->width == WIDTH && p->height == HEIGHT,
		"parameters tell codec and size");
	types = p ? nal_types(p->extradata, (size_t) p->extradata_size) : 0;
	ok((types & 1U << NAL_SPS) && (types & 1U << NAL_PPS), "… and have SPS and PPS");
	(void) step(&r, PERIOD, false);
	ok(r.decoder->profile == 77, "the profile is main (%d)", r.decoder->profile);
	ok(r.decoder->colorspace == AVCOL_SPC_SMPTE170M &&
			r.decoder->color_range == AVCOL_RANGE_MPEG && r.decoder->has_b_frames == 0,
		"the stream tells BT.601, limited range, no reordering");
	avcodec_parameters_free(&p);
	run_end(&r);
}

/* Share of the wanted bitrate over so many pictures. */
static double share(struct run *r, int pictures, int64_t bitrate)
{
	int64_t before = r->bytes;

	for (int i = 0; i < pictures; i++)
		(void) step(r, PERIOD, false);
	return (double) (r->bytes - before) * 8 / ((double) bitrate * pictures / 30);
}

static void test_bitrate(void)
{
	struct run r;
	double got;
	int keys;

	run_begin(&r, &plain);
	got = share(&r, 90, 800000);
	ok(got > 0.85 && got < 1.15, "the bitrate is kept over 3 s (%.2f)", got);
	encoder_set_bitrate(r.encoder, 400000);
	(void) share(&r, 29, 400000);
	keys = r.packet->key;
	got = share(&r, 90, 400000);
	ok(got > 0.85 && got < 1.15 && !keys, "half of it when told so (%.2f)", got);
	encoder_set_bitrate(r.encoder, 1600000);
	(void) share(&r, 30, 1600000);
	got = share(&r, 90, 1600000);
	ok(got > 0.85 && got < 1.15, "… and twice as much (%.2f)", got);
	ok(r.decoded == r.pictures && r.errors == 0, "… in one stream");
	run_end(&r);
}

/* A card whose times jitter, with a pause, and pictures a microsecond apart. */
static void test_times(void)
{
	struct run r;
	bool good = true;
	int64_t pts;

	run_begin(&r, &plain);
	for (int i = 0; i < 60; i++)
		good = good && step(&r, PERIOD + (i * 7919 % 20000 - 10000), false);
	good = good && step(&r, 2000000, false);
	for (int i = 0; i < 30; i++)
		good = good && step(&r, i % 5 ? PERIOD : 1, false);
	ok(good, "jitter, a gap of 2 s and a microsecond do no harm");
	good = step(&r, INT64_C(72) * 3600 * 1000000, false) && step(&r, PERIOD, false);
	ok(good, "nor does a jump of three days");
	pts = r.pts;
	ok(!step(&r, 0, false) && !step(&r, -PERIOD, false), "time does not go back");
	r.pts = pts;
	ok(step(&r, PERIOD, false), "… and on it goes");
	run_end(&r);
}

static void test_wrong_frame(void)
{
	struct frame_pool *pool = NULL;
	struct packet *p = NULL;
	struct frame *f;
	struct run r;

	run_begin(&r, &plain);
	(void) frame_pool_new(&pool, PIXEL_I420, WIDTH, HEIGHT + 2, 1);
	f = frame_pool_get(pool);
	ok(encoder_encode(r.encoder, f, 0, false, &p) == -EINVAL && !p, "another size is refused");
	frame_unref(f);
	pool = frame_pool_unref(pool);
	(void) frame_pool_new(&pool, PIXEL_NV12, WIDTH, HEIGHT, 1);
	f = frame_pool_get(pool);
	ok(encoder_encode(r.encoder, f, 0, false, &p) == -EINVAL && atomic_load(&f->refs) == 1,
		"another layout is refused");
	frame_unref(f);
	frame_pool_unref(pool);
	run_end(&r);
}

static void refuse(const struct encoder_settings *settings, const char *name)
{
	struct encoder *e = NULL;
	char why[160] = "";
	int r = encoder_new(&e, settings, why, sizeof(why));

	ok(r < 0 && !e && why[0], "%s: %s", name, why);
	encoder_free(e);
}

#define REFUSE(field, value, name)                  \
	do {                                        \
		struct encoder_settings s_ = plain; \
		s_.field = value;                   \
		refuse(&s_, name);                  \
	} while (0)

static void test_refused(void)
{
	REFUSE(codec, "nonesuch", "a codec that is not there");
	REFUSE(codec, "aac", "one for sound");
	REFUSE(preset, "hurried", "a preset that is not there");
	REFUSE(tune, "bass", "a tune that is not there");
	REFUSE(profile, "side", "a profile that is not there");
	REFUSE(bitrate, 0, "no bitrate");
	REFUSE(bitrate, INT64_MAX, "too much bitrate");
	REFUSE(gop, 0, "no GOP");
	REFUSE(width, 321, "an odd width");
	REFUSE(height, 0, "no height");
	REFUSE(width, 20000, "too wide");
	REFUSE(rate_num, 0, "no rate");
	REFUSE(rate_den, 0, "an endless rate");
	REFUSE(threads, -1, "negative threads");
	ok(encoder_free(NULL) == NULL, "NULL is fine");
}

int main(void)
{
	av_log_set_level(AV_LOG_QUIET);
	test_tune("zerolatency", "superfast", 0);
	test_tune("zerolatency", "superfast", 1);
	test_tune("film", "superfast", 0);
	test_tune(NULL, "veryfast", 2);
	test_tune("", "medium", 0);
	test_keys();
	test_parameters();
	test_bitrate();
	test_times();
	test_wrong_frame();
	test_refused();
	return tap_done();
}
