/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/convert.h"

#include <libavutil/frame.h>
#include <libavutil/mem.h>
#include <string.h>

#include "media/av-frame.h"
#include "media/jpeg-decoder.h"
#include "media/scaler.h"

#define TAIL_PADDING 64
#define CONVERT_FRAMES 8 /* one in the encoder, one kept to be repeated, the rest for others */

struct converter {
	int width, height;
	bool stretch; /* no borders */
	struct frame_pool *pool;
	struct SwsContext *sws;
	struct scaler_side key; /* what the context was made for; the output has its matrix */
	int x, y, w, h;         /* where the picture stands in the output */
	struct frame *inner;    /* the picture without its borders, when they are at the sides */
	uint8_t *tail;          /* last rows of a picture whose end must not be read beyond */
	unsigned tail_size;
	struct jpeg_decoder *jpeg;
	AVFrame *decoded; /* the decoder's; NULL before */
};

int converter_new(struct converter **ret, int width, int height)
{
	_cleanup_(converter_freep) struct converter *c = NULL;
	int r;

	if (width < 16 || height < 16 || width % 2 || height % 2)
		return -EINVAL;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->width = width;
	c->height = height;
	r = frame_pool_new(&c->pool, PIXEL_I420, width, height, CONVERT_FRAMES);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(c);
	return 0;
}

struct converter *converter_free(struct converter *c)
{
	if (!c)
		return NULL;
	sws_freeContext(c->sws);
	jpeg_decoder_free(c->jpeg);
	av_freep(&c->tail);
	frame_unref(c->inner);
	frame_pool_unref(c->pool);
	free(c);
	return NULL;
}

/* Decodes one JPEG into c->decoded. */
static int decode_jpeg(struct converter *c, const struct frame *in)
{
	int r = c->jpeg ? 0 : jpeg_decoder_new(&c->jpeg);

	return r < 0 ? r : jpeg_decoder_run(c->jpeg, in, &c->decoded);
}

/* The picture's place: as large as fits with its aspect kept; within 1 % it fills the output. */
static void place(struct converter *c, int width, int height)
{
	int64_t a = (int64_t) width * c->height, b = (int64_t) height * c->width;

	c->x = c->y = 0;
	c->w = c->width;
	c->h = c->height;
	if (c->stretch || llabs(a - b) * 100 <= b)
		return;
	if (a > b)
		c->h = MAX((int) (b * c->height / a) / 2 * 2, 2);
	else if (a < b)
		c->w = MAX((int) (a * c->width / b) / 2 * 2, 2);
	c->x = (c->width - c->w) / 4 * 2;
	c->y = (c->height - c->h) / 4 * 2;
}

static struct SwsContext *new_scaler(const struct converter *c, const struct scaler_side *in)
{
	const struct scaler_side out = { AV_PIX_FMT_YUV420P, c->w, c->h, false, in->bt709 };

	return scaler_new(in, &out, SWS_BILINEAR);
}

/* swscale stores whole vectors where it thinks rows begin and end: a picture with borders at its
 * sides is scaled into a frame of its own and copied. */
static int prepare_inner(struct converter *c)
{
	_cleanup_(frame_pool_unrefp) struct frame_pool *pool = NULL;
	int r;

	c->inner = frame_unref(c->inner);
	if (c->w == c->width)
		return 0;
	r = frame_pool_new(&pool, PIXEL_I420, c->w, c->h, 1);
	if (r < 0)
		return r;
	c->inner = frame_pool_get(pool);
	return c->inner ? 0 : -ENOMEM;
}

static int prepare_scaler(struct converter *c, const struct scaler_side *key)
{
	int r;

	if (key->width < 1 || key->height < 1 || key->width > FRAME_SIDE_MAX ||
		key->height > FRAME_SIDE_MAX)
		return -EINVAL;
	if (c->sws && memcmp(&c->key, key, sizeof(*key)) == 0)
		return 0;
	place(c, key->width, key->height);
	sws_freeContext(c->sws);
	c->sws = NULL;
	r = prepare_inner(c);
	if (r < 0)
		return r;
	c->sws = new_scaler(c, key);
	if (!c->sws)
		return -EINVAL;
	c->key = *key;
	return 0;
}

