/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The decoders are used without libavformat, so nothing in a file can lead to another one. They ask
 * for room before they decode: what is too large is refused there. Errors they would rather pass
 * over count, for a reference with a grey half is worse than none.
 *
 * Grey keeps its values exactly, R = G = B; swscale might round.
 */
#include "media/picture.h"

#include <libavcodec/avcodec.h>
#include <libavutil/pixdesc.h>
#include <stdarg.h>
#include <string.h>

#include "common/file.h"
#include "media/av-frame.h"
#include "media/av-log.h"
#include "media/scaler.h"

_Static_assert(PICTURE_PIXELS_MAX >= FRAME_SIDE_MAX * FRAME_SIDE_MAX, "the side is the limit");

struct kind {
	const char *name;
	enum AVCodecID codec;
};

/* Says why and returns r. */
PRINTF_LIKE(4, 5) static int fail(int r, char *why, size_t why_size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, why_size, fmt, ap);
	va_end(ap);
	return r;
}

static const struct kind *kind_of(const uint8_t *p, size_t size)
{
	static const struct kind jpeg = { "JPEG", AV_CODEC_ID_MJPEG };
	static const struct kind png = { "PNG", AV_CODEC_ID_PNG };
	static const struct kind webp = { "WebP", AV_CODEC_ID_WEBP };
	static const struct kind pnm[] = { { "PBM", AV_CODEC_ID_PBM }, { "PGM", AV_CODEC_ID_PGM },
		{ "PPM", AV_CODEC_ID_PPM } };

	if (size >= 3 && memcmp(p, "\xff\xd8\xff", 3) == 0)
		return &jpeg;
	if (size >= 8 && memcmp(p, "\x89PNG\r\n\x1a\n", 8) == 0)
		return &png;
	if (size >= 12 && memcmp(p, "RIFF", 4) == 0 && memcmp(p + 8, "WEBP", 4) == 0)
		return &webp;
	if (size >= 3 && p[0] == 'P' && p[1] >= '1' && p[1] <= '6' && strchr(" \t\r\n#", p[2]))
		return &pnm[(p[1] - '1') % 3];
	return NULL;
}

/* A JPEG whose end is missing decodes, with its last rows or its details missing: so its last
 * marker has to be that of the end. What a marker looks like is nowhere in the scan itself. */
static bool jpeg_has_end(const uint8_t *p, size_t size)
{
	for (size_t i = size - 1; i > 0; i--) {
		if (p[i - 1] == 0xff && (p[i] == 0xd9 || p[i] == 0xda))
			return p[i] == 0xd9;
	}
	return false;
}

static int get_buffer(AVCodecContext *codec, AVFrame *f, int flags)
{
	bool *too_large = codec->opaque;

	if (f->width > FRAME_SIDE_MAX || f->height > FRAME_SIDE_MAX) {
		*too_large = true;
		return AVERROR(EINVAL);
	}
	return avcodec_default_get_buffer2(codec, f, flags);
}

static int open_decoder(AVCodecContext **ret, const struct kind *kind, bool *too_large)
{
	_cleanup_(avcodec_free_context) AVCodecContext *c = NULL;
	const AVCodec *codec = avcodec_find_decoder(kind->codec);
	int r;

	if (!codec)
		return AVERROR_DECODER_NOT_FOUND;
	c = avcodec_alloc_context3(codec);
	if (!c)
		return AVERROR(ENOMEM);
	c->thread_count = 1;
	c->thread_type = FF_THREAD_SLICE; /* get_buffer() is for no other thread */
	c->err_recognition |= AV_EF_EXPLODE | AV_EF_CRCCHECK;
	c->strict_std_compliance = FF_COMPLIANCE_STRICT; /* a PNG has an end */
	c->opaque = too_large;
	c->get_buffer2 = get_buffer;
	r = avcodec_open2(c, codec, NULL);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(c);
	return 0;
}

/* Decoders read beyond the end: a packet has room there. */
static int decode(
	AVFrame *out, const struct kind *kind, const void *data, size_t size, bool *too_large)
{
	_cleanup_(avcodec_free_context) AVCodecContext *codec = NULL;
	_cleanup_(av_packet_free) AVPacket *packet = av_packet_alloc();
	int r;

	if (!packet)
		return AVERROR(ENOMEM);
	r = open_decoder(&codec, kind, too_large);
	if (r < 0)
		return r;
	r = av_new_packet(packet, (int) size);
	if (r < 0)
		return r;
	memcpy(packet->data, data, size);
	r = avcodec_send_packet(codec, packet);
	if (r == 0)
		r = avcodec_receive_frame(codec, out);
	if (r < 0)
		return r;
	return out->decode_error_flags ? AVERROR_INVALIDDATA : 0;
}

