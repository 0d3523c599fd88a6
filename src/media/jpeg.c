/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * By way of RGB: swscale does not change the matrix between two layouts of luma and chroma, and
 * JPEG knows BT.601 only. A picture is copied first, since swscale reads beyond the end of rows,
 * where a card's buffer may end.
 */
#include "media/jpeg.h"

#include <libavcodec/avcodec.h>
#include <libavutil/imgutils.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
#include <string.h>

#include "media/av-error.h"
#include "media/av-frame.h"
#include "media/av-log.h"
#include "media/picture.h"

DEFINE_CLEANUP(struct SwsContext *, sws_freeContext)

static enum AVPixelFormat format_of(const struct frame *f)
{
	static const enum AVPixelFormat formats[_PIXEL_MAX] = {
		[PIXEL_I420] = AV_PIX_FMT_YUV420P,
		[PIXEL_NV12] = AV_PIX_FMT_NV12,
		[PIXEL_YUYV] = AV_PIX_FMT_YUYV422,
		[PIXEL_UYVY] = AV_PIX_FMT_UYVY422,
		[PIXEL_RGB24] = AV_PIX_FMT_RGB24,
		[PIXEL_BGR24] = AV_PIX_FMT_BGR24,
		[PIXEL_MJPEG] = AV_PIX_FMT_NONE,
	};

	return f->pixel == PIXEL_AV ? (enum AVPixelFormat) f->av_format : formats[f->pixel];
}

static AVFrame *new_picture(int format, int width, int height, bool full, bool bt709)
{
	AVFrame *a = av_frame_alloc();

	if (!a)
		return NULL;
	a->format = format;
	a->width = width;
	a->height = height;
	a->color_range = full ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
	a->colorspace = bt709 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
	if (av_frame_get_buffer(a, 0) < 0)
		av_frame_free(&a);
	return a;
}

static int copy_picture(const struct frame *f, AVFrame **ret)
{
	const uint8_t *data[FRAME_PLANES];
	AVFrame *a = new_picture(format_of(f), f->width, f->height, f->full_range, f->bt709);

	if (!a)
		return AVERROR(ENOMEM);
	memcpy(data, f->data, sizeof(data));
	av_image_copy(a->data, a->linesize, data, f->stride, a->format, a->width, a->height);
	*ret = a;
	return 0;
}

static const int *matrix_of(const AVFrame *a)
{
	return sws_getCoefficients(
		a->colorspace == AVCOL_SPC_BT709 ? SWS_CS_ITU709 : SWS_CS_ITU601);
}

/* Ranges have to be told before the context is made, matrices after it. */
static struct SwsContext *new_scaler(const AVFrame *out, const AVFrame *in)
{
	bool full = in->color_range == AVCOL_RANGE_JPEG;
	const struct {
		const char *name;
		int value;
	} options[] = {
		{ "srcw", in->width },
		{ "srch", in->height },
		{ "src_format", av_plain_format(in->format, &full) },
		{ "src_range", full },
		{ "dstw", out->width },
		{ "dsth", out->height },
		{ "dst_format", out->format },
		{ "dst_range", 1 },
		{ "sws_flags", SWS_BILINEAR | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT },
	};
	struct SwsContext *sws = sws_alloc_context();
	int r = sws ? 0 : AVERROR(ENOMEM);

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(options); i++)
		r = av_opt_set_int(sws, options[i].name, options[i].value, 0);
	if (r < 0 || sws_init_context(sws, NULL, NULL) < 0) {
		sws_freeContext(sws);
		return NULL;
	}
	/* Refused where there is nothing to tell: of RGB to RGB. */
	(void) sws_setColorspaceDetails(
		sws, matrix_of(in), full, matrix_of(out), 1, 0, 1 << 16, 1 << 16);
	return sws;
}