void converter_set_stretch(struct converter *c, bool stretch)
{
	if (c->stretch == stretch)
		return;
	c->stretch = stretch;
	sws_freeContext(c->sws);
	c->sws = NULL; /* made anew, with the picture's place */
}

static void fill_plane(uint8_t *p, int stride, int x, int y, int w, int h, uint8_t value)
{
	for (int i = 0; i < h; i++)
		memset(p + (ptrdiff_t) (y + i) * stride + x, value, (size_t) w);
}

static void draw_borders(struct converter *c, struct frame *f)
{
	for (int i = 0; i < 3; i++) {
		int s = i > 0, W = c->width >> s, H = c->height >> s;
		int x = c->x >> s, y = c->y >> s, w = c->w >> s, h = c->h >> s;
		uint8_t *p = (uint8_t *) f->data[i], v = i ? 128 : 16;

		fill_plane(p, f->stride[i], 0, 0, W, y, v);
		fill_plane(p, f->stride[i], 0, y + h, W, H - y - h, v);
		fill_plane(p, f->stride[i], 0, y, x, h, v);
		fill_plane(p, f->stride[i], x + w, y, W - x - w, h, v);
	}
}

/* May swscale be given the buffer as it is? It loads up to 32 bytes at a time, and 16 of three-byte
 * pixels wherever they end, but a card's buffer may end where its page does. */
static bool needs_tail(const struct frame *in)
{
	switch (in->pixel) {
	case PIXEL_RGB24:
	case PIXEL_BGR24:
		return true;
	case PIXEL_YUYV:
	case PIXEL_UYVY:
		return in->width * 2 % 32;
	case PIXEL_I420:
		return in->width % 64;
	case PIXEL_NV12:
	case PIXEL_NV16:
		return in->width % 32;
	case PIXEL_MJPEG:
	case PIXEL_H264:
	case PIXEL_AV:
	case _PIXEL_MAX:
		break; /* libav's own buffers have room at the end */
	}
	return false;
}

/* Scales the last rows out of a copy. */
static int scale_with_tail(struct converter *c, const struct frame *in, const uint8_t *const data[],
	const int stride[], uint8_t *const out[], const int out_stride[])
{
	int height = in->height, body = (height - 1) / 2 * 2, r = 0;
	const uint8_t *tail[4] = { 0 };
	size_t size = 0;

	for (int i = 0; i < 3 && data[i]; i++)
		size += (size_t) stride[i] * 2 + TAIL_PADDING;
	av_fast_malloc(&c->tail, &c->tail_size, size);
	if (!c->tail)
		return -ENOMEM;
	size = 0;
	for (int i = 0; i < 3 && data[i]; i++) {
		size_t rows = (size_t) (i ? (height - body + 1) / 2 : height - body);
		size_t row = (size_t) stride[i];

		tail[i] = c->tail + size;
		/* Of NV16 the last row of the view is half one that is not there. */
		memcpy(c->tail + size, data[i] + (size_t) (i ? body / 2 : body) * row,
			rows * row - (i && in->pixel == PIXEL_NV16 ? row / 2 : 0));
		size += rows * row + TAIL_PADDING;
	}
	if (body > 0)
		r = sws_scale(c->sws, data, stride, 0, body, out, out_stride);
	if (r >= 0)
		r = sws_scale(c->sws, tail, stride, body, height - body, out, out_stride);
	return r;
}

/* Into a frame of the picture's own size, or with w equal to the output's width into its rows from
 * y on. */
