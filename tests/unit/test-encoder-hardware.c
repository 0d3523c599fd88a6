/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the encoder does for hardware, with libx264 told to be as awkward: pictures that come late,
 * parameter sets that are missing or come with the first picture only, NV12, a bitrate that cannot
 * be changed. Whatever it is, the stream must be the same for who decodes it. And the probe, with
 * encoders that misbehave.
 */
#include <libavcodec/avcodec.h>
#include <string.h>

#include "media/annexb.h"
#include "media/encoder-probe.h"
#include "media/encoder.h"
#include "tests/tap.h"
#include "tests/unit/fake-encoder.h"

#define WIDTH 320
#define HEIGHT 180 /* no multiple of 16 */
#define PERIOD 33333
#define PICTURES 40

static struct encoder_settings settings_of(const char *codec)
{
	return (struct encoder_settings){ .codec = codec,
		.preset = "ultrafast",
		.tune = "zerolatency",
		.profile = "main",
		.bitrate = 500000,
		.gop = 10,
		.threads = 1,
		.width = WIDTH,
		.height = HEIGHT,
		.rate_num = 30,
		.rate_den = 1 };
}

struct run {
	struct encoder *encoder;
	AVCodecContext *decoder;
	struct frame_pool *pool;
	struct frame *frame;
	int in, out, decoded, keys, most_held;
	bool wrong, unkeyed, headless, late_key;
	int64_t next_key; /* the picture that must be one */
	int64_t bytes;
};

static int luma_of(int64_t i)
{
	return 60 + (int) (i * 7 % 120);
}

static void run_begin(struct run *r, const struct encoder_settings *s)
{
	char why[160] = "";

	*r = (struct run){ .next_key = -1 };
	if (encoder_new(&r->encoder, s, why, sizeof(why)) < 0)
		printf("# %s\n", why);
	r->decoder = avcodec_alloc_context3(avcodec_find_decoder(AV_CODEC_ID_H264));
	r->decoder->thread_count = 1;
	r->decoder->flags |= AV_CODEC_FLAG_LOW_DELAY;
	r->decoder->err_recognition |= AV_EF_EXPLODE;
	(void) avcodec_open2(r->decoder, NULL, NULL);
	(void) frame_pool_new(&r->pool, PIXEL_I420, WIDTH, HEIGHT, 1);
	r->frame = frame_pool_get(r->pool);
}

static void run_end(struct run *r)
{
	encoder_free(r->encoder);
	avcodec_free_context(&r->decoder);
	frame_unref(r->frame);
	frame_pool_unref(r->pool);
}

static void look_at(struct run *r, const AVFrame *f)
{
	int64_t i = f->pts / PERIOD;

	for (int y = 4; y < HEIGHT; y += 40)
		for (int x = 4; x < WIDTH; x += 40) {
			int luma = f->data[0][y * f->linesize[0] + x];
			int cb = f->data[1][y / 2 * f->linesize[1] + x / 2];
			int cr = f->data[2][y / 2 * f->linesize[2] + x / 2];

			r->wrong |=
				abs(luma - luma_of(i)) > 8 || abs(cb - 90) > 8 || abs(cr - 160) > 8;
		}
	r->wrong |= i != r->decoded;
}

static void decode(struct run *r, const struct packet *p)
{
	AVPacket *av = av_packet_clone(p->av);
	AVFrame *frame = av_frame_alloc();

	av->pts = av->dts = p->pts_usec;
	r->wrong |= avcodec_send_packet(r->decoder, av) < 0;
	while (avcodec_receive_frame(r->decoder, frame) == 0) {
		look_at(r, frame);
		r->decoded++;
	}
	av_frame_free(&frame);
	av_packet_free(&av);
}

static void take(struct run *r, const struct packet *p)
{
	const uint8_t *at = p->av->data;
	unsigned types = 0;
	struct annexb_unit u;

	while (annexb_next(&at, p->av->data + p->size, &u))
		types |= 1U << u.type;
	r->unkeyed |= p->key != !!(types & 1U << ANNEXB_IDR);
	r->headless |= p->key && (types & (1U << ANNEXB_SPS | 1U << ANNEXB_PPS)) !=
					 (1U << ANNEXB_SPS | 1U << ANNEXB_PPS);
	r->wrong |= p->pts_usec != (int64_t) r->out * PERIOD || p->dts_usec != p->pts_usec ||
		    p->capture_usec != 1000 + (uint64_t) r->out;
	if (r->out == r->next_key)
		r->late_key |= !p->key;
	r->keys += p->key;
	r->bytes += (int64_t) p->size;
	r->out++;
	decode(r, p);
}

