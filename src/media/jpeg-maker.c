/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/jpeg-maker.h"

#include <libavcodec/avcodec.h>
#include <string.h>

#include "media/av-error.h"
#include "media/av-log.h"
#include "media/still.h"
#include "media/ycc.h"

struct jpeg_maker {
	AVFrame *picture;    /* of the size of the encoder */
	AVCodecContext *ctx; /* NULL: there is none as yet */
	AVPacket *packet;
};

int jpeg_maker_new(struct jpeg_maker **ret)
{
	_cleanup_(jpeg_maker_freep) struct jpeg_maker *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->packet = av_packet_alloc();
	if (!m->packet)
		return -ENOMEM;
	avlog_capture();
	*ret = TAKE_PTR(m);
	return 0;
}

struct jpeg_maker *jpeg_maker_free(struct jpeg_maker *m)
{
	if (!m)
		return NULL;
	avcodec_free_context(&m->ctx);
	av_frame_free(&m->picture);
	av_packet_free(&m->packet);
	free(m);
	return NULL;
}

static int open_encoder(struct jpeg_maker *m, int width, int height)
{
	int r;

	avcodec_free_context(&m->ctx);
	av_frame_free(&m->picture);
	m->picture = av_frame_alloc();
	if (!m->picture)
		return -ENOMEM;
	m->picture->format = AV_PIX_FMT_YUV420P;
	m->picture->width = width;
	m->picture->height = height;
	m->picture->color_range = AVCOL_RANGE_JPEG;
	m->picture->pts = 0;
	r = av_frame_get_buffer(m->picture, 0);
	if (r < 0)
		return av_errno(r);
	m->ctx = still_encoder(AV_CODEC_ID_MJPEG, m->picture);
	if (!m->ctx)
		return -ENOMEM;
	m->ctx->flags |= AV_CODEC_FLAG_QSCALE;
	m->ctx->qmin = JPEG_QUANTISER_BEST; /* else it uses 2 where 1 is asked for */
	r = avcodec_open2(m->ctx, m->ctx->codec, NULL);
	if (r < 0)
		avcodec_free_context(&m->ctx);
	return r < 0 ? av_errno(r) : 0;
}

static int encode(struct jpeg_maker *m, int quantiser, struct jpeg *ret)
{
	int r;

	m->ctx->global_quality = quantiser * FF_QP2LAMBDA;
	m->picture->quality = quantiser * FF_QP2LAMBDA;
	m->picture->pts++;
	r = avcodec_send_frame(m->ctx, m->picture);
	if (r >= 0)
		r = avcodec_receive_packet(m->ctx, m->packet);
	if (r < 0)
		return av_errno(r);
	ret->data = malloc((size_t) m->packet->size);
	if (ret->data)
		memcpy(ret->data, m->packet->data, (size_t) m->packet->size);
	ret->size = (size_t) m->packet->size;
	av_packet_unref(m->packet);
	return ret->data ? 0 : -ENOMEM;
}

int jpeg_maker_run(struct jpeg_maker *m, const struct frame *f, int quantiser, struct jpeg *ret)
{
	struct jpeg made = { .width = f->width, .height = f->height };
	int r = 0;

	if (!ycc_takes(f) || f->width < 2 || f->height < 2 || f->width > FRAME_SIDE_MAX ||
		f->height > FRAME_SIDE_MAX || quantiser < JPEG_QUANTISER_BEST ||
		quantiser > JPEG_QUANTISER_WORST)
		return jpeg_make(f, 0, 0, quantiser, ret);
	if (!m->ctx || m->ctx->width != f->width || m->ctx->height != f->height)
		r = open_encoder(m, f->width, f->height);
	/* The encoder may still hold the last one. */
	if (r == 0)
		r = av_errno(av_frame_make_writable(m->picture));
	if (r < 0)
		return r;
	ycc_to_jpeg(f, m->picture->data, m->picture->linesize);
	r = encode(m, quantiser, &made);
	if (r == 0)
		*ret = made;
	else
		avcodec_free_context(&m->ctx);
	return r;
}