static int scale_into(struct converter *c, const struct frame *in, const struct scaler_side *key,
	const uint8_t *const data[], const int stride[], struct frame *f, int y)
{
	uint8_t *out[4] = { 0 };
	int out_stride[4] = { 0 }, r;

	for (int i = 0; i < 3; i++) {
		out[i] = (uint8_t *) f->data[i] + (ptrdiff_t) (i ? y / 2 : y) * f->stride[i];
		out_stride[i] = f->stride[i];
	}
	if (needs_tail(in))
		r = scale_with_tail(c, in, data, stride, out, out_stride);
	else
		r = sws_scale(c->sws, data, stride, 0, key->height, out, out_stride);
	if (r < 0)
		return r == -ENOMEM ? r : -EBADMSG;
	return 0;
}

static void copy_inner(struct converter *c, struct frame *f)
{
	for (int i = 0; i < 3; i++) {
		int s = i > 0;
		uint8_t *to = (uint8_t *) f->data[i] + (ptrdiff_t) (c->y >> s) * f->stride[i] +
			      (c->x >> s);

		for (int y = 0; y < c->h >> s; y++)
			memcpy(to + (ptrdiff_t) y * f->stride[i],
				c->inner->data[i] + (ptrdiff_t) y * c->inner->stride[i],
				(size_t) (c->w >> s));
	}
}

static int scale(struct converter *c, const struct frame *in, const struct scaler_side *key,
	const uint8_t *const data[], const int stride[], struct frame **ret)
{
	_cleanup_(frame_unrefp) struct frame *f = NULL;
	int r;

	r = prepare_scaler(c, key);
	if (r < 0)
		return r;
	f = frame_pool_get(c->pool);
	if (!f)
		return -ENOBUFS;
	if (c->w != c->width || c->h != c->height)
		draw_borders(c, f);
	if (c->inner)
		r = scale_into(c, in, key, data, stride, c->inner, 0);
	else
		r = scale_into(c, in, key, data, stride, f, c->y);
	if (r < 0)
		return r;
	if (c->inner)
		copy_inner(c, f);
	f->bt709 = key->bt709;
	*ret = TAKE_PTR(f);
	return 0;
}

/* What there is to scale: the frame itself or the JPEG in it. */
static int look_at(struct converter *c, const struct frame *in, struct scaler_side *key,
	const uint8_t *data[4], int stride[4])
{
	if (in->pixel == PIXEL_MJPEG) {
		int r = decode_jpeg(c, in);

		if (r < 0)
			return r;
		key->format = c->decoded->format;
		key->width = c->decoded->width;
		key->height = c->decoded->height;
		key->full_range = c->decoded->color_range != AVCOL_RANGE_MPEG;
		for (int i = 0; i < 4; i++) {
			data[i] = c->decoded->data[i];
			stride[i] = c->decoded->linesize[i];
		}
	} else {
		key->format = av_view_of(in, data, stride);
		key->width = in->width;
		key->height = in->height;
		key->full_range = in->full_range;
	}
	key->format = av_plain_format(key->format, &key->full_range);
	/* As screens expect it of a picture that does not say. */
	key->bt709 =
		in->pixel == PIXEL_RGB24 || in->pixel == PIXEL_BGR24 ? c->height >= 720 : in->bt709;
	return 0;
}

int converter_run(struct converter *c, struct frame *in, struct frame **ret)
{
	struct scaler_side key; /* what the context was made for; the output has its matrix */
	const uint8_t *data[4];
	int stride[4], r;

	if (in->pixel == PIXEL_I420 && in->width == c->width && in->height == c->height &&
		!in->full_range) {
		*ret = frame_ref(in);
		return 0;
	}
	memset(&key, 0, sizeof(key)); /* padding too: keys are compared as bytes */
	r = look_at(c, in, &key, data, stride);
	if (r == 0)
		r = scale(c, in, &key, data, stride, ret);
	if (c->decoded)
		av_frame_unref(c->decoded);
	if (r < 0)
		return r;
	(*ret)->capture_usec = in->capture_usec;
	(*ret)->dequeue_usec = in->dequeue_usec;
	(*ret)->sequence = in->sequence;
	return 0;
}