/* The picture in another layout, full range, BT.601. */
static int convert(const AVFrame *in, enum AVPixelFormat format, AVFrame **ret)
{
	_cleanup_(av_frame_free) AVFrame *out =
		new_picture(format, in->width, in->height, true, false);
	_cleanup_(sws_freeContextp) struct SwsContext *sws = out ? new_scaler(out, in) : NULL;

	if (!out)
		return AVERROR(ENOMEM);
	if (!sws)
		return AVERROR(EINVAL);
	(void) sws_scale(sws, (const uint8_t *const *) in->data, in->linesize, 0, in->height,
		out->data, out->linesize);
	*ret = TAKE_PTR(out);
	return 0;
}

static int to_yuv(const AVFrame *in, AVFrame **ret)
{
	_cleanup_(av_frame_free) AVFrame *rgb = NULL;
	int r;

	if (in->format == AV_PIX_FMT_RGB24 || in->format == AV_PIX_FMT_BGR24)
		return convert(in, AV_PIX_FMT_YUV420P, ret);
	r = convert(in, AV_PIX_FMT_RGB24, &rgb);
	return r < 0 ? r : convert(rgb, AV_PIX_FMT_YUV420P, ret);
}

static int open_encoder(AVCodecContext **ret, const AVFrame *picture, int quantiser)
{
	_cleanup_(avcodec_free_context) AVCodecContext *c = NULL;
	const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_MJPEG);
	int r;

	if (!codec)
		return AVERROR_ENCODER_NOT_FOUND;
	c = avcodec_alloc_context3(codec);
	if (!c)
		return AVERROR(ENOMEM);
	c->width = picture->width;
	c->height = picture->height;
	c->pix_fmt = picture->format;
	c->color_range = picture->color_range;
	c->time_base = (AVRational){ 1, 1 };
	c->thread_count = 1;
	c->flags |= AV_CODEC_FLAG_QSCALE;
	c->global_quality = quantiser * FF_QP2LAMBDA;
	/* Else it uses 2 where 1 is asked for. */
	c->qmin = JPEG_QUANTISER_BEST;
	r = avcodec_open2(c, codec, NULL);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(c);
	return 0;
}

static int encode(AVFrame *picture, int quantiser, AVPacket *packet)
{
	_cleanup_(avcodec_free_context) AVCodecContext *codec = NULL;
	int r = open_encoder(&codec, picture, quantiser);

	picture->quality = quantiser * FF_QP2LAMBDA;
	picture->pts = 0;
	if (r >= 0)
		r = avcodec_send_frame(codec, picture);
	if (r >= 0)
		r = avcodec_receive_packet(codec, packet);
	return r;
}

static int encode_frame(const struct frame *f, int quantiser, uint8_t **ret, size_t *ret_size)
{
	_cleanup_(av_frame_free) AVFrame *copy = NULL, *yuv = NULL;
	_cleanup_(av_packet_free) AVPacket *packet = av_packet_alloc();
	uint8_t *out;
	int r = packet ? copy_picture(f, &copy) : AVERROR(ENOMEM);

	if (r >= 0)
		r = to_yuv(copy, &yuv);
	if (r >= 0)
		r = encode(yuv, quantiser, packet);
	if (r < 0)
		return av_errno(r);
	out = malloc((size_t) packet->size);
	if (!out)
		return -ENOMEM;
	memcpy(out, packet->data, (size_t) packet->size);
	*ret = out;
	*ret_size = (size_t) packet->size;
	return 0;
}

int jpeg_encode(const struct frame *f, int quantiser, uint8_t **ret, size_t *ret_size)
{
	_cleanup_(frame_unrefp) struct frame *decoded = NULL;
	char why[128];
	int r;

	if (quantiser < JPEG_QUANTISER_BEST || quantiser > JPEG_QUANTISER_WORST)
		return -EINVAL;
	avlog_capture();
	if (f->pixel == PIXEL_MJPEG) {
		r = picture_decode(&decoded, f->data[0], f->size, why, sizeof(why));
		if (r < 0)
			return r;
		f = decoded;
	}
	if (f->width < 1 || f->height < 1 || f->width > FRAME_SIDE_MAX ||
		f->height > FRAME_SIDE_MAX || format_of(f) == AV_PIX_FMT_NONE)
		return -EINVAL;
	return encode_frame(f, quantiser, ret, ret_size);
}
