/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The choice is a comparison of ranks: each mode gets a row of numbers, least is best, the first
 * that differs decides. So the order of the rows below is the whole policy.
 */
#include "capture/v4l2-format.h"

#include <errno.h>
#include <string.h>

#include "common/usec.h"

#define RATE_SLACK 5            /* ‰: 29.97 serves who wants 30 */
#define JPEG_PADDING_MAX 131072 /* how far from the end of a buffer its picture may end */

/* In the order in which they are cheap to encode from; see format_cost(). */
static const struct {
	uint32_t fourcc;
	enum pixel pixel;
	int blocks; /* of memory */
} formats[] = {
	{ V4L2_PIX_FMT_NV12, PIXEL_NV12, 1 },
	{ V4L2_PIX_FMT_NV12M, PIXEL_NV12, 2 },
	{ V4L2_PIX_FMT_YUV420, PIXEL_I420, 1 },
	{ V4L2_PIX_FMT_YUV420M, PIXEL_I420, 3 },
	{ V4L2_PIX_FMT_NV16, PIXEL_NV16, 1 },
	{ V4L2_PIX_FMT_NV16M, PIXEL_NV16, 2 },
	{ V4L2_PIX_FMT_YUYV, PIXEL_YUYV, 1 },
	{ V4L2_PIX_FMT_UYVY, PIXEL_UYVY, 1 },
	{ V4L2_PIX_FMT_BGR24, PIXEL_BGR24, 1 },
	{ V4L2_PIX_FMT_RGB24, PIXEL_RGB24, 1 },
	{ V4L2_PIX_FMT_MJPEG, PIXEL_MJPEG, 1 },
	{ V4L2_PIX_FMT_JPEG, PIXEL_MJPEG, 1 },
	/* Decoding takes most, and a loss costs all pictures up to the next IDR. */
	{ V4L2_PIX_FMT_H264, PIXEL_H264, 1 },
};

enum rank {
	RANK_UNSATISFIED, /* too small or too slow */
	RANK_SIZE,        /* exact, larger, smaller */
	RANK_SHAPE,       /* same aspect ratio, other: grabbers squeeze the picture to fit */
	RANK_AREA,        /* nearest to the wanted size */
	RANK_SLOWNESS,    /* by how much the rate is missed */
	RANK_COST,        /* of the conversion: raw before MJPEG before H.264 */
	RANK_EXCESS,      /* pictures that would be thrown away */
	_RANK_MAX
};

bool v4l2_pixel_from_fourcc(uint32_t fourcc, enum pixel *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		if (formats[i].fourcc == fourcc) {
			*ret = formats[i].pixel;
			return true;
		}
	}
	return false;
}

uint32_t v4l2_fourcc_from_pixel(enum pixel pixel)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (formats[i].pixel == pixel)
			return formats[i].fourcc;
	return 0;
}

int v4l2_fourcc_blocks(uint32_t fourcc)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (formats[i].fourcc == fourcc)
			return formats[i].blocks;
	return 1;
}

const char *v4l2_fourcc_name(uint32_t fourcc, char buf[static 5])
{
	for (int i = 0; i < 4; i++) {
		char c = (char) (fourcc >> 8 * i & 0x7f);

		buf[i] = c > ' ' && c < 0x7f ? c : ' ';
	}
	buf[4] = '\0';
	return buf;
}

static int snap(uint32_t min, uint32_t max, uint32_t step, int wanted)
{
	uint32_t want = (uint32_t) MAX(wanted, 0), up;

	max = MIN(max, (uint32_t) FRAME_SIDE_MAX);
	if (want <= min)
		return (int) MIN(min, max);
	step = MAX(step, 1);
	if (want >= max)
		return (int) (min + (max - min) / step * step);
	up = min + (want - min + step - 1) / step * step;
	return (int) (up <= max ? up : up - step);
}

void v4l2_size_snap(
	const struct v4l2_frmsize_stepwise *range, int width, int height, int *ret_w, int *ret_h)
{
	*ret_w = snap(range->min_width, range->max_width, range->step_width,
		width ? width : FRAME_SIDE_MAX);
	*ret_h = snap(range->min_height, range->max_height, range->step_height,
		height ? height : FRAME_SIDE_MAX);
}

int64_t v4l2_millirate(const struct v4l2_fract *interval)
{
	if (interval->numerator == 0)
		return 0;
	return (int64_t) interval->denominator * 1000 / interval->numerator;
}

