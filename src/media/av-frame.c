/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/av-frame.h"

#include <libavutil/frame.h>
#include <libavutil/pixdesc.h>

struct av_frame {
	struct frame frame;
	AVFrame *av;
};

static void av_frame_release(struct frame *f)
{
	struct av_frame *a = (struct av_frame *) f;

	av_frame_free(&a->av);
	free(a);
}

/* Of those with the same layout the one that is ours to name stands first. */
static const struct {
	enum AVPixelFormat format;
	enum pixel pixel;
} formats[] = {
	{ AV_PIX_FMT_YUV420P, PIXEL_I420 },
	{ AV_PIX_FMT_YUVJ420P, PIXEL_I420 },
	{ AV_PIX_FMT_NV12, PIXEL_NV12 },
	{ AV_PIX_FMT_YUYV422, PIXEL_YUYV },
	{ AV_PIX_FMT_UYVY422, PIXEL_UYVY },
	{ AV_PIX_FMT_RGB24, PIXEL_RGB24 },
	{ AV_PIX_FMT_BGR24, PIXEL_BGR24 },
};

static enum pixel pixel_of(int format)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if ((int) formats[i].format == format)
			return formats[i].pixel;
	return PIXEL_AV;
}

int av_format_of(const struct frame *f)
{
	if (f->pixel == PIXEL_AV)
		return f->av_format;
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (formats[i].pixel == f->pixel)
			return formats[i].format;
	return f->pixel == PIXEL_NV16 ? AV_PIX_FMT_NV12 : AV_PIX_FMT_NONE;
}

int av_view_of(const struct frame *f, const uint8_t *data[static FRAME_PLANES],
	int stride[static FRAME_PLANES])
{
	for (int i = 0; i < FRAME_PLANES; i++) {
		data[i] = f->data[i];
		stride[i] = f->stride[i];
	}
	if (f->pixel == PIXEL_NV16)
		stride[1] *= 2;
	return av_format_of(f);
}

/* Is the first plane luma or grey of a byte a sample? */
static bool has_luma8(int format)
{
	const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(format);
	const AVComponentDescriptor *c = d ? &d->comp[0] : NULL;

	if (!d || d->nb_components < 1 ||
		d->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_BITSTREAM |
				   AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_BAYER))
		return false;
	return c->plane == 0 && c->offset == 0 && c->step == 1 && c->depth == 8 && c->shift == 0;
}

/* Are the second and third plane Cb and Cr of a byte a sample? */
static bool has_chroma8(const AVPixFmtDescriptor *d)
{
	for (int i = 1; i < 3; i++) {
		const AVComponentDescriptor *c = &d->comp[i];

		if (d->nb_components < 3 || c->plane != i || c->offset != 0 || c->step != 1 ||
			c->depth != 8 || c->shift != 0)
			return false;
	}
	return true;
}

static void describe_planes(struct frame *f)
{
	const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(f->av_format);

	f->luma8 = has_luma8(f->av_format);
	if (!f->luma8 || !has_chroma8(d))
		return;
	f->chroma_w = (uint8_t) (1 << d->log2_chroma_w);
	f->chroma_h = (uint8_t) (1 << d->log2_chroma_h);
}

int av_plain_format(int format, bool *full_range)
{
	static const struct {
		enum AVPixelFormat j, plain;
	} table[] = {
		{ AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUV420P },
		{ AV_PIX_FMT_YUVJ411P, AV_PIX_FMT_YUV411P },
		{ AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUV422P },
		{ AV_PIX_FMT_YUVJ440P, AV_PIX_FMT_YUV440P },
		{ AV_PIX_FMT_YUVJ444P, AV_PIX_FMT_YUV444P },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if ((int) table[i].j != format)
			continue;
		*full_range = true;
		return table[i].plain;
	}
	return format;
}

/* Formats say it in their name or in a field. */
static bool full_range(const AVFrame *av)
{
	bool full = av->color_range == AVCOL_RANGE_JPEG;

	(void) av_plain_format(av->format, &full);
	return full;
}

int frame_from_av(struct frame **ret, struct AVFrame *av)
{
	struct av_frame *a;

	if (av->width < 1 || av->height < 1 || av->width > FRAME_SIDE_MAX ||
		av->height > FRAME_SIDE_MAX)
		return -EMSGSIZE;
	a = calloc(1, sizeof(*a));
	if (!a)
		return -ENOMEM;
	a->av = av_frame_alloc();
	if (!a->av) {
		free(a);
		return -ENOMEM;
	}
	av_frame_move_ref(a->av, av);
	a->frame.pixel = pixel_of(a->av->format);
	a->frame.av_format = a->av->format;
	describe_planes(&a->frame);
	a->frame.width = a->av->width;
	a->frame.height = a->av->height;
	a->frame.full_range = full_range(a->av);
	a->frame.bt709 = a->av->colorspace == AVCOL_SPC_BT709;
	for (int i = 0; i < FRAME_PLANES; i++) {
		a->frame.data[i] = a->av->data[i];
		a->frame.stride[i] = a->av->linesize[i];
	}
	a->frame.release = av_frame_release;
	atomic_init(&a->frame.refs, 1);
	*ret = &a->frame;
	return 0;
}
