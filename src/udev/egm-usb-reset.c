/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Resets the USB device that carries a card, for an egm-streamer that is not allowed to:
 * egm-usb-reset.socket accepts a connection from the streamer's user and hands it on as standard
 * input to a process of its own. In comes one line, the card's name; out goes one, "ok" or what was
 * wrong. Nothing else is taken from who asks. All it may write to are the nodes of USB devices
 * (egm-usb-reset@.service), and it opens one of them: that of a device whose video node udev has
 * named as a card, at most so often (udev/usb-device.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/card.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/usec.h"
#include "udev/usb-device.h"

#define RUN_FOLDER "/run/egm-usb-reset"
#define ASK_USEC (2 * USEC_PER_SEC)
/* A hub that hangs holds the call up; the kernel gives up by itself after some tries. */
#define LIMIT_SECONDS 60

/* One line without its end; what is longer than a name is none. */
static int read_name(char ret[static CARD_NAME_MAX])
{
	uint64_t until = usec_now() + ASK_USEC, now;
	size_t used = 0;
	char *end;

	while ((now = usec_now()) < until && used < CARD_NAME_MAX) {
		struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
		struct timespec wait = usec_to_timespec(until - now);
		ssize_t n;

		if (ppoll(&p, 1, &wait, NULL) <= 0)
			continue;
		n = recv(STDIN_FILENO, ret + used, CARD_NAME_MAX - used, MSG_DONTWAIT);
		if (n <= 0)
			return -ECONNRESET;
		used += (size_t) n;
		end = memchr(ret, '\n', used);
		if (end) {
			*end = '\0';
			return 0;
		}
	}
	return -EINVAL;
}

/* The node may be another device's by now: it is the open one's number that counts. */
static int reset(const struct usb_device *d)
{
	_cleanup_(closep) int fd = open(d->node, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISCHR(st.st_mode) || st.st_rdev != d->number)
		return -ENODEV;
	/* ENODEV: it came back as somebody else, and is being looked at anew; reset it was. */
	if (ioctl(fd, USBDEVFS_RESET, NULL) < 0 && errno != ENODEV)
		return -errno;
	return 0;
}

static const char *words_of(int err)
{
	switch (-err) {
	case EINVAL:
		return "not the name of a card";
	case ENOENT:
		return "no such card is plugged in";
	case ENOTSUP:
		return "not on USB";
	case EBUSY:
		return "it was reset too often, or just now";
	default:
		return strerrordesc_np(-err);
	}
}

static int reset_card(const char *name)
{
	struct usb_device d;
	int r = usb_device_find("", name, &d);

	if (r < 0)
		return r;
	r = usb_device_may_reset(RUN_FOLDER, d.port, usec_of(CLOCK_BOOTTIME));
	if (r < 0)
		return r;
	r = reset(&d);
	/* Rare by what was asked just now; who asks for nonsense is not worth a line. */
	if (r < 0)
		log_warning_errno(
			r, "USB device %s (%s) of card %s cannot be reset: %m", d.port, d.id, name);
	else
		log_notice("USB device %s (%s) of card %s was reset", d.port, d.id, name);
	return r;
}

int main(void)
{
	char name[CARD_NAME_MAX];
	struct stat st;
	int r;

	if (fstat(STDIN_FILENO, &st) < 0 || !S_ISSOCK(st.st_mode)) {
		fprintf(stderr, "egm-usb-reset is started by egm-usb-reset.socket\n");
		return 2;
	}
	log_open_journal("egm-usb-reset");
	alarm(LIMIT_SECONDS);
	r = read_name(name);
	if (r == -ECONNRESET)
		return 0;
	if (r == 0)
		r = reset_card(name);
	/* Whoever asked may have gone; nobody else wants to know. */
	(void) dprintf(STDOUT_FILENO, "%s\n", r < 0 ? words_of(r) : "ok");
	return 0;
}
