/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * udev's helper: prints "EGM_NAME=…" for the capture node in $DEVNAME, whose sysfs folder is
 * /sys$DEVPATH. udev runs it once per plug (the rule keeps the name while the card is there), with
 * the device's database entry not yet written; so everything comes from sysfs and from the drivers
 * themselves. Only the nodes of the same physical device are opened.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/videodev2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <syslog.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "udev/card-name.h"

#define CLASS_DIR "/sys/class/video4linux"
#define ATTR_MAX 256
#define SUPERSPEED_MBIT 5000

/* What a video node hangs on. */
struct place {
	char node[PATH_MAX];   /* /sys/devices/…/video4linux/video0 */
	char parent[PATH_MAX]; /* the folder of the interface or function: /sys/devices/…/1-9:1.0 */
	char device[PATH_MAX]; /* the whole device: the USB device, else the same as parent */
	bool usb;
};

static void closedirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* Reads a sysfs attribute without its line end. */
static int read_attr(const char *dir, const char *name, char ret[static ATTR_MAX])
{
	char path[PATH_MAX + 32];
	_cleanup_(closep) int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
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

/* The nearest folder upwards that is a USB device: only those have an idVendor. */
static bool find_usb_device(const char *parent, char ret[static PATH_MAX])
{
	char path[PATH_MAX], unused[ATTR_MAX];
	char *slash;

	snprintf(path, sizeof(path), "%s", parent);
	while ((slash = strrchr(path, '/')) && slash > path) {
		if (read_attr(path, "idVendor", unused) == 0) {
			memcpy(ret, path, sizeof(path));
			return true;
		}
		*slash = '\0';
	}
	return false;
}

static int place_of(const char *sysfs_path, struct place *ret)
{
	char link[PATH_MAX + 16];

	if (!realpath(sysfs_path, ret->node))
		return -errno;
	snprintf(link, sizeof(link), "%s/device", ret->node);
	if (!realpath(link, ret->parent))
		return -errno;
	ret->usb = find_usb_device(ret->parent, ret->device);
	if (!ret->usb)
		memcpy(ret->device, ret->parent, sizeof(ret->device));
	return 0;
}

/* The driver's bus_info when the node captures pictures; -ENODEV when it does something else. */
static int query_capture(const char *devnode, char ret[static ATTR_MAX])
{
	struct v4l2_capability cap = { 0 };
	_cleanup_(closep) int fd = open(devnode, O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, VIDIOC_QUERYCAP, &cap) < 0)
		return -errno;
	if (!(cap.device_caps & (V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_CAPTURE_MPLANE)))
		return -ENODEV;
	snprintf(ret, ATTR_MAX, "%.*s", (int) sizeof(cap.bus_info), (const char *) cap.bus_info);
	return 0;
}

static long node_index(const struct place *p)
{
	char text[ATTR_MAX];

	return read_attr(p->node, "index", text) < 0 ? 0 : strtol(text, NULL, 10);
}

/* By interface, then by the driver's own count; "1-9:1.10" comes after "1-9:1.2". */
static bool goes_before(const struct place *a, const struct place *b)
{
	int r = strverscmp(a->parent, b->parent);

	return r ? r < 0 : node_index(a) < node_index(b);
}

static void name_of_place(const struct place *p, char ret[static CARD_NAME_MAX])
{
	char product[ATTR_MAX], serial[ATTR_MAX];
	bool has_product = read_attr(p->device, "product", product) == 0;
	bool has_serial = read_attr(p->device, "serial", serial) == 0;

	card_name_of_serial(has_product ? product : NULL, has_serial ? serial : NULL, ret);
}

/* One other node that is plugged in: does it share our serial number, does it come before us? */
static void compare(const struct place *self, const struct place *other, struct card_facts *facts)
{
	char devnode[PATH_MAX], bus_info[ATTR_MAX];
	char name[CARD_NAME_MAX], other_name[CARD_NAME_MAX];

	if (strcmp(self->device, other->device) != 0) {
		if (!self->usb || !other->usb || facts->serial_shared)
			return;
		name_of_place(self, name);
		name_of_place(other, other_name);
		if (!name[0] || strcmp(name, other_name) != 0)
			return;
		facts->serial_shared = true;
		syslog(LOG_WARNING, "%s and %s show the same serial number, \"%s\": named by port",
			self->device, other->device, facts->serial);
		return;
	}
	if (!goes_before(other, self))
		return;
	snprintf(devnode, sizeof(devnode), "/dev/%s", strrchr(other->node, '/') + 1);
	if (query_capture(devnode, bus_info) == 0 && !strcmp(bus_info, facts->bus_info))
		facts->rank++;
}

static int look_around(const struct place *self, struct card_facts *facts)
{
	_cleanup_(closedirp) DIR *dir = opendir(CLASS_DIR);
	const struct dirent *entry;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		char path[sizeof(CLASS_DIR) + sizeof(entry->d_name)];
		struct place other;

		if (strncmp(entry->d_name, "video", strlen("video")) != 0)
			continue;
		snprintf(path, sizeof(path), CLASS_DIR "/%s", entry->d_name);
		if (place_of(path, &other) == 0 && strcmp(other.node, self->node) != 0)
			compare(self, &other, facts);
	}
	return 0;
}

static int name_card(const char *devnode, const char *devpath, char ret[static CARD_NAME_MAX])
{
	char path[PATH_MAX], bus_info[ATTR_MAX], product[ATTR_MAX], serial[ATTR_MAX];
	char speed[ATTR_MAX];
	struct card_facts facts = { .bus_info = bus_info };
	struct place self;
	int r;

	snprintf(path, sizeof(path), "/sys%s", devpath);
	r = place_of(path, &self);
	if (r < 0)
		return r;
	r = query_capture(devnode, bus_info);
	if (r < 0)
		return r;
	if (self.usb) {
		if (read_attr(self.device, "product", product) == 0)
			facts.product = product;
		if (read_attr(self.device, "serial", serial) == 0)
			facts.serial = serial;
		if (read_attr(self.device, "speed", speed) == 0)
			facts.superspeed = strtol(speed, NULL, 10) >= SUPERSPEED_MBIT;
	}
	r = look_around(&self, &facts);
	return r < 0 ? r : card_name_make(&facts, ret);
}

int main(void)
{
	const char *devnode = getenv("DEVNAME"), *devpath = getenv("DEVPATH");
	char name[CARD_NAME_MAX];
	int r;

	openlog("egm-card-name", 0, LOG_DAEMON);
	if (!devnode || !devpath) {
		fprintf(stderr, "egm-card-name is called by udev, with DEVNAME and DEVPATH set\n");
		return 2;
	}
	r = name_card(devnode, devpath, name);
	if (r < 0) {
		syslog(LOG_ERR, "%s has no name: %s", devnode, strerror(-r));
		return 1;
	}
	printf("EGM_NAME=%s\n", name);
	return 0;
}
