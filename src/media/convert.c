/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/convert.h"

#include <libavcodec/avcodec.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
#include <string.h>

#include "media/av-error.h"

#define CONVERT_FRAMES 6 /* one in the encoder, one kept to be repeated, the rest for others */

/* What a scaler context was made for; a change makes a new one. */
struct scale_key {
	int format, width, height;
	bool full_range, bt709;
};

struct converter {
	int width, height;
	struct frame_pool *pool;
	struct SwsContext *sws;
	struct scale_key key;
	int x, y, w, h; /* where the picture stands in the output */
	AVCodecContext *jpeg;
	AVPacket *packet;
	AVFrame *decoded;
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
	avcodec_free_context(&c->jpeg);
	av_packet_free(&c->packet);
	av_frame_free(&c->decoded);
	frame_pool_unref(c->pool);
	free(c);
	return NULL;
}

static int format_of(const struct frame *f)
{
	switch (f->pixel) {
	case PIXEL_I420:
		return AV_PIX_FMT_YUV420P;
	case PIXEL_NV12:
		return AV_PIX_FMT_NV12;
	case PIXEL_YUYV:
		return AV_PIX_FMT_YUYV422;
	case PIXEL_UYVY:
		return AV_PIX_FMT_UYVY422;
	case PIXEL_RGB24:
		return AV_PIX_FMT_RGB24;
	case PIXEL_BGR24:
		return AV_PIX_FMT_BGR24;
	case PIXEL_AV:
		return f->av_format;
	case PIXEL_MJPEG:
	case _PIXEL_MAX:
		break;
	}
	return AV_PIX_FMT_NONE;
}

/* The formats with a J in their name are the plain ones with full range; swscale wants the plain
 * ones and to be told the range. */
static int plain_format(int format, bool *full_range)
{
	switch (format) {
	case AV_PIX_FMT_YUVJ420P:
		*full_range = true;
		return AV_PIX_FMT_YUV420P;
	case AV_PIX_FMT_YUVJ422P:
		*full_range = true;
		return AV_PIX_FMT_YUV422P;
	case AV_PIX_FMT_YUVJ444P:
		*full_range = true;
		return AV_PIX_FMT_YUV444P;
	case AV_PIX_FMT_YUVJ440P:
		*full_range = true;
		return AV_PIX_FMT_YUV440P;
	default:
		return format;
	}
}

static int open_jpeg(struct converter *c)
{
	const AVCodec *codec = avcodec_find_decoder(AV_CODEC_ID_MJPEG);
	int r;

	if (!codec)
		return -ENOSYS;
	c->jpeg = avcodec_alloc_context3(codec);
	c->packet = av_packet_alloc();
	c->decoded = av_frame_alloc();
	if (!c->jpeg || !c->packet || !c->decoded)
		return -ENOMEM;
	c->jpeg->thread_count = 1;
	c->jpeg->flags |= AV_CODEC_FLAG_LOW_DELAY;
	c->jpeg->max_pixels = (int64_t) FRAME_SIDE_MAX * FRAME_SIDE_MAX;
	r = avcodec_open2(c->jpeg, codec, NULL);
	return r < 0 ? av_errno(r) : 0;
}

/* Decodes one JPEG into c->decoded. The card's buffer is read in place; the decoder copes with a
 * packet that has no padding because the picture ends with its own end marker, yet a hostile one
 * need not: so the bytes are copied where the buffer cannot be padded. */
static int decode_jpeg(struct converter *c, const struct frame *in)
{
	int r;

	if (!c->jpeg) {
		r = open_jpeg(c);
		if (r < 0)
			return r;
	}
	av_packet_unref(c->packet);
	r = av_new_packet(c->packet, (int) in->size);
	if (r < 0)
		return -ENOMEM;
	memcpy(c->packet->data, in->data[0], in->size);
	r = avcodec_send_packet(c->jpeg, c->packet);
	av_packet_unref(c->packet);
	if (r == 0)
		r = avcodec_receive_frame(c->jpeg, c->decoded);
	if (r < 0) {
		avcodec_flush_buffers(c->jpeg);
		return r == AVERROR(ENOMEM) ? -ENOMEM : -EBADMSG;
	}
	if (c->decoded->decode_error_flags)
		return -EBADMSG;
	return 0;
}

