/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * By way of RGB: swscale does not change the matrix between two layouts of luma and chroma, and
 * JPEG knows BT.601 only. A picture is copied first, since swscale reads beyond the end of rows,
 * where a card's buffer may end.
 */
#include "media/jpeg.h"

#include <libavcodec/avcodec.h>
#include <libavutil/imgutils.h>
#include <string.h>

#include "media/av-error.h"
#include "media/av-frame.h"
#include "media/av-log.h"
#include "media/picture.h"
#include "media/scaler.h"
#include "media/still.h"

int jpeg_quantiser_of(int quality)
{
	const int range = JPEG_QUANTISER_WORST - JPEG_QUANTISER_BEST;

	return JPEG_QUANTISER_BEST +
	       ((JPEG_QUALITY_MAX - quality) * range + (JPEG_QUALITY_MAX - 1) / 2) /
		       (JPEG_QUALITY_MAX - 1);
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
	int stride[FRAME_PLANES], format = av_view_of(f, data, stride);
	AVFrame *a = new_picture(format, f->width, f->height, f->full_range, f->bt709);

	if (!a)
		return AVERROR(ENOMEM);
	av_image_copy(a->data, a->linesize, data, stride, a->format, a->width, a->height);
	*ret = a;
	return 0;
}

static struct scaler_side side_of(const AVFrame *a)
{
	bool full = a->color_range == AVCOL_RANGE_JPEG;
	int format = av_plain_format(a->format, &full);

	return (struct scaler_side){ format, a->width, a->height, full,
		a->colorspace == AVCOL_SPC_BT709 };
}

/* The picture in another layout and size, full range, BT.601. */
static int convert(
	const AVFrame *in, enum AVPixelFormat format, int width, int height, AVFrame **ret)
{
	_cleanup_(av_frame_free) AVFrame *out = new_picture(format, width, height, true, false);
	_cleanup_(sws_freeContextp) struct SwsContext *sws = NULL;
	struct scaler_side from = side_of(in), to;

	if (!out)
		return AVERROR(ENOMEM);
	to = side_of(out);
	sws = scaler_new(&from, &to, SWS_BILINEAR | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT);
	if (!sws)
		return AVERROR(EINVAL);
	(void) sws_scale(sws, (const uint8_t *const *) in->data, in->linesize, 0, in->height,
		out->data, out->linesize);
	*ret = TAKE_PTR(out);
	return 0;
}

static int to_yuv(const AVFrame *in, int width, int height, AVFrame **ret)
{
	_cleanup_(av_frame_free) AVFrame *rgb = NULL;
	int r;

	if (in->format == AV_PIX_FMT_RGB24 || in->format == AV_PIX_FMT_BGR24)
		return convert(in, AV_PIX_FMT_YUV420P, width, height, ret);
	r = convert(in, AV_PIX_FMT_RGB24, width, height, &rgb);
	return r < 0 ? r : convert(rgb, AV_PIX_FMT_YUV420P, width, height, ret);
}

static int encode(AVFrame *picture, int quantiser, struct jpeg *ret)
{
	_cleanup_(avcodec_free_context) AVCodecContext *c =
		still_encoder(AV_CODEC_ID_MJPEG, picture);

	if (!c)
		return av_errno(AVERROR_ENCODER_NOT_FOUND);
	c->flags |= AV_CODEC_FLAG_QSCALE;
	c->global_quality = quantiser * FF_QP2LAMBDA;
	/* Else it uses 2 where 1 is asked for. */
	c->qmin = JPEG_QUANTISER_BEST;
	picture->quality = quantiser * FF_QP2LAMBDA;
	picture->pts = 0;
	return still_encode(c, picture, &ret->data, &ret->size);
}

static int encode_frame(
	const struct frame *f, int width, int height, int quantiser, struct jpeg *ret)
{
	_cleanup_(av_frame_free) AVFrame *copy = NULL, *yuv = NULL;
	struct jpeg made = { .width = width, .height = height };
	int r = copy_picture(f, &copy);

	if (r >= 0)
		r = to_yuv(copy, width, height, &yuv);
	if (r < 0)
		return av_errno(r);
	r = encode(yuv, quantiser, &made);
	if (r == 0)
		*ret = made;
	return r;
}

static bool is_side(int side)
{
	return side == 0 || (side >= JPEG_SIDE_MIN && side <= JPEG_SIDE_MAX);
}

/* The side that goes with another one as this is to that. */
static int with_aspect(int side, int this, int that)
{
	int64_t n = ((int64_t) side * this + that / 2) / that;

	return (int) CLAMP(n, (int64_t) JPEG_SIDE_MIN, (int64_t) JPEG_SIDE_MAX);
}

static void choose_size(const struct frame *f, int *width, int *height)
{
	if (!*width && !*height) {
		*width = f->width;
		*height = f->height;
	} else if (!*width) {
		*width = with_aspect(*height, f->width, f->height);
	} else if (!*height) {
		*height = with_aspect(*width, f->height, f->width);
	}
}

int jpeg_make(const struct frame *f, int width, int height, int quantiser, struct jpeg *ret)
{
	_cleanup_(frame_unrefp) struct frame *decoded = NULL;
	char why[128];
	int r;

	if (quantiser < JPEG_QUANTISER_BEST || quantiser > JPEG_QUANTISER_WORST ||
		!is_side(width) || !is_side(height))
		return -EINVAL;
	avlog_capture();
	if (f->pixel == PIXEL_MJPEG) {
		r = picture_decode(&decoded, f->data[0], f->size, why, sizeof(why));
		if (r < 0)
			return r;
		f = decoded;
	}
	if (f->width < 1 || f->height < 1 || f->width > FRAME_SIDE_MAX ||
		f->height > FRAME_SIDE_MAX || av_format_of(f) == AV_PIX_FMT_NONE)
		return -EINVAL;
	choose_size(f, &width, &height);
	return encode_frame(f, width, height, quantiser, ret);
}

int jpeg_encode(const struct frame *f, int quantiser, uint8_t **ret, size_t *ret_size)
{
	struct jpeg made;
	int r = jpeg_make(f, 0, 0, quantiser, &made);

	if (r < 0)
		return r;
	*ret = made.data;
	*ret_size = made.size;
	return 0;
}
