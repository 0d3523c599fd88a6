/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "udev/usb-device.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sysmacros.h>

#include "common/card.h"
#include "common/cleanup.h"

#define ATTR_MAX 32
#define NUMBER_MAX 24
#define BUS_MAX 999 /* the node's name has three digits */
#define CLASS_HUB "09"

static int read_attr(const char *folder, const char *name, char ret[static ATTR_MAX])
{
	char path[PATH_MAX + ATTR_MAX];
	_cleanup_(closep) int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, ret, ATTR_MAX - 1);
	if (n < 0)
		return -errno;
	ret[n] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
	return 0;
}

/* The link of udev is "../videoN". */
static int find_video(const char *root, const char *card, char ret[static ATTR_MAX])
{
	static const char begin[] = "../video";
	char path[PATH_MAX], target[ATTR_MAX];
	size_t digits;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/dev/egm/%s", root, card);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return -ENOENT;
	target[n] = '\0';
	if (strncmp(target, begin, strlen(begin)) != 0)
		return -ENOENT;
	digits = strspn(target + strlen(begin), "0123456789");
	if (digits == 0 || target[strlen(begin) + digits])
		return -ENOENT;
	memcpy(ret, target + strlen("../"), strlen(target + strlen("../")) + 1);
	return 0;
}

/* The nearest folder upwards that is a USB device: only those have an idVendor. */
static int find_usb(const char *root, const char *video, char ret[static PATH_MAX])
{
	char path[PATH_MAX], unused[ATTR_MAX];
	char *slash;

	snprintf(path, sizeof(path), "%s/sys/class/video4linux/%s/device", root, video);
	if (!realpath(path, ret))
		return -ENOENT;
	while ((slash = strrchr(ret, '/')) && slash > ret) {
		if (read_attr(ret, "idVendor", unused) == 0)
			return 0;
		*slash = '\0';
	}
	return -ENOTSUP;
}

static int read_number(const char *folder, const char *name, unsigned *ret)
{
	char text[ATTR_MAX], *end;
	unsigned long n;
	int r = read_attr(folder, name, text);

	if (r < 0)
		return r;
	n = strtoul(text, &end, 10);
	if (end == text || *end || n > BUS_MAX)
		return -EINVAL;
	*ret = (unsigned) n;
	return 0;
}

static int read_usb(const char *folder, struct usb_device *ret)
{
	char vendor[ATTR_MAX], product[ATTR_MAX], class[ATTR_MAX], dev[ATTR_MAX];
	const char *port = strrchr(folder, '/') + 1;
	unsigned bus, number, major_number, minor_number;

	if (read_attr(folder, "idVendor", vendor) < 0 ||
		read_attr(folder, "idProduct", product) < 0 ||
		read_attr(folder, "bDeviceClass", class) < 0 || read_attr(folder, "dev", dev) < 0 ||
		read_number(folder, "busnum", &bus) < 0 ||
		read_number(folder, "devnum", &number) < 0)
		return -ENOENT;
	/* A hub would take others with it; the bus itself has another name. */
	if (strcmp(class, CLASS_HUB) == 0 || port[strspn(port, "0123456789.-")] ||
		strlen(port) >= USB_PORT_MAX || port[0] == '.')
		return -ENOTSUP;
	if (sscanf(dev, "%u:%u", &major_number, &minor_number) != 2)
		return -ENOENT;
	snprintf(ret->port, sizeof(ret->port), "%.31s", port);
	snprintf(ret->id, sizeof(ret->id), "%.4s:%.4s", vendor, product);
	snprintf(ret->node, sizeof(ret->node), "/dev/bus/usb/%03u/%03u", bus, number);
	ret->number = makedev(major_number, minor_number);
	return 0;
}

int usb_device_find(const char *root, const char *card, struct usb_device *ret)
{
	char video[ATTR_MAX], folder[PATH_MAX];
	int r;

	if (!card_is_name(card))
		return -EINVAL;
	r = find_video(root, card, video);
	if (r == 0)
		r = find_usb(root, video, folder);
	return r < 0 ? r : read_usb(folder, ret);
}

/* A file of lines, a reset each; those of the last hour are left. Returns how many, -EBUSY: just
 * now. */
static int keep_recent(char *text, uint64_t now, char *ret, size_t size)
{
	char *save = NULL;
	size_t used = 0;
	int n = 0;

	ret[0] = '\0';
	for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		uint64_t at = strtoull(l, NULL, 10);

		if (at > now || now - at >= USB_RESETS_USEC)
			continue;
		if (now - at < USB_RESETS_APART_USEC)
			return -EBUSY;
		if (size - used <= NUMBER_MAX)
			break;
		used += (size_t) snprintf(ret + used, size - used, "%" PRIu64 "\n", at);
		n++;
	}
	return n;
}

int usb_device_may_reset(const char *folder, const char *port, uint64_t now_usec)
{
	char path[PATH_MAX], before[(USB_RESETS_MAX + 1) * NUMBER_MAX], after[sizeof(before)];
	_cleanup_(closep) int fd = -1;
	size_t used;
	ssize_t n;
	int r;

	snprintf(path, sizeof(path), "%s/%s", folder, port);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	n = read(fd, before, sizeof(before) - 1);
	if (n < 0)
		return -errno;
	before[n] = '\0';
	r = keep_recent(before, now_usec, after, sizeof(after));
	if (r < 0 || r >= USB_RESETS_MAX)
		return -EBUSY;
	used = strlen(after);
	used += (size_t) snprintf(after + used, sizeof(after) - used, "%" PRIu64 "\n", now_usec);
	if (pwrite(fd, after, used, 0) != (ssize_t) used || ftruncate(fd, (off_t) used) < 0)
		return -EIO;
	return 0;
}