static void grey_to_rgb(AVFrame *out, const AVFrame *in)
{
	for (int y = 0; y < in->height; y++) {
		const uint8_t *from = in->data[0] + (ptrdiff_t) y * in->linesize[0];
		uint8_t *to = out->data[0] + (ptrdiff_t) y * out->linesize[0];

		for (int x = 0; x < in->width; x++, to += 3)
			to[0] = to[1] = to[2] = from[x];
	}
}

/* Alpha is dropped. The matrix is BT.601, as JPEG and WebP have it. */
static int scale_to_rgb(AVFrame *out, const AVFrame *in)
{
	const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(in->format);
	bool full = in->color_range == AVCOL_RANGE_JPEG || (desc && desc->nb_components < 3);
	int format = av_plain_format(in->format, &full), w = in->width, h = in->height;
	const int *matrix = sws_getCoefficients(SWS_CS_ITU601);
	_cleanup_(sws_freeContextp) struct SwsContext *sws =
		sws_getContext(w, h, format, w, h, AV_PIX_FMT_RGB24,
			SWS_BILINEAR | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP,
			NULL, NULL, NULL);

	if (!sws)
		return AVERROR(ENOSYS);
	/* Refused where there is nothing to tell: of RGB. */
	(void) sws_setColorspaceDetails(sws, matrix, full, matrix, 1, 0, 1 << 16, 1 << 16);
	return sws_scale(sws, (const uint8_t *const *) in->data, in->linesize, 0, h, out->data,
		out->linesize);
}

static int to_rgb(struct frame **ret, AVFrame *in)
{
	_cleanup_(av_frame_free) AVFrame *out = NULL;
	int r;

	if (in->format == AV_PIX_FMT_RGB24) {
		in->color_range = AVCOL_RANGE_JPEG;
		return frame_from_av(ret, in);
	}
	out = av_frame_alloc();
	if (!out)
		return AVERROR(ENOMEM);
	out->format = AV_PIX_FMT_RGB24;
	out->width = in->width;
	out->height = in->height;
	out->color_range = AVCOL_RANGE_JPEG;
	r = av_frame_get_buffer(out, 0);
	if (r < 0)
		return r;
	if (in->format == AV_PIX_FMT_GRAY8)
		grey_to_rgb(out, in);
	else
		r = scale_to_rgb(out, in);
	return r < 0 ? r : frame_from_av(ret, out);
}

int picture_decode(struct frame **ret, const void *data, size_t size, char *why, size_t why_size)
{
	_cleanup_(av_frame_free) AVFrame *decoded = NULL;
	const struct kind *kind = kind_of(data, size);
	bool too_large = false;
	const char *line;
	int r;

	if (size == 0)
		return fail(-EBADMSG, why, why_size, "empty file");
	if (size > PICTURE_BYTES_MAX)
		return fail(-EFBIG, why, why_size, "larger than %d MiB", PICTURE_BYTES_MAX >> 20);
	if (!kind)
		return fail(-EBADMSG, why, why_size, "not a JPEG, PNG, WebP or PNM picture");
	if (kind->codec == AV_CODEC_ID_MJPEG && !jpeg_has_end(data, size))
		return fail(-EBADMSG, why, why_size, "broken JPEG picture: it has no end");
	avlog_clear();
	decoded = av_frame_alloc();
	r = decoded ? decode(decoded, kind, data, size, &too_large) : AVERROR(ENOMEM);
	if (r == 0)
		r = to_rgb(ret, decoded);
	if (r >= 0)
		return 0;
	if (too_large)
		return fail(
			-EFBIG, why, why_size, "more than %d pixels wide or high", FRAME_SIDE_MAX);
	if (r == AVERROR(ENOMEM))
		return fail(-ENOMEM, why, why_size, "%s", strerror(ENOMEM));
	line = avlog_line();
	return fail(-EBADMSG, why, why_size, "broken %s picture%s%s", kind->name, *line ? ": " : "",
		line);
}

int picture_load(struct frame **ret, const char *path, char *why, size_t why_size)
{
	_cleanup_(freep) char *data = NULL;
	size_t size;
	int r = file_read(path, PICTURE_BYTES_MAX, &data, &size);

	if (r == -EFBIG)
		return fail(r, why, why_size, "larger than %d MiB", PICTURE_BYTES_MAX >> 20);
	if (r < 0)
		return fail(r, why, why_size, "%s", r == -EINVAL ? "not a file" : strerror(-r));
	return picture_decode(ret, data, size, why, why_size);
}
