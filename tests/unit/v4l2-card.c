/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/v4l2-card.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/v4l2-probe.h"
#include "common/usec.h"
#include "tests/unit/v4l2-driver.h"

#define BUFFER_BYTES ((size_t) 640 * 480 * 2)
#define CARD_PAST_USEC (900 * USEC_PER_MSEC) /* a second ago nobody believes */

static const struct size {
	uint32_t width, height;
} sizes[] = { { 640, 480 }, { 320, 240 } };
static const uint32_t rates[] = { 30, 15, 5 };

struct v4l2_card card;

static uint64_t bytes_per_second(void)
{
	uint64_t raw = (uint64_t) card.pix.width * card.pix.height * 2 * card.rate;

	if (card.pix.pixelformat == V4L2_PIX_FMT_H264)
		return raw / 50;
	return card.pix.pixelformat == V4L2_PIX_FMT_MJPEG ? raw / 8 : raw;
}

static int enumerate_format(struct v4l2_fmtdesc *ret)
{
	const uint32_t all[] = { card.no_raw ? 0 : V4L2_PIX_FMT_YUYV,
		card.mjpeg ? V4L2_PIX_FMT_MJPEG : 0, card.h264 ? V4L2_PIX_FMT_H264 : 0 };
	uint32_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		if (all[i] && n++ == ret->index) {
			ret->pixelformat = all[i];
			return 0;
		}
	}
	return EINVAL;
}

static int enumerate(unsigned long request, void *arg)
{
	struct v4l2_frmsizeenum *size = arg;
	struct v4l2_frmivalenum *interval = arg;

	if (request == VIDIOC_ENUM_FMT)
		return enumerate_format(arg);
	if (request == VIDIOC_ENUM_FRAMESIZES) {
		if (size->index >= ARRAY_SIZE(sizes))
			return EINVAL;
		size->type = V4L2_FRMSIZE_TYPE_DISCRETE;
		size->discrete.width = sizes[size->index].width;
		size->discrete.height = sizes[size->index].height;
		return 0;
	}
	if (interval->index >= ARRAY_SIZE(rates))
		return EINVAL;
	interval->type = V4L2_FRMIVAL_TYPE_DISCRETE;
	interval->discrete = (struct v4l2_fract){ 1, rates[interval->index] };
	return 0;
}

static int stream_on(void)
{
	card.streamons++;
	if (card.refuse_streamon > 0) {
		card.refuse_streamon--;
		return EINVAL;
	}
	if (bytes_per_second() > card.room)
		return ENOSPC;
	card.streaming = true;
	return 0;
}

static int request_buffers(struct v4l2_requestbuffers *req)
{
	if (req->count > 0 && card.refuse_reqbufs > 0) {
		card.refuse_reqbufs--;
		return EINVAL;
	}
	card.n = req->count = MIN(req->count, CARD_BUFFERS);
	memset(card.queued, 0, sizeof(card.queued));
	return 0;
}

/* Each a period after the one before it, in the near past: nobody waits for them. */
static uint64_t capture(uint32_t lost)
{
	uint64_t period = USEC_PER_SEC / MAX(card.rate, 1), now = usec_now();

	card.sequence += 1 + lost;
	card.captured_usec = MAX(card.captured_usec + (1 + lost) * period, now - CARD_PAST_USEC);
	return MIN(card.captured_usec, now);
}

static void fill(struct v4l2_buffer *buf)
{
	const struct card_unit *u = card.units;

	buf->bytesused = card.pix.width * card.pix.height * 2;
	if (card.pix.pixelformat != V4L2_PIX_FMT_H264 || !u)
		return;
	memcpy(card.memory[buf->index], u->data, u->size);
	buf->bytesused = (uint32_t) u->size;
	buf->flags |= u->flags;
	card.units++;
}

static int dequeue(struct v4l2_buffer *buf)
{
	uint64_t now;

	if (card.broken)
		return EIO;
	for (uint32_t i = 0; i < card.n && card.streaming && card.pictures > 0; i++) {
		if (!card.queued[i])
			continue;
		card.queued[i] = false;
		card.pictures--;
		now = capture(card.units ? card.units->lost : 0);
		*buf = (struct v4l2_buffer){ .index = i,
			.flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC,
			.sequence = card.sequence - 1,
			.timestamp = { .tv_sec = (time_t) (now / USEC_PER_SEC),
				.tv_usec = (suseconds_t) (now % USEC_PER_SEC) } };
		fill(buf);
		return 0;
	}
	return EAGAIN;
}

static int on_buffer(unsigned long request, struct v4l2_buffer *buf)
{
	if (request == VIDIOC_DQBUF)
		return dequeue(buf);
	if (request == VIDIOC_QUERYBUF) {
		buf->length = (uint32_t) BUFFER_BYTES;
		buf->m.offset = buf->index * (uint32_t) BUFFER_BYTES;
		return 0;
	}
	if (card.queued[buf->index])
		return EINVAL;
	card.queued[buf->index] = true;
	return 0;
}

