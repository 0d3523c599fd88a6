/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames and their pool. A pooled frame and its pixels are one allocation; free ones wait in a list
 * under the pool's lock. The pool counts its owner and every frame that is out.
 */
#include "media/frame.h"

#include <pthread.h>
#include <stdlib.h>

#include "media/packet.h"

#define FRAME_ALIGN 64 /* what the widest SIMD loads like */

struct pooled {
	struct frame frame;
	struct pooled *next; /* in the free list */
	uint8_t *pixels;
};

struct frame_pool {
	/* set by new */
	enum pixel pixel;
	int width, height, limit;
	pthread_mutex_t lock;
	/* protected by lock */
	struct pooled *free;
	int out;   /* frames that are with somebody */
	bool dead; /* the owner has let go */
};

struct frame *frame_unref(struct frame *f)
{
	if (!f || atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel) != 1)
		return NULL;
	f->coded = packet_unref(f->coded);
	if (f->release)
		f->release(f);
	return NULL;
}

const char *pixel_name(enum pixel pixel)
{
	static const char *const names[_PIXEL_MAX] = {
		[PIXEL_I420] = "YU12",
		[PIXEL_NV12] = "NV12",
		[PIXEL_YUYV] = "YUYV",
		[PIXEL_UYVY] = "UYVY",
		[PIXEL_NV16] = "NV16",
		[PIXEL_RGB24] = "RGB3",
		[PIXEL_BGR24] = "BGR3",
		[PIXEL_MJPEG] = "MJPG",
		[PIXEL_H264] = "H264",
		[PIXEL_AV] = "other",
	};

	return pixel < _PIXEL_MAX ? names[pixel] : "?";
}

size_t pixel_frame_size(enum pixel pixel, int width, int height)
{
	size_t w = (size_t) width, h = (size_t) height, chroma = (w + 1) / 2 * ((h + 1) / 2);

	switch (pixel) {
	case PIXEL_I420:
	case PIXEL_NV12:
		return w * h + 2 * chroma;
	case PIXEL_YUYV:
	case PIXEL_UYVY:
		return (w + 1) / 2 * 4 * h;
	case PIXEL_NV16:
		return w * h + (w + 1) / 2 * 2 * h;
	case PIXEL_RGB24:
	case PIXEL_BGR24:
		return w * h * 3;
	case PIXEL_MJPEG:
	case PIXEL_H264:
	case PIXEL_AV:
	case _PIXEL_MAX:
		break;
	}
	return 0;
}

int frame_pool_new(struct frame_pool **ret, enum pixel pixel, int width, int height, int limit)
{
	struct frame_pool *p;

	if (width < 2 || height < 2 || width > FRAME_SIDE_MAX || height > FRAME_SIDE_MAX ||
		limit < 1 || pixel_frame_size(pixel, width, height) == 0)
		return -EINVAL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->pixel = pixel;
	p->width = width;
	p->height = height;
	p->limit = limit;
	pthread_mutex_init(&p->lock, NULL);
	*ret = p;
	return 0;
}

static void pooled_free(struct pooled *f)
{
	free(f->pixels);
	free(f);
}

static void pool_destroy(struct frame_pool *p)
{
	struct pooled *next;

	for (struct pooled *f = p->free; f; f = next) {
		next = f->next;
		pooled_free(f);
	}
	pthread_mutex_destroy(&p->lock);
	free(p);
}

struct frame_pool *frame_pool_unref(struct frame_pool *p)
{
	bool last;

	if (!p)
		return NULL;
	pthread_mutex_lock(&p->lock);
	p->dead = true;
	last = p->out == 0;
	pthread_mutex_unlock(&p->lock);
	if (last)
		pool_destroy(p);
	return NULL;
}

static void pooled_release(struct frame *frame)
{
	struct pooled *f = (struct pooled *) frame;
	struct frame_pool *p = frame->userdata;
	bool last;

	pthread_mutex_lock(&p->lock);
	f->next = p->free;
	p->free = f;
	last = --p->out == 0 && p->dead;
	pthread_mutex_unlock(&p->lock);
	if (last)
		pool_destroy(p);
}

static size_t align_up(size_t n)
{
	return (n + FRAME_ALIGN - 1) / FRAME_ALIGN * FRAME_ALIGN;
}

/* Lays the planes out one after the other with aligned strides. Returns the bytes needed, also when
 * base is NULL. */
static size_t lay_out(struct frame *f, uint8_t *base)
{
	size_t w = (size_t) f->width, h = (size_t) f->height, ch = (h + 1) / 2;
	size_t packed = pixel_frame_size(f->pixel, f->width, 1);
	size_t stride[3] = { 0 }, rows[3] = { h, 0, 0 }, offset = 0;

	if (f->pixel == PIXEL_I420) {
		stride[0] = align_up(w);
		stride[1] = stride[2] = align_up((w + 1) / 2);
		rows[1] = rows[2] = ch;
	} else if (f->pixel == PIXEL_NV12 || f->pixel == PIXEL_NV16) {
		stride[0] = align_up(w);
		stride[1] = align_up((w + 1) / 2 * 2);
		rows[1] = f->pixel == PIXEL_NV16 ? h : ch;
	} else {
		stride[0] = align_up(packed);
	}
	for (int i = 0; i < 3; i++) {
		f->data[i] = base && rows[i] ? base + offset : NULL;
		f->stride[i] = (int) stride[i];
		offset += stride[i] * rows[i];
	}
	return offset;
}

static struct pooled *pooled_new(struct frame_pool *p)
{
	struct pooled *f = calloc(1, sizeof(*f));
	size_t size;

	if (!f)
		return NULL;
	f->frame.pixel = p->pixel;
	f->frame.width = p->width;
	f->frame.height = p->height;
	/* Some converters read or write a little past the last row. */
	size = align_up(lay_out(&f->frame, NULL)) + FRAME_ALIGN;
	f->pixels = aligned_alloc(FRAME_ALIGN, size);
	if (!f->pixels) {
		free(f);
		return NULL;
	}
	(void) lay_out(&f->frame, f->pixels);
	f->frame.release = pooled_release;
	f->frame.userdata = p;
	return f;
}

struct frame *frame_pool_get(struct frame_pool *p)
{
	struct pooled *f = NULL;

	pthread_mutex_lock(&p->lock);
	if (p->out < p->limit) {
		f = p->free;
		if (f)
			p->free = f->next;
		p->out++;
		if (!f)
			f = pooled_new(p);
		if (!f)
			p->out--;
	}
	pthread_mutex_unlock(&p->lock);
	if (!f)
		return NULL;
	f->frame.capture_usec = f->frame.dequeue_usec = 0;
	f->frame.sequence = 0;
	f->frame.full_range = f->frame.bt709 = false;
	atomic_store(&f->frame.refs, 1);
	return &f->frame;
}
