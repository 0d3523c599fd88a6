/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A picture on its way from a source to whoever looks at it. Counted references, never copied
 * between stages: a frame may point straight into a card's buffer, which goes back to the card when
 * the last reference is gone. The pixels are read-only once a frame has been handed on.
 *
 * No libav type shows here, so that the capture floor needs none.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"

enum pixel {
	PIXEL_I420,  /* Y, U, V planes, 4:2:0 (V4L2 YU12) */
	PIXEL_NV12,  /* Y plane, UV plane */
	PIXEL_YUYV,  /* packed 4:2:2 */
	PIXEL_UYVY,  /* packed 4:2:2 */
	PIXEL_NV16,  /* Y plane, UV plane, 4:2:2 */
	PIXEL_RGB24, /* R first in memory */
	PIXEL_BGR24, /* B first in memory */
	PIXEL_MJPEG, /* one JPEG picture: data[0], size */
	PIXEL_H264,  /* an access unit, with start codes: data[0], size; from a card to its decoder
		      */
	PIXEL_AV,    /* some other planar layout of the media floor, av_format says which */
	_PIXEL_MAX
};

#define FRAME_PLANES 4
#define FRAME_SIDE_MAX 8192 /* widest and highest picture anyone may announce */

struct packet;

struct frame {
	enum pixel pixel;
	int av_format; /* PIXEL_AV only; opaque to other floors */
	bool luma8;    /* PIXEL_AV only: data[0] is a plane of 8-bit luma */
	/* PIXEL_AV with luma8: samples of luma across and down that share one of 8-bit Cb in
	 * data[1] and one of Cr in data[2]; 0: it has no such planes */
	uint8_t chroma_w, chroma_h;
	int width, height;
	bool full_range; /* luma 0 … 255 instead of 16 … 235 */
	bool bt709;      /* else BT.601 */
	const uint8_t *data[FRAME_PLANES];
	int stride[FRAME_PLANES]; /* bytes */
	size_t size;              /* PIXEL_MJPEG, PIXEL_H264: bytes at data[0] */
	uint64_t capture_usec;    /* monotonic time of the picture: this is its PTS */
	uint64_t dequeue_usec;    /* monotonic time at which we got hold of it */
	uint32_t sequence;        /* the card's counter; gaps are frames it lost */
	/* Owned: the same picture as its source has encoded it, where that can be passed on
	 * (media/coded.h). */
	struct packet *coded;

	atomic_int refs;
	void (*release)(struct frame *f); /* frees the frame itself; NULL for a static frame */
	void *userdata;
};

static inline struct frame *frame_ref(struct frame *f)
{
	atomic_fetch_add_explicit(&f->refs, 1, memory_order_relaxed);
	return f;
}

/* Any thread. Takes NULL. Returns NULL. */
struct frame *frame_unref(struct frame *f);
DEFINE_CLEANUP(struct frame *, frame_unref)

/* Name as in V4L2's fourcc for messages and status ("YUYV", "MJPG" …). */
const char *pixel_name(enum pixel pixel);

/*
 * A pool of I420, NV12, YUYV … frames of one layout for sources that draw or decode. Nothing is
 * allocated per frame once the pool is warm. Counted: frames that are still out keep it alive.
 */
struct frame_pool;

/* limit: the most frames that may be out at once. */
int frame_pool_new(struct frame_pool **ret, enum pixel pixel, int width, int height, int limit);
struct frame_pool *frame_pool_unref(struct frame_pool *p);
DEFINE_CLEANUP(struct frame_pool *, frame_pool_unref)

/* A frame with one reference whose pixels may be written (cast data[]) until it is handed on.
 * Contents are whatever was there. NULL when the limit is reached or memory is out. Any thread. */
struct frame *frame_pool_get(struct frame_pool *p);

/* Bytes a whole picture of this layout takes at the tightest stride; 0 for what is compressed, and
 * AV. */
size_t pixel_frame_size(enum pixel pixel, int width, int height);
