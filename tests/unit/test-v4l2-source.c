/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A card that fails, as a source sees it: no room on the bus, calls that are refused, a stream that
 * breaks. The driver is the test's own: libv4l2's functions are defined here.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "capture/source.h"
#include "capture/v4l2-probe.h"
#include "common/usec.h"
#include "tests/tap.h"
#include "tests/unit/folder.h"
#include "tests/unit/v4l2-driver.h"

#define NODE "node" /* a pipe: it opens, and there is nothing to read */
#define BUFFER_BYTES ((size_t) 640 * 480 * 2)
#define MAX_BUFFERS 32

static const struct size {
	uint32_t width, height;
} sizes[] = { { 640, 480 }, { 320, 240 } };
static const uint32_t rates[] = { 30, 15, 5 };

static struct {
	bool mjpeg;                          /* offered, too */
	uint64_t room;                       /* bytes a second that the bus has left */
	int refuse_reqbufs, refuse_streamon; /* so many are */
	bool broken;                         /* until STREAMOFF */
	bool gone;
	/* as it was set */
	struct v4l2_pix_format pix;
	uint32_t rate;
	/* the stream */
	uint32_t n;
	bool queued[MAX_BUFFERS], streaming;
	int pictures; /* that it has ready */
	uint32_t sequence;
	int opened, closed, streamons;
} card;

static uint64_t bytes_per_second(void)
{
	uint64_t raw = (uint64_t) card.pix.width * card.pix.height * 2 * card.rate;

	return card.pix.pixelformat == V4L2_PIX_FMT_MJPEG ? raw / 8 : raw;
}

static int enumerate(unsigned long request, void *arg)
{
	struct v4l2_fmtdesc *format = arg;
	struct v4l2_frmsizeenum *size = arg;
	struct v4l2_frmivalenum *interval = arg;

	if (request == VIDIOC_ENUM_FMT) {
		if (format->index >= 1 + (uint32_t) card.mjpeg)
			return EINVAL;
		format->pixelformat = format->index ? V4L2_PIX_FMT_MJPEG : V4L2_PIX_FMT_YUYV;
		return 0;
	}
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
	card.n = req->count = MIN(req->count, MAX_BUFFERS);
	memset(card.queued, 0, sizeof(card.queued));
	return 0;
}