static int on_format(unsigned long request, void *arg)
{
	struct v4l2_format *format = arg;
	struct v4l2_streamparm *parm = arg;

	switch (request) {
	case VIDIOC_S_FMT:
		card.pix = format->fmt.pix;
		return 0;
	case VIDIOC_G_FMT:
		format->fmt.pix = card.pix;
		return 0;
	case VIDIOC_S_PARM:
		card.rate = parm->parm.capture.timeperframe.denominator /
			    MAX(parm->parm.capture.timeperframe.numerator, 1);
		return 0;
	default:
		parm->parm.capture.timeperframe = (struct v4l2_fract){ 1, card.rate };
		return 0;
	}
}

struct card_control *card_control(uint32_t id)
{
	for (int i = 0; i < CARD_CONTROLS; i++)
		if (id != 0 && card.controls[i].id == id)
			return &card.controls[i];
	return NULL;
}

static int query_control(struct v4l2_query_ext_ctrl *q)
{
	const struct card_control *c = NULL;
	uint32_t id = q->id & V4L2_CTRL_ID_MASK;

	if (q->id & V4L2_CTRL_FLAG_NEXT_CTRL) {
		for (int i = 0; i < CARD_CONTROLS; i++)
			if (card.controls[i].id > id && (!c || card.controls[i].id < c->id))
				c = &card.controls[i];
	} else {
		c = card_control(id);
	}
	if (!c)
		return EINVAL;
	*q = (struct v4l2_query_ext_ctrl){ .id = c->id,
		.type = c->maximum > c->minimum ? V4L2_CTRL_TYPE_INTEGER : V4L2_CTRL_TYPE_BUTTON,
		.minimum = c->minimum,
		.maximum = c->maximum,
		.step = c->step };
	(void) snprintf(q->name, sizeof(q->name), "%s", c->name ? c->name : "");
	return 0;
}

static int set_control(uint32_t id, int64_t value)
{
	struct card_control *c = card_control(id);

	if (!c)
		return EINVAL;
	if (c->refuse)
		return c->refuse;
	if (c->maximum > c->minimum && (value < c->minimum || value > c->maximum))
		return ERANGE;
	c->value = value;
	c->sets++;
	return 0;
}

static int on_control(unsigned long request, void *arg)
{
	const struct v4l2_ext_controls *all = arg;
	const struct v4l2_control *old = arg;

	if (request == VIDIOC_QUERY_EXT_CTRL)
		return query_control(arg);
	card.set_calls++;
	if (request == VIDIOC_S_CTRL)
		return set_control(old->id, old->value);
	return card.no_ext_controls ? ENOTTY
				    : set_control(all->controls[0].id, all->controls[0].value);
}

static int driver_ioctl(unsigned long request, void *arg)
{
	if (card.gone)
		return ENODEV;
	switch (request) {
	case VIDIOC_QUERYCAP:
		return 0;
	case VIDIOC_ENUM_FMT:
	case VIDIOC_ENUM_FRAMESIZES:
	case VIDIOC_ENUM_FRAMEINTERVALS:
		return enumerate(request, arg);
	case VIDIOC_S_FMT:
	case VIDIOC_G_FMT:
	case VIDIOC_S_PARM:
	case VIDIOC_G_PARM:
		return on_format(request, arg);
	case VIDIOC_REQBUFS:
		return request_buffers(arg);
	case VIDIOC_QUERYBUF:
	case VIDIOC_QBUF:
	case VIDIOC_DQBUF:
		return on_buffer(request, arg);
	case VIDIOC_QUERY_EXT_CTRL:
	case VIDIOC_S_EXT_CTRLS:
	case VIDIOC_S_CTRL:
		return on_control(request, arg);
	case VIDIOC_STREAMON:
		return stream_on();
	case VIDIOC_STREAMOFF:
		card.streaming = card.broken = false;
		memset(card.queued, 0, sizeof(card.queued));
		return 0;
	}
	return ENOTTY;
}

int v4l2_fd_open(int fd, int flags)
{
	(void) flags;
	card.opened++;
	return fd;
}

int v4l2_close(int fd)
{
	card.closed++;
	return close(fd);
}

void *v4l2_mmap(void *start, size_t length, int prot, int flags, int fd, int64_t offset)
{
	void *p = mmap(start, length, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void) flags, (void) fd;
	if (p != MAP_FAILED)
		card.memory[(size_t) offset / BUFFER_BYTES] = p;
	return p;
}

int v4l2_munmap(void *start, size_t length)
{
	return munmap(start, length);
}

int __wrap_v4l2_node_kind(int fd, struct v4l2_capability *cap, enum v4l2_kind *ret);
int __wrap_v4l2_node_kind(int fd, struct v4l2_capability *cap, enum v4l2_kind *ret)
{
	(void) fd;
	if (cap)
		*cap = (struct v4l2_capability){ .capabilities = V4L2_CAP_VIDEO_CAPTURE |
								 V4L2_CAP_STREAMING };
	*ret = V4L2_KIND_CAPTURE;
	return 0;
}

void card_reset(bool mjpeg, uint64_t room)
{
	memset(&card, 0, sizeof(card));
	card.mjpeg = mjpeg;
	card.room = room;
	card.rate = 30;
	card.pix = (struct v4l2_pix_format){
		.width = 640, .height = 480, .pixelformat = V4L2_PIX_FMT_YUYV
	};
}