static int64_t wanted_millirate(const struct video_want *want)
{
	if (want->rate_num <= 0 || want->rate_den <= 0)
		return 0;
	return (int64_t) want->rate_num * 1000 / want->rate_den;
}

/* The rate at which a mode would be run: the wanted one where it has a range, else its own. */
static int64_t mode_millirate(const struct v4l2_mode *m, int64_t wanted)
{
	int64_t fastest = v4l2_millirate(&m->fastest), slowest = v4l2_millirate(&m->slowest);

	if (fastest == 0)
		return 0;
	return wanted ? CLAMP(wanted, MIN(slowest, fastest), fastest) : fastest;
}

/* Can what the card has encoded go on as it is? */
static bool can_pass(
	const struct v4l2_mode *m, const struct video_want *want, const int64_t rank[_RANK_MAX])
{
	return want->coded && m->pixel == PIXEL_H264 && rank[RANK_SIZE] == 0 &&
	       rank[RANK_EXCESS] <= wanted_millirate(want) * RATE_SLACK / 1000;
}

static int format_cost(uint32_t fourcc)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (formats[i].fourcc == fourcc)
			return (int) i;
	return (int) ARRAY_SIZE(formats);
}

static void rank_size(
	const struct v4l2_mode *m, const struct video_want *want, int64_t rank[static _RANK_MAX])
{
	int64_t area = (int64_t) m->width * m->height;
	int64_t wanted = (int64_t) want->width * want->height;

	if (m->width == 0 || (m->width == want->width && m->height == want->height))
		return;
	if (wanted == 0) {
		rank[RANK_AREA] = -area;
		return;
	}
	rank[RANK_SIZE] = m->width >= want->width && m->height >= want->height ? 1 : 2;
	rank[RANK_SHAPE] = (int64_t) m->width * want->height != (int64_t) m->height * want->width;
	rank[RANK_AREA] = area > wanted ? area - wanted : wanted - area;
}

static void rank_mode(
	const struct v4l2_mode *m, const struct video_want *want, int64_t rank[static _RANK_MAX])
{
	int64_t wanted = wanted_millirate(want), rate = mode_millirate(m, wanted);

	memset(rank, 0, sizeof(*rank) * _RANK_MAX);
	rank_size(m, want, rank);
	if (wanted == 0) {
		rank[RANK_SLOWNESS] = -rate;
	} else if (rate != 0 && rate < wanted - wanted * RATE_SLACK / 1000) {
		rank[RANK_SLOWNESS] = wanted - rate;
	} else if (rate > wanted) {
		rank[RANK_EXCESS] = rate - wanted;
	}
	rank[RANK_COST] = can_pass(m, want, rank) ? -1 : format_cost(m->fourcc);
	rank[RANK_UNSATISFIED] = rank[RANK_SIZE] == 2 || rank[RANK_SLOWNESS] > 0;
}

static bool rank_less(const int64_t a[static _RANK_MAX], const int64_t b[static _RANK_MAX])
{
	for (int i = 0; i < _RANK_MAX; i++)
		if (a[i] != b[i])
			return a[i] < b[i];
	return false;
}

static struct v4l2_fract choose_interval(const struct v4l2_mode *m, const struct video_want *want)
{
	int64_t wanted = wanted_millirate(want);
	struct v4l2_fract asked = { 0 };

	if (wanted != 0)
		asked = (struct v4l2_fract){ (uint32_t) want->rate_den, (uint32_t) want->rate_num };
	if (v4l2_millirate(&m->fastest) == 0)
		return asked;
	if (wanted == 0 || wanted >= v4l2_millirate(&m->fastest))
		return m->fastest;
	return wanted <= v4l2_millirate(&m->slowest) ? m->slowest : asked;
}

int v4l2_choose(const struct v4l2_mode *modes, size_t n, const struct video_want *want,
	struct v4l2_choice *ret)
{
	const struct v4l2_mode *best = NULL;
	int64_t best_rank[_RANK_MAX], rank[_RANK_MAX];

	for (size_t i = 0; i < n; i++) {
		if (!want->format_auto && modes[i].pixel != want->format)
			continue;
		rank_mode(&modes[i], want, rank);
		if (best && !rank_less(rank, best_rank))
			continue;
		best = &modes[i];
		memcpy(best_rank, rank, sizeof(rank));
	}
	if (!best)
		return -ENOENT;
	*ret = (struct v4l2_choice){
		.fourcc = best->fourcc,
		.pixel = best->pixel,
		.width = best->width ? best->width : want->width,
		.height = best->width ? best->height : want->height,
		.interval = choose_interval(best, want),
	};
	return 0;
}

