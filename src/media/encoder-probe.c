/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/encoder-probe.h"

#include <libavcodec/avcodec.h>
#include <string.h>

#include "common/usec.h"
#include "media/encoder-kind.h"
#include "media/encoder.h"

#define PICTURES 12
#define KEY_AT 6   /* where an IDR is asked for */
#define WARM_UP 4  /* those that do not count for the time */
#define STEP 12    /* by which a picture is lighter than the one before */
#define FIRST 48   /* luma of the first one */
#define FAR_OFF 10 /* a picture that is so much lighter or darker is another one */

struct probe {
	const struct encoder_settings *s;
	struct encoder *encoder;
	AVCodecContext *decoder;
	AVFrame *decoded;
	AVPacket *packet;
	struct frame_pool *pool;
	int out, shown, keys;
	bool first_key, key_in_time, wrong;
	uint64_t fastest_usec;
};

static void deinit(struct probe *p)
{
	encoder_free(p->encoder);
	avcodec_free_context(&p->decoder);
	av_frame_free(&p->decoded);
	av_packet_free(&p->packet);
	frame_pool_unref(p->pool);
}

static int init(struct probe *p, char *why, size_t why_size)
{
	const struct encoder_kind *kind = encoder_kind_find(p->s->codec);
	const AVCodec *codec;
	int r = encoder_new(&p->encoder, p->s, why, why_size);

	if (r < 0)
		return r;
	codec = avcodec_find_decoder(
		kind->family == ENCODER_HEVC ? AV_CODEC_ID_HEVC : AV_CODEC_ID_H264);
	p->decoder = codec ? avcodec_alloc_context3(codec) : NULL;
	p->decoded = av_frame_alloc();
	p->packet = av_packet_alloc();
	if (!p->decoder || !p->decoded || !p->packet)
		return -ENOMEM;
	p->decoder->thread_count = 1;
	p->decoder->flags |= AV_CODEC_FLAG_LOW_DELAY;
	if (avcodec_open2(p->decoder, codec, NULL) < 0)
		return -ENOMEM;
	return frame_pool_new(&p->pool, PIXEL_I420, p->s->width, p->s->height, 2);
}

static int luma_of(int i)
{
	return FIRST + i * STEP;
}

static struct frame *draw(struct probe *p, int i)
{
	struct frame *f = frame_pool_get(p->pool);

	for (int c = 0; f && c < 3; c++)
		memset((uint8_t *) f->data[c], c ? 128 : luma_of(i),
			(size_t) f->stride[c] * (size_t) (c ? f->height / 2 : f->height));
	return f;
}

/* Is it the picture of that number, all over? A few places tell. */
static bool shows(const AVFrame *f, int i)
{
	for (int y = 1; y < 8; y += 2) {
		const uint8_t *row = f->data[0] + (ptrdiff_t) (f->height * y / 8) * f->linesize[0];

		for (int x = 1; x < 8; x += 2)
			if (abs(row[f->width * x / 8] - luma_of(i)) > FAR_OFF)
				return false;
	}
	return true;
}

static void decode(struct probe *p, const struct packet *packet)
{
	if (av_packet_ref(p->packet, packet->av) < 0)
		return;
	p->packet->pts = p->packet->dts = packet->pts_usec;
	if (avcodec_send_packet(p->decoder, p->packet) < 0)
		p->wrong = true;
	av_packet_unref(p->packet);
	while (avcodec_receive_frame(p->decoder, p->decoded) == 0) {
		bool good = p->decoded->width == p->s->width &&
			    p->decoded->height == p->s->height && shows(p->decoded, p->shown);

		p->wrong |= !good;
		p->shown++;
	}
}

static void take(struct probe *p, const struct packet *packet)
{
	if (p->out == 0)
		p->first_key = packet->key;
	if (p->out == KEY_AT)
		p->key_in_time = packet->key;
	p->keys += packet->key;
	p->out++;
	decode(p, packet);
}

static int encode(struct probe *p, int i)
{
	_cleanup_(frame_unrefp) struct frame *f = draw(p, i);
	int64_t pts = (int64_t) USEC_PER_SEC * i * p->s->rate_den / p->s->rate_num;
	struct packet *packet = NULL;
	uint64_t start = usec_now(), took;
	int r = f ? encoder_encode(p->encoder, f, pts, i == KEY_AT, &packet) : -ENOMEM;

	took = usec_now() - start;
	if (i >= WARM_UP)
		p->fastest_usec = MIN(p->fastest_usec, took);
	while (r >= 0 && packet) {
		take(p, packet);
		packet_unref(packet);
		packet = NULL;
		r = encoder_take(p->encoder, &packet);
	}
	return r;
}

static int judge(const struct probe *p, char *why, size_t why_size)
{
	if (p->out < PICTURES - ENCODER_HELD_MAX || !p->first_key || !p->key_in_time) {
		snprintf(why, why_size, "%d packets of %d pictures, %d of them keyframes", p->out,
			PICTURES, p->keys);
		return -EBADMSG;
	}
	/* What is decoded with a delay is missing at the end. */
	if (p->wrong || p->shown < p->out - ENCODER_HELD_MAX) {
		snprintf(why, why_size, "its pictures are not those it was given");
		return -EBADMSG;
	}
	/* Others may be busy just now, so the fastest picture counts: what is only a little too
	 * slow shows when it is in use. */
	if (p->fastest_usec * (uint64_t) p->s->rate_num >
		USEC_PER_SEC * (uint64_t) p->s->rate_den) {
		snprintf(why, why_size, "it takes %d ms for a picture",
			(int) (p->fastest_usec / USEC_PER_MSEC));
		return -ETIME;
	}
	return 0;
}

int encoder_probe(const struct encoder_settings *settings, char *why, size_t why_size)
{
	struct probe p = { .s = settings, .fastest_usec = UINT64_MAX };
	int r;

	snprintf(why, why_size, "no memory");
	r = init(&p, why, why_size);
	for (int i = 0; r >= 0 && i < PICTURES; i++) {
		r = encode(&p, i);
		if (r < 0)
			snprintf(
				why, why_size, "it fails with picture %d: %s", i + 1, strerror(-r));
	}
	if (r >= 0)
		r = judge(&p, why, why_size);
	deinit(&p);
	return r;
}
