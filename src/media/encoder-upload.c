/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/encoder-upload.h"

#include <libavcodec/avcodec.h>
#include <libavutil/hwcontext.h>
#include <string.h>

#include "common/cleanup.h"
#include "media/av-error.h"
#include "media/frame.h"

#define NODE_FIRST 128 /* /dev/dri/renderD128 … */
#define NODES 8
#define SURFACES 8 /* those of the encoder come on top */
#define ALIGNMENT 64

struct encoder_upload {
	int width, height, stride;
	AVBufferPool *memory; /* NV12 */
	AVBufferRef *surfaces;
	AVFrame *nv12; /* on its way to a surface */
};

struct encoder_upload *encoder_upload_free(struct encoder_upload *u)
{
	if (!u)
		return NULL;
	av_frame_free(&u->nv12);
	av_buffer_unref(&u->surfaces);
	av_buffer_pool_uninit(&u->memory);
	free(u);
	return NULL;
}

static int open_device(AVBufferRef **ret, int device, char *why, size_t why_size)
{
	int r = AVERROR(ENODEV);

	for (int i = 0; i < NODES; i++) {
		char node[32];

		snprintf(node, sizeof(node), "/dev/dri/renderD%d", NODE_FIRST + i);
		if (access(node, F_OK) < 0)
			continue;
		r = av_hwdevice_ctx_create(ret, (enum AVHWDeviceType) device, node, NULL, 0);
		if (r >= 0)
			return 0;
	}
	snprintf(why, why_size, "no render node in /dev/dri has a driver that works");
	return av_errno(r);
}

static int make_surfaces(
	struct encoder_upload *u, int device, AVCodecContext *ctx, char *why, size_t why_size)
{
	AVBufferRef *opened = NULL;
	AVHWFramesContext *frames;
	int r = open_device(&opened, device, why, why_size);

	if (r < 0)
		return r;
	u->surfaces = av_hwframe_ctx_alloc(opened);
	av_buffer_unref(&opened);
	if (!u->surfaces)
		return -ENOMEM;
	frames = (AVHWFramesContext *) u->surfaces->data;
	frames->format = device == AV_HWDEVICE_TYPE_VAAPI ? AV_PIX_FMT_VAAPI : AV_PIX_FMT_NONE;
	frames->sw_format = AV_PIX_FMT_NV12;
	frames->width = u->width;
	frames->height = u->height;
	frames->initial_pool_size = SURFACES;
	r = av_hwframe_ctx_init(u->surfaces);
	if (r < 0) {
		snprintf(why, why_size, "the driver has no surfaces of %dx%d", u->width, u->height);
		return av_errno(r);
	}
	ctx->hw_frames_ctx = av_buffer_ref(u->surfaces);
	ctx->pix_fmt = frames->format;
	return ctx->hw_frames_ctx ? 0 : -ENOMEM;
}

static void free_upload(struct encoder_upload **u)
{
	*u = encoder_upload_free(*u);
}

int encoder_upload_new(struct encoder_upload **ret, int device, struct AVCodecContext *ctx,
	char *why, size_t why_size)
{
	_cleanup_(free_upload) struct encoder_upload *u = calloc(1, sizeof(*u));
	int r = 0;

	if (!u)
		return -ENOMEM;
	u->width = ctx->width;
	u->height = ctx->height;
	u->stride = (ctx->width + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	u->memory = av_buffer_pool_init(
		(size_t) u->stride * (size_t) u->height * 3 / 2 + ALIGNMENT, NULL);
	u->nv12 = av_frame_alloc();
	if (!u->memory || !u->nv12)
		return -ENOMEM;
	ctx->pix_fmt = AV_PIX_FMT_NV12;
	if (device != AV_HWDEVICE_TYPE_NONE)
		r = make_surfaces(u, device, ctx, why, why_size);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(u);
	return 0;
}

static void copy_luma(const struct frame *f, uint8_t *to, int stride)
{
	for (int y = 0; y < f->height; y++)
		memcpy(to + (ptrdiff_t) y * stride, f->data[0] + (ptrdiff_t) y * f->stride[0],
			(size_t) f->width);
}

static void weave_chroma(const struct frame *f, uint8_t *to, int stride)
{
	for (int y = 0; y < f->height / 2; y++) {
		const uint8_t *restrict cb = f->data[1] + (ptrdiff_t) y * f->stride[1];
		const uint8_t *restrict cr = f->data[2] + (ptrdiff_t) y * f->stride[2];
		uint8_t *restrict row = to + (ptrdiff_t) y * stride;

		for (int x = 0; x < f->width / 2; x++) {
			row[2 * x] = cb[x];
			row[2 * x + 1] = cr[x];
		}
	}
}

static int to_nv12(struct encoder_upload *u, const struct frame *f, AVFrame *out)
{
	out->buf[0] = av_buffer_pool_get(u->memory);
	if (!out->buf[0])
		return -ENOMEM;
	out->data[0] = out->buf[0]->data;
	out->data[1] = out->data[0] + (size_t) u->stride * (size_t) u->height;
	out->linesize[0] = out->linesize[1] = u->stride;
	out->format = AV_PIX_FMT_NV12;
	out->width = u->width;
	out->height = u->height;
	copy_luma(f, out->data[0], u->stride);
	weave_chroma(f, out->data[1], u->stride);
	return 0;
}

int encoder_upload_run(struct encoder_upload *u, const struct frame *f, struct AVFrame *out)
{
	int r;

	if (!u->surfaces)
		return to_nv12(u, f, out);
	r = to_nv12(u, f, u->nv12);
	if (r < 0)
		return r;
	r = av_hwframe_get_buffer(u->surfaces, out, 0);
	if (r >= 0)
		r = av_hwframe_transfer_data(out, u->nv12, 0);
	av_frame_unref(u->nv12);
	return av_errno(r);
}