/* The fastest rate of the same picture that is less than the one tried; 0/0: there is none. */
static struct v4l2_fract slower_interval(
	const struct v4l2_mode *modes, size_t n, const struct v4l2_choice *tried)
{
	int64_t now = v4l2_millirate(&tried->interval), best = 0;
	struct v4l2_fract ret = { 0 };

	for (size_t i = 0; i < n && now > 0; i++) {
		const struct v4l2_mode *m = &modes[i];
		int64_t fastest = v4l2_millirate(&m->fastest),
			slowest = v4l2_millirate(&m->slowest);
		struct v4l2_fract f = m->fastest;

		if (m->fourcc != tried->fourcc || m->width != tried->width ||
			m->height != tried->height || slowest <= 0 || slowest >= now)
			continue;
		if (fastest >= now && now / 2 <= slowest)
			f = m->slowest;
		else if (fastest >= now)
			f = (struct v4l2_fract){ tried->interval.numerator * 2,
				tried->interval.denominator };
		if (v4l2_millirate(&f) > best) {
			best = v4l2_millirate(&f);
			ret = f;
		}
	}
	return ret;
}

/* The largest picture of the same format that is smaller than the one tried; its size as a want. */
static bool smaller_size(const struct v4l2_mode *modes, size_t n, const struct v4l2_choice *tried,
	struct video_want *ret)
{
	int64_t now = (int64_t) tried->width * tried->height, best = 0;

	for (size_t i = 0; i < n; i++) {
		int64_t area = (int64_t) modes[i].width * modes[i].height;

		if (modes[i].fourcc != tried->fourcc || area >= now || area <= best)
			continue;
		best = area;
		ret->width = modes[i].width;
		ret->height = modes[i].height;
	}
	return best > 0;
}

int v4l2_choose_cheaper(const struct v4l2_mode *modes, size_t n, const struct video_want *want,
	bool smaller, const struct v4l2_choice *tried, struct v4l2_choice *ret)
{
	static const enum pixel compressed[] = { PIXEL_MJPEG, PIXEL_H264 };
	struct video_want w = *want;
	struct v4l2_fract slower;

	w.format_auto = false;
	for (size_t i = 0; i < ARRAY_SIZE(compressed); i++) {
		w.format = compressed[i];
		if (want->format_auto && tried->pixel != PIXEL_MJPEG &&
			tried->pixel != PIXEL_H264 && v4l2_choose(modes, n, &w, ret) == 0)
			return 0;
	}
	slower = slower_interval(modes, n, tried);
	if (slower.denominator != 0) {
		*ret = *tried;
		ret->interval = slower;
		return 0;
	}
	w.format = tried->pixel;
	if (!smaller || !smaller_size(modes, n, tried, &w))
		return -ENOENT;
	return v4l2_choose(modes, n, &w, ret);
}

static void add_plane(struct v4l2_layout *l, size_t stride, size_t rows)
{
	l->offset[l->planes] = l->size;
	l->stride[l->planes] = (int) stride;
	l->planes++;
	l->size += stride * rows;
}

int v4l2_layout_make(
	enum pixel pixel, int width, int height, uint32_t bytesperline, struct v4l2_layout *ret)
{
	struct v4l2_layout l = { 0 };
	size_t stride, tight, chroma_rows;

	if (width < 2 || height < 2 || width > FRAME_SIDE_MAX || height > FRAME_SIDE_MAX ||
		bytesperline > FRAME_SIDE_MAX * 8)
		return -EINVAL;
	tight = pixel == PIXEL_NV12 || pixel == PIXEL_I420 || pixel == PIXEL_NV16
			? (size_t) width
			: pixel_frame_size(pixel, width, 1);
	stride = MAX(tight, (size_t) bytesperline);
	chroma_rows = ((size_t) height + 1) / 2;
	if (pixel == PIXEL_MJPEG || pixel == PIXEL_H264) {
		l.planes = 1;
	} else {
		if (tight == 0)
			return -EINVAL;
		add_plane(&l, stride, (size_t) height);
	}
	if (pixel == PIXEL_NV12 || pixel == PIXEL_NV16) {
		add_plane(&l, (stride + 1) / 2 * 2,
			pixel == PIXEL_NV16 ? (size_t) height : chroma_rows);
	} else if (pixel == PIXEL_I420) {
		add_plane(&l, (stride + 1) / 2, chroma_rows);
		add_plane(&l, (stride + 1) / 2, chroma_rows);
	}
	l.blocks = 1;
	l.block_size[0] = l.size;
	*ret = l;
	return 0;
}

