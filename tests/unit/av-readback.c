/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/av-readback.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

static AVCodecContext *open_decoder(AVFormatContext *ic, int stream)
{
	const AVCodecParameters *par = ic->streams[stream]->codecpar;
	AVCodecContext *ctx = avcodec_alloc_context3(NULL);

	avcodec_parameters_to_context(ctx, par);
	ctx->thread_count = 1;
	ctx->err_recognition = AV_EF_EXPLODE;
	if (avcodec_open2(ctx, avcodec_find_decoder(par->codec_id), NULL) < 0)
		avcodec_free_context(&ctx);
	return ctx;
}

static int decode(AVCodecContext *ctx, const AVPacket *pkt, AVFrame *frame, int *errors)
{
	int n = 0;

	if (avcodec_send_packet(ctx, pkt) < 0 && pkt)
		++*errors;
	while (avcodec_receive_frame(ctx, frame) == 0) {
		n++;
		*errors += frame->decode_error_flags != 0 || (frame->flags & AV_FRAME_FLAG_CORRUPT);
	}
	return n;
}

static double seconds_of(AVFormatContext *ic, int stream, int64_t dts)
{
	return (double) dts * av_q2d(ic->streams[stream]->time_base);
}

static void read_all(AVFormatContext *ic, int v, int a, AVCodecContext **dec, struct readback *ret)
{
	int64_t last[2] = { INT64_MIN, INT64_MIN }, first[2] = { INT64_MIN, INT64_MIN };
	AVPacket *pkt = av_packet_alloc();
	AVFrame *frame = av_frame_alloc();

	ret->monotonic = true;
	while (av_read_frame(ic, pkt) == 0) {
		int i = pkt->stream_index == v ? 0 : 1;

		if (pkt->stream_index == v || pkt->stream_index == a) {
			ret->monotonic &= pkt->dts > last[i];
			last[i] = pkt->dts;
			if (i == 0 && first[0] == INT64_MIN)
				ret->first_key = pkt->flags & AV_PKT_FLAG_KEY;
			if (first[i] == INT64_MIN)
				first[i] = pkt->dts;
			*(i == 0 ? &ret->pictures : &ret->blocks) +=
				decode(dec[i], pkt, frame, &ret->errors);
		}
		av_packet_unref(pkt);
	}
	ret->pictures += decode(dec[0], NULL, frame, &ret->errors);
	if (last[0] != INT64_MIN)
		ret->seconds = seconds_of(ic, v, last[0] - first[0]);
	if (last[0] != INT64_MIN && last[1] != INT64_MIN) {
		ret->sound_begins = seconds_of(ic, a, first[1]) - seconds_of(ic, v, first[0]);
		ret->sound_ends = seconds_of(ic, a, last[1]) - seconds_of(ic, v, first[0]);
	}
	av_packet_free(&pkt);
	av_frame_free(&frame);
}

bool av_readback(const char *path, struct readback *ret)
{
	AVCodecContext *dec[2] = { NULL, NULL };
	AVFormatContext *ic = NULL;
	int v, a;

	*ret = (struct readback){ 0 };
	if (avformat_open_input(&ic, path, NULL, NULL) < 0)
		return false;
	(void) avformat_find_stream_info(ic, NULL);
	v = av_find_best_stream(ic, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
	a = av_find_best_stream(ic, AVMEDIA_TYPE_AUDIO, -1, -1, NULL, 0);
	dec[0] = v >= 0 ? open_decoder(ic, v) : NULL;
	dec[1] = a >= 0 ? open_decoder(ic, a) : NULL;
	if (dec[0])
		read_all(ic, v, dec[1] ? a : -2, dec, ret);
	avcodec_free_context(&dec[0]);
	avcodec_free_context(&dec[1]);
	avformat_close_input(&ic);
	return dec[0] != NULL || ret->pictures > 0;
}