/* The picture's place: as large as fits with its aspect kept; within 1 % it fills the output. */
static void place(struct converter *c, int width, int height)
{
	int64_t a = (int64_t) width * c->height, b = (int64_t) height * c->width;

	c->x = c->y = 0;
	c->w = c->width;
	c->h = c->height;
	if (llabs(a - b) * 100 <= b)
		return;
	if (a > b)
		c->h = MAX((int) (b * c->height / a) / 2 * 2, 2);
	else if (a < b)
		c->w = MAX((int) (a * c->width / b) / 2 * 2, 2);
	c->x = (c->width - c->w) / 4 * 2;
	c->y = (c->height - c->h) / 4 * 2;
}

static int prepare_scaler(struct converter *c, const struct scale_key *key)
{
	const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(key->format);
	bool rgb, bt709;
	const int *in, *out;

	if (!desc || key->width < 1 || key->height < 1)
		return -EINVAL;
	if (c->sws && memcmp(&c->key, key, sizeof(*key)) == 0)
		return 0;
	place(c, key->width, key->height);
	sws_freeContext(c->sws);
	c->sws = sws_getContext(key->width, key->height, key->format, c->w, c->h,
		AV_PIX_FMT_YUV420P, SWS_BILINEAR, NULL, NULL, NULL);
	if (!c->sws)
		return -EINVAL;
	rgb = desc->flags & AV_PIX_FMT_FLAG_RGB;
	bt709 = rgb ? c->height >= 720 : key->bt709;
	in = out = sws_getCoefficients(bt709 ? SWS_CS_ITU709 : SWS_CS_ITU601);
	if (rgb || key->full_range)
		(void) sws_setColorspaceDetails(
			c->sws, in, key->full_range || rgb, out, 0, 0, 1 << 16, 1 << 16);
	c->key = *key;
	return 0;
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

static int scale(struct converter *c, const struct scale_key *key, const uint8_t *const data[],
	const int stride[], struct frame **ret)
{
	_cleanup_(frame_unrefp) struct frame *f = NULL;
	uint8_t *out[4] = { 0 };
	int out_stride[4] = { 0 }, r;

	r = prepare_scaler(c, key);
	if (r < 0)
		return r;
	f = frame_pool_get(c->pool);
	if (!f)
		return -ENOBUFS;
	for (int i = 0; i < 3; i++) {
		int s = i > 0;

		out[i] = (uint8_t *) f->data[i] + (ptrdiff_t) (c->y >> s) * f->stride[i] +
			 (c->x >> s);
		out_stride[i] = f->stride[i];
	}
	if (c->w != c->width || c->h != c->height)
		draw_borders(c, f);
	if (sws_scale(c->sws, data, stride, 0, key->height, out, out_stride) <= 0)
		return -EBADMSG;
	f->bt709 = key->bt709;
	*ret = TAKE_PTR(f);
	return 0;
}

int converter_run(struct converter *c, struct frame *in, struct frame **ret)
{
	struct scale_key key;
	const uint8_t *data[4];
	int stride[4], r;

	memset(&key, 0, sizeof(key)); /* padding too: keys are compared as bytes */
	if (in->pixel == PIXEL_I420 && in->width == c->width && in->height == c->height &&
		!in->full_range) {
		*ret = frame_ref(in);
		return 0;
	}
	if (in->pixel == PIXEL_MJPEG) {
		r = decode_jpeg(c, in);
		if (r < 0)
			return r;
		key.format = c->decoded->format;
		key.width = c->decoded->width;
		key.height = c->decoded->height;
		key.full_range = c->decoded->color_range != AVCOL_RANGE_MPEG;
		for (int i = 0; i < 4; i++) {
			data[i] = c->decoded->data[i];
			stride[i] = c->decoded->linesize[i];
		}
	} else {
		key.format = format_of(in);
		key.width = in->width;
		key.height = in->height;
		key.full_range = in->full_range;
		key.bt709 = in->bt709;
		for (int i = 0; i < 4; i++) {
			data[i] = in->data[i];
			stride[i] = in->stride[i];
		}
	}
	key.format = plain_format(key.format, &key.full_range);
	r = scale(c, &key, data, stride, ret);
	if (c->decoded)
		av_frame_unref(c->decoded);
	if (r < 0)
		return r;
	(*ret)->capture_usec = in->capture_usec;
	(*ret)->dequeue_usec = in->dequeue_usec;
	(*ret)->sequence = in->sequence;
	return 0;
}
