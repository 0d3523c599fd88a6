/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A picture is looked at in three steps: a JPEG is decoded; what has no layout that is known here
 * becomes I420 by swscale; then its planes are moved into a frame of the pool, and masks are drawn
 * over that before anybody else gets hold of it.
 */
#include "media/geometry.h"

#include <errno.h>
#include <libavutil/frame.h>
#include <stdlib.h>
#include <string.h>

#include "media/av-frame.h"
#include "media/geometry-private.h"
#include "media/jpeg-decoder.h"
#include "media/scaler.h"

#define FILTER_MARGIN 4 /* how far swscale may carry colour over the edge of a mask */

struct geometry {
	struct geometry_settings settings;
	bool off;
	struct frame_pool *pool; /* of what comes out, with the layout and size of the last one */
	enum pixel pixel;
	int width, height;
	struct jpeg_decoder *jpeg;
	/* for what is not known here */
	struct SwsContext *sws;
	struct scaler_side side; /* what it was made for */
	struct frame *plain;     /* what it makes */
};

int geometry_new(struct geometry **ret, const struct geometry_settings *settings)
{
	struct geometry *g = calloc(1, sizeof(*g));

	if (!g)
		return -ENOMEM;
	g->settings = *settings;
	g->off = geometry_is_off(settings);
	*ret = g;
	return 0;
}

struct geometry *geometry_free(struct geometry *g)
{
	if (!g)
		return NULL;
	frame_pool_unref(g->pool);
	jpeg_decoder_free(g->jpeg);
	sws_freeContext(g->sws);
	frame_unref(g->plain);
	free(g);
	return NULL;
}

static int decode(struct geometry *g, const struct frame *in, struct frame **ret)
{
	struct AVFrame *decoded = NULL;
	bool full;
	int r = g->jpeg ? 0 : jpeg_decoder_new(&g->jpeg);

	if (r >= 0)
		r = jpeg_decoder_run(g->jpeg, in, &decoded);
	if (r < 0)
		return r;
	/* Unless it says otherwise, a JPEG has the full range. */
	full = decoded->color_range != AVCOL_RANGE_MPEG;
	r = frame_from_av(ret, decoded);
	if (r < 0)
		return r == -ENOMEM ? r : -EBADMSG;
	(*ret)->full_range = full;
	(*ret)->bt709 = in->bt709;
	return 0;
}

static int prepare_plain(struct geometry *g, const struct scaler_side *side)
{
	const struct scaler_side out = { AV_PIX_FMT_YUV420P, side->width, side->height, false,
		side->bt709 };
	_cleanup_(frame_pool_unrefp) struct frame_pool *pool = NULL;
	int r;

	if (g->sws && memcmp(&g->side, side, sizeof(*side)) == 0)
		return 0;
	sws_freeContext(g->sws);
	g->sws = NULL;
	g->plain = frame_unref(g->plain);
	r = frame_pool_new(&pool, PIXEL_I420, side->width, side->height, 1);
	if (r < 0)
		return r;
	g->plain = frame_pool_get(pool);
	if (!g->plain)
		return -ENOMEM;
	g->sws = scaler_new(side, &out, SWS_BILINEAR);
	if (!g->sws)
		return -EINVAL;
	g->side = *side;
	return 0;
}

/* Into g->plain, of the same size. Only libav's own buffers come here, so that swscale may read a
 * little beyond them. */
static int make_plain(struct geometry *g, const struct frame *f)
{
	uint8_t *out[4] = { 0 };
	int stride[4] = { 0 }, r;
	struct scaler_side side;

	if (f->pixel != PIXEL_AV)
		return -EINVAL;
	memset(&side, 0, sizeof(side)); /* padding too: they are compared as bytes */
	side.format = av_format_of(f);
	side.width = f->width;
	side.height = f->height;
	side.full_range = f->full_range;
	side.bt709 = f->bt709;
	side.format = av_plain_format(side.format, &side.full_range);
	r = prepare_plain(g, &side);
	if (r < 0)
		return r;
	for (int i = 0; i < 3; i++) {
		out[i] = (uint8_t *) (uintptr_t) g->plain->data[i];
		stride[i] = g->plain->stride[i];
	}
	if (sws_scale(g->sws, f->data, f->stride, 0, f->height, out, stride) < 0)
		return -EBADMSG;
	g->plain->bt709 = f->bt709;
	return 0;
}

static int get_frame(
	struct geometry *g, enum pixel pixel, int width, int height, struct frame **ret)
{
	int r;

	if (!g->pool || g->pixel != pixel || g->width != width || g->height != height) {
		g->pool = frame_pool_unref(g->pool);
		r = frame_pool_new(&g->pool, pixel, width, height, GEOMETRY_FRAMES_MAX);
		if (r < 0)
			return r;
		g->pixel = pixel;
		g->width = width;
		g->height = height;
	}
	*ret = frame_pool_get(g->pool);
	return *ret ? 0 : -ENOBUFS;
}

static int arrange(struct geometry *g, const struct frame *f, struct frame **ret)
{
	struct geometry_plane planes[3] = { 0 };
	struct geometry_plan plan;
	int n, margin = 0, r;

	n = geometry_planes_of(f, planes);
	if (n == 0)
		margin = FILTER_MARGIN;
	/* Before anything is made of it: it may not fit. */
	r = geometry_plan_make(&g->settings, f->width, f->height, margin, &plan);
	if (r >= 0 && n == 0) {
		r = make_plain(g, f);
		f = g->plain;
		n = r < 0 ? 0 : geometry_planes_of(f, planes);
	}
	if (r >= 0)
		r = get_frame(g, n == 3 ? PIXEL_I420 : f->pixel, plan.width, plan.height, ret);
	if (r < 0)
		return r;
	(*ret)->full_range = f->full_range;
	(*ret)->bt709 = f->bt709;
	geometry_planes_move(&plan, planes, *ret);
	geometry_planes_mask(&plan, *ret, g->settings.colour);
	return 0;
}

int geometry_run(struct geometry *g, struct frame *in, struct frame **ret)
{
	_cleanup_(frame_unrefp) struct frame *decoded = NULL;
	int r = 0;

	if (g->off) {
		*ret = frame_ref(in);
		return 0;
	}
	if (in->pixel == PIXEL_MJPEG)
		r = decode(g, in, &decoded);
	if (r >= 0)
		r = arrange(g, decoded ? decoded : in, ret);
	if (r < 0)
		return r;
	(*ret)->capture_usec = in->capture_usec;
	(*ret)->dequeue_usec = in->dequeue_usec;
	(*ret)->sequence = in->sequence;
	return 0;
}