static int dequeue(struct v4l2_buffer *buf)
{
	uint64_t now = usec_now();

	if (card.broken)
		return EIO;
	for (uint32_t i = 0; i < card.n && card.streaming && card.pictures > 0; i++) {
		if (!card.queued[i])
			continue;
		card.queued[i] = false;
		card.pictures--;
		*buf = (struct v4l2_buffer){ .index = i,
			.bytesused = card.pix.width * card.pix.height * 2,
			.flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC,
			.sequence = card.sequence++,
			.timestamp = { .tv_sec = (time_t) (now / USEC_PER_SEC),
				.tv_usec = (suseconds_t) (now % USEC_PER_SEC) } };
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
	(void) flags, (void) fd, (void) offset;
	return mmap(start, length, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
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

static void reset_card(bool mjpeg, uint64_t room)
{
	memset(&card, 0, sizeof(card));
	card.mjpeg = mjpeg;
	card.room = room;
	card.rate = 30;
	card.pix = (struct v4l2_pix_format){
		.width = 640, .height = 480, .pixelformat = V4L2_PIX_FMT_YUYV
	};
}

static struct source *source_of(int width, int height, bool any_format)
{
	const struct video_want want = { .width = width,
		.height = height,
		.rate_num = 30,
		.rate_den = 1,
		.format = PIXEL_YUYV,
		.format_auto = any_format };
	struct source *s = NULL;

	if (source_v4l2_new(&s, NODE, &want) < 0)
		abort();
	return s;
}

static bool runs(const struct source *s, const char *format, int width, int rate)
{
	const struct source_info *i = &s->info;

	printf("# %s %dx%d at %d/%d \"%s\"\n", i->format, i->width, i->height, i->rate_num,
		i->rate_den, i->compromise);
	return strcmp(i->format, format) == 0 && i->width == width &&
	       i->rate_num == rate * i->rate_den;
}

static const uint64_t vga30 = UINT64_C(640) * 480 * 2 * 30;

/* One row of what is had when the bus has so much room. */
static void try_room(bool mjpeg, int width, bool any_format, uint64_t room, const char *format,
	int got_width, int got_rate)
{
	struct source *s = source_of(width, width * 3 / 4, any_format);
	int r;

	reset_card(mjpeg, room);
	r = s->ops->open(s);
	if (!format) {
		ok(r == -ENOSPC && strstr(s->reason, "USB bandwidth"), "no room at all: %s",
			s->reason);
		ok(card.opened == card.closed, "nothing stays open");
		source_free(s);
		return;
	}
	ok(r == 0 && runs(s, format, got_width, got_rate), "room for %llu of %llu: %s %d at %d",
		(unsigned long long) room, (unsigned long long) vga30, format, got_width, got_rate);
	ok((s->info.compromise[0] != '\0') == (room < vga30), "and it says so when it is less");
	if (r == 0)
		s->ops->close(s);
	ok(card.opened == card.closed, "all is closed");
	source_free(s);
}

static void test_room(void)
{
	struct source *s;

	try_room(true, 640, true, vga30, "YUYV", 640, 30);
	try_room(true, 640, true, vga30 - 1, "MJPG", 640, 30);
	try_room(true, 640, true, vga30 / 10, "MJPG", 640, 15);
	try_room(true, 640, true, vga30 / 40, "MJPG", 640, 5);
	try_room(true, 640, true, vga30 / 100, NULL, 0, 0);
	try_room(true, 640, false, vga30 - 1, "YUYV", 640, 15);
	try_room(false, 640, true, vga30 / 6, "YUYV", 640, 5);
	try_room(false, 640, true, vga30 / 7, NULL, 0, 0);
	try_room(false, 0, true, vga30 / 7, "YUYV", 320, 15);
	try_room(true, 0, true, vga30 / 90, "MJPG", 320, 5);

	reset_card(true, vga30 - 1);
	s = source_of(640, 480, true);
	ok(s->ops->open(s) == 0 && runs(s, "MJPG", 640, 30), "less room: MJPEG");
	s->ops->close(s);
	card.room = vga30;
	ok(s->ops->open(s) == 0 && runs(s, "YUYV", 640, 30) && s->info.compromise[0] == '\0',
		"room again: the best at the next open");
	s->ops->close(s);
	source_free(s);
}

static int read_one(struct source *s, int wake_fd)
{
	struct frame *f = NULL;
	int r = s->ops->read_video(s, wake_fd, usec_now(), &f);

	(void) frame_unref(f);
	return r;
}

static void test_broken(void)
{
	int wake = eventfd(0, EFD_CLOEXEC);
	struct source *s = source_of(640, 480, true);
	struct frame *held = NULL;

	reset_card(false, vga30);
	ok(s->ops->open(s) == 0, "it is open");
	card.pictures = 3;
	ok(s->ops->read_video(s, wake, usec_now(), &held) == 0, "a picture");
	memset((uint8_t *) held->data[0], 7, 100);
	(void) read_one(s, wake);
	card.broken = true;
	ok(read_one(s, wake) == -EIO, "the stream breaks: %s", s->reason);
	ok(s->ops->restart(s) == 0 && card.opened == 1,
		"it is restarted, without being opened anew");
	card.pictures = 1;
	ok(read_one(s, wake) == 0, "and yields pictures");
	ok(held->data[0][99] == 7, "one that was out is untouched");
	(void) frame_unref(held);
	card.pictures = 7;
	for (int i = 0; i < 3; i++)
		(void) read_one(s, wake);
	ok(card.pictures == 0 && read_one(s, wake) == -EAGAIN,
		"all buffers are with the driver again");

	card.refuse_streamon = 1;
	ok(s->ops->restart(s) == -EINVAL, "a restart that is refused: %s", s->reason);
	s->ops->close(s);
	card.refuse_reqbufs = 1;
	ok(s->ops->open(s) == -EINVAL, "no buffers: %s", s->reason);
	card.refuse_streamon = 1;
	ok(s->ops->open(s) == -EINVAL, "no stream: %s", s->reason);
	ok(card.opened == card.closed, "nothing is left open by that");
	ok(s->ops->open(s) == 0, "then it opens");
	card.gone = true;
	ok(s->ops->restart(s) == -ENODEV, "a restart without the card: %s", s->reason);
	s->ops->close(s);
	source_free(s);
	close(wake);
}

/* udev has given no name to the node. */
static void test_reset(void)
{
	int wake = eventfd(0, EFD_CLOEXEC);
	struct source *s = source_of(640, 480, true);

	reset_card(false, vga30);
	(void) s->ops->open(s);
	s->ops->close(s);
	ok(s->ops->reset(s, wake) < 0 && s->reason[0], "no reset: %s", s->reason);
	source_free(s);
	close(wake);
}

int main(void)
{
	enter_folder();
	if (mkfifo(NODE, 0600) < 0)
		return 1;
	test_room();
	test_broken();
	test_reset();
	leave_folder();
	return tap_done();
}