static int step(struct run *r, bool key)
{
	struct frame *f = r->frame;
	struct packet *p = NULL;
	int result;

	for (int c = 0; c < 3; c++)
		for (int y = 0; y < (c ? HEIGHT / 2 : HEIGHT); y++)
			memset((uint8_t *) f->data[c] + y * f->stride[c],
				c == 0   ? luma_of(r->in)
				: c == 1 ? 90
					 : 160,
				(size_t) (c ? WIDTH / 2 : WIDTH));
	f->capture_usec = 1000 + (uint64_t) r->in;
	if (key)
		r->next_key = r->in;
	result = encoder_encode(r->encoder, f, (int64_t) r->in * PERIOD, key, &p);
	r->in++;
	while (result >= 0 && p) {
		take(r, p);
		packet_unref(p);
		p = NULL;
		result = encoder_take(r->encoder, &p);
	}
	r->most_held = MAX(r->most_held, r->in - r->out);
	/* Its pixels are the caller's again. */
	r->wrong |= atomic_load(&f->refs) != 1;
	return result;
}

static void test_awkward(const char *codec, int held)
{
	struct encoder_settings s = settings_of(codec);
	struct AVCodecParameters *par = NULL;
	bool good = true;
	struct run r;

	run_begin(&r, &s);
	for (int i = 0; r.encoder && i < PICTURES; i++)
		good = step(&r, i == 13) >= 0 && good;
	ok(r.encoder && good && r.out == PICTURES - held && r.decoded == r.out && !r.wrong,
		"%s: each picture comes out as it went in (%d of %d, %d decoded)", codec, r.out,
		r.in, r.decoded);
	ok(r.most_held == held, "… at most %d late", r.most_held);
	ok(!r.unkeyed && !r.headless && !r.late_key && r.keys >= 4,
		"… keyframes are IDRs with SPS and PPS, also when asked for");
	ok(encoder_parameters(r.encoder, &par) == 0 && par->extradata_size > 8 &&
			par->codec_id == AV_CODEC_ID_H264 && par->format == AV_PIX_FMT_YUV420P,
		"… and parameters that have them, too");
	avcodec_parameters_free(&par);
	run_end(&r);
}

static int64_t bytes_of(struct run *r, int pictures)
{
	int64_t before = r->bytes;

	for (int i = 0; i < pictures; i++)
		(void) step(r, false);
	return r->bytes - before;
}

static void test_stiff_bitrate(void)
{
	struct encoder_settings s = settings_of("stiff");
	int64_t before, after;
	struct run r;

	s.gop = 600;
	run_begin(&r, &s);
	(void) bytes_of(&r, 30);
	before = bytes_of(&r, 60);
	encoder_set_bitrate(r.encoder, 2000000);
	after = bytes_of(&r, 60);
	ok(after > before * 3,
		"a bitrate that cannot be changed is changed all the same (%lld, %lld)",
		(long long) before, (long long) after);
	ok(r.keys == 2, "… with an IDR");
	for (int i = 0; i < 20; i++) {
		encoder_set_bitrate(r.encoder, 1000000 + i);
		(void) step(&r, false);
	}
	ok(r.keys <= 3, "… but not with each picture");
	ok(!r.wrong && !r.headless && r.decoded == r.in, "… and the stream goes on");
	run_end(&r);
}

static void test_mute(void)
{
	struct encoder_settings s = settings_of("mute");
	struct packet *p = NULL;
	struct run r;

	run_begin(&r, &s);
	ok(step(&r, false) == 0 && r.out == 0 && encoder_take(r.encoder, &p) == 0 && !p,
		"no packet is no error");
	run_end(&r);
}

static void probe(const char *codec, int wanted, const char *words)
{
	struct encoder_settings s = settings_of(codec);
	char why[160] = "";
	int r = encoder_probe(&s, why, sizeof(why));

	ok(r == wanted && (r == 0 || strstr(why, words)), "probe of %s: %d %s", codec, r,
		r ? why : "");
}

static void test_probe(void)
{
	struct encoder_settings s = settings_of("libx264");
	char why[160] = "";

	probe("libx264", 0, "");
	probe("good", 0, "");
	probe("late", 0, "");
	probe("inband", 0, "");
	probe("delayed", 0, "");
	probe("broken", -EIO, "fake is broken");
	probe("stillborn", -EIO, "picture 1");
	probe("dark", -EBADMSG, "not those");
	probe("mute", -EBADMSG, "0 packets of 12");
	probe("nonesuch", -ENOSYS, "nonesuch");
	s.rate_num = 30; /* 45 ms are more than a picture */
	s.codec = "slow";
	ok(encoder_probe(&s, why, sizeof(why)) == -ETIME, "probe of slow: %s", why);
}

int main(void)
{
	av_log_set_level(AV_LOG_QUIET);
	test_awkward("nv12", 0);
	test_awkward("inband", 0);
	test_awkward("headless", 0);
	test_awkward("stiff", 0);
	test_awkward("delayed", 2);
	test_stiff_bitrate();
	test_mute();
	test_probe();
	ok(atomic_load(&fake_opened) == atomic_load(&fake_closed), "all of them are closed");
	return tap_done();
}