int v4l2_layout_split(enum pixel pixel, int width, int height,
	const uint32_t bytesperline[static FRAME_PLANES], struct v4l2_layout *ret)
{
	struct v4l2_layout l;
	int r = v4l2_layout_make(pixel, width, height, bytesperline[0], &l);

	if (r < 0)
		return r;
	for (int i = 0; i < l.planes; i++) {
		size_t end = i + 1 < l.planes ? l.offset[i + 1] : l.size;
		size_t rows = (end - l.offset[i]) / (size_t) l.stride[i];

		if (bytesperline[i] > FRAME_SIDE_MAX * 8)
			return -EINVAL;
		/* Each has a stride of its own, which need not be half of the first one's. */
		if (i > 0 &&
			bytesperline[i] >=
				(uint32_t) (pixel == PIXEL_I420 ? width + 1 : 2 * width + 2) / 2)
			l.stride[i] = (int) bytesperline[i];
		l.block_size[i] = rows * (size_t) l.stride[i];
	}
	l.size = 0;
	l.blocks = l.planes;
	for (int i = 0; i < l.planes; i++) {
		l.offset[i] = 0;
		l.size += l.block_size[i];
	}
	*ret = l;
	return 0;
}

void v4l2_colour(
	const struct v4l2_pix_format *fmt, enum pixel pixel, bool *ret_full_range, bool *ret_bt709)
{
	bool rgb = pixel == PIXEL_RGB24 || pixel == PIXEL_BGR24;
	uint32_t enc = fmt->ycbcr_enc, quant = fmt->quantization;

	if (enc == V4L2_YCBCR_ENC_DEFAULT)
		enc = V4L2_MAP_YCBCR_ENC_DEFAULT(fmt->colorspace);
	if (quant == V4L2_QUANTIZATION_DEFAULT && pixel == PIXEL_MJPEG)
		quant = V4L2_QUANTIZATION_FULL_RANGE; /* as JFIF has it */
	if (quant == V4L2_QUANTIZATION_DEFAULT)
		quant = V4L2_MAP_QUANTIZATION_DEFAULT(rgb, fmt->colorspace, enc);
	*ret_full_range = quant == V4L2_QUANTIZATION_FULL_RANGE;
	*ret_bt709 = enc == V4L2_YCBCR_ENC_709 || enc == V4L2_YCBCR_ENC_XV709;
}

size_t v4l2_jpeg_size(const uint8_t *data, size_t size)
{
	size_t stop = size > JPEG_PADDING_MAX ? size - JPEG_PADDING_MAX : 4;

	if (size < 4 || data[0] != 0xff || data[1] != 0xd8)
		return 0;
	/* An end marker cannot stand inside the coded data: there, 0xff is always stuffed. */
	for (size_t end = size; end >= MAX(stop, 4); end--)
		if (data[end - 1] == 0xd9 && data[end - 2] == 0xff)
			return end;
	return 0;
}

uint64_t v4l2_capture_time(
	uint32_t flags, const struct timeval *stamp, uint64_t dequeue_usec, uint64_t last_usec)
{
	uint64_t t = (uint64_t) stamp->tv_sec * USEC_PER_SEC + (uint64_t) stamp->tv_usec;

	if ((flags & V4L2_BUF_FLAG_TIMESTAMP_MASK) != V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC)
		return dequeue_usec;
	if (t > dequeue_usec || dequeue_usec - t > USEC_PER_SEC || t <= last_usec)
		return dequeue_usec;
	return t;
}

uint32_t v4l2_lost(
	uint32_t sequence, uint32_t last_sequence, uint64_t elapsed_usec, int64_t millirate)
{
	uint32_t gap = sequence - last_sequence;
	uint64_t periods;

	if (gap < 2 || gap > INT32_MAX) /* in order, the same again, or counting from the start */
		return 0;
	if (millirate <= 0)
		return gap - 1;
	elapsed_usec = MIN(elapsed_usec, 3600 * USEC_PER_SEC);
	periods = (elapsed_usec * (uint64_t) millirate / 1000 + USEC_PER_SEC / 2) / USEC_PER_SEC;
	return periods < 2 ? 0 : (uint32_t) MIN((uint64_t) gap, periods) - 1;
}
