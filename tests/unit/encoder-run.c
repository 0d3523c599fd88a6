/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/encoder-run.h"

#include <stdio.h>
#include <string.h>

static enum AVCodecID codec_of(const struct encoder_settings *s)
{
	return strcmp(s->codec, "libx265") == 0 ? AV_CODEC_ID_HEVC : AV_CODEC_ID_H264;
}

struct frame *run_draw(struct run *r)
{
	struct frame *f = frame_pool_get(r->pool);
	uint32_t seed = (uint32_t) r->pictures * 7919 + 1;

	for (int c = 0; c < 3; c++) {
		int s = c > 0;

		for (int y = 0; y < r->height >> s; y++) {
			uint8_t *row = (uint8_t *) f->data[c] + y * f->stride[c];

			for (int x = 0; x < r->width >> s; x++) {
				seed = seed * 1664525 + 1013904223;
				row[x] = (uint8_t) (16 + (x + y + r->pictures * 3) % 200 +
						    (int) (seed >> 28));
			}
		}
	}
	f->dequeue_usec = 1;
	return f;
}

void run_begin(struct run *r, const struct encoder_settings *settings)
{
	char why[160] = "";

	*r = (struct run){ .width = settings->width,
		.height = settings->height,
		.pts = -INT64_C(1000000) * settings->rate_den / settings->rate_num };
	if (encoder_new(&r->encoder, settings, why, sizeof(why)) < 0)
		printf("# %s\n", why);
	r->decoder = avcodec_alloc_context3(avcodec_find_decoder(codec_of(settings)));
	r->decoder->thread_count = 1;
	r->decoder->flags |= AV_CODEC_FLAG_LOW_DELAY;
	r->decoder->err_recognition |= AV_EF_EXPLODE;
	(void) avcodec_open2(r->decoder, NULL, NULL);
	(void) frame_pool_new(&r->pool, PIXEL_I420, r->width, r->height, 1);
}

void run_end(struct run *r)
{
	packet_unref(r->packet);
	encoder_free(r->encoder);
	avcodec_free_context(&r->decoder);
	frame_pool_unref(r->pool);
}

/* That of HEVC holds one back: only the other's pictures are those of the packet. */
static bool is_wrong(const struct run *r, const AVFrame *f)
{
	return f->decode_error_flags != 0 || f->width != r->width || f->height != r->height ||
	       (r->decoder->codec_id == AV_CODEC_ID_H264 && f->pts != r->packet->pts_usec);
}

void run_decode(struct run *r)
{
	AVPacket *packet = av_packet_clone(r->packet->av);
	AVFrame *frame = av_frame_alloc();

	packet->pts = packet->dts = r->packet->pts_usec;
	r->errors += avcodec_send_packet(r->decoder, packet) < 0;
	while (avcodec_receive_frame(r->decoder, frame) == 0) {
		r->decoded++;
		r->errors += is_wrong(r, frame);
	}
	av_frame_free(&frame);
	av_packet_free(&packet);
}
