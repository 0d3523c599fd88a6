/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A card that fails, as a source sees it: no room on the bus, calls that are refused, a stream that
 * breaks. The driver is v4l2-card.c.
 */
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include "capture/source.h"
#include "common/usec.h"
#include "tests/tap.h"
#include "tests/unit/folder.h"
#include "tests/unit/v4l2-card.h"

static struct source *source_of(int width, int height, bool any_format)
{
	const struct video_want want = { .width = width,
		.height = height,
		.rate_num = 30,
		.rate_den = 1,
		.format = PIXEL_YUYV,
		.format_auto = any_format };
	struct source *s = NULL;

	if (source_v4l2_new(&s, CARD_NODE, &want) < 0)
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

	card_reset(mjpeg, room);
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

	/* One that can encode. */
	s = source_of(640, 480, true);
	card_reset(false, vga30 / 50);
	card.h264 = true;
	ok(s->ops->open(s) == 0 && runs(s, "H264", 640, 30), "no room for raw: H.264");
	s->ops->close(s);
	card.room = vga30 / 100;
	ok(s->ops->open(s) == 0 && runs(s, "H264", 640, 15) && card.opened == card.closed + 1,
		"less room: less pictures");
	s->ops->close(s);
	ok(card.opened == card.closed, "all is closed");
	source_free(s);

	card_reset(true, vga30 - 1);
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

	card_reset(false, vga30);
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

	card_reset(false, vga30);
	(void) s->ops->open(s);
	s->ops->close(s);
	ok(s->ops->reset(s, wake) < 0 && s->reason[0], "no reset: %s", s->reason);
	source_free(s);
	close(wake);
}

int main(void)
{
	enter_folder();
	if (mkfifo(CARD_NODE, 0600) < 0)
		return 1;
	test_room();
	test_broken();
	test_reset();
	leave_folder();
	return tap_done();
}
