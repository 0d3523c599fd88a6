/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An identity is "CARD node NODE at PATH" or "CARD node NODE near PATH".
 *
 * For USB, CARD is vendor, model and serial number, and NODE tells the capture nodes of one card
 * apart. PATH is the port. "near": the serial number was the card's alone, so the card may turn up
 * in any port; the old one only decides between two. "at": the card has no number or shares it, and
 * is recognised by its port only. Other cards do not wander about; they are their bus and path,
 * always "at".
 *
 * All of it comes from sysfs and the driver, not from udev's database: right after a card was
 * plugged in, that is not filled yet, and in a container never.
 */
#include "capture/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "capture/v4l2-probe.h"
#include "common/plug.h"

#define NODE_MAX 64

struct card {
	char name[IDENTITY_MAX]; /* up to and with the node */
	char path[IDENTITY_MAX];
	char usb_path[IDENTITY_MAX]; /* syspath of the USB device; empty for another bus */
	char usb_key[160];           /* vendor, model, serial number */
	bool serial;                 /* has one */
};

/* The file name is the kernel's (/dev/video7), whatever link leads to it. */
static int device_of_node(struct udev *udev, const char *node, struct udev_device **ret)
{
	struct udev_device *d;
	const char *subsystem;
	struct stat st;

	if (stat(node, &st) < 0)
		return -errno;
	if (!S_ISCHR(st.st_mode))
		return -ENODEV;
	d = udev_device_new_from_devnum(udev, 'c', st.st_rdev);
	if (!d)
		return -ENODEV;
	subsystem = udev_device_get_subsystem(d);
	if (!subsystem || strcmp(subsystem, "video4linux") != 0) {
		udev_device_unref(d);
		return -ENODEV;
	}
	*ret = d;
	return 0;
}

static int query(struct udev_device *d, struct v4l2_capability *ret)
{
	const char *node = udev_device_get_devnode(d);
	_cleanup_(closep) int fd = -1;
	enum v4l2_kind kind;
	int r;

	if (!node)
		return -ENODEV;
	fd = open(node, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = v4l2_node_kind(fd, ret, &kind);
	if (r < 0)
		return r;
	return kind == V4L2_KIND_CAPTURE ? 0 : -ENODEV;
}

static int usb_card(struct udev_device *d, struct udev_device *usb, struct card *c)
{
	struct udev_device *interface =
		udev_device_get_parent_with_subsystem_devtype(d, "usb", "usb_interface");
	const char *serial = plug_attr(usb, "serial");
	int n;

	c->serial = serial[0] != '\0';
	n = snprintf(c->usb_key, sizeof(c->usb_key), "usb %s:%s %s", plug_attr(usb, "idVendor"),
		plug_attr(usb, "idProduct"), c->serial ? serial : "-");
	if (n < 0 || (size_t) n >= sizeof(c->usb_key))
		return -ENAMETOOLONG;
	(void) snprintf(c->usb_path, sizeof(c->usb_path), "%s", udev_device_get_syspath(usb));
	(void) snprintf(c->path, sizeof(c->path), "%s", udev_device_get_sysname(usb));
	n = snprintf(c->name, sizeof(c->name), "%s node %s.%s", c->usb_key,
		plug_attr(interface, "bInterfaceNumber"), plug_attr(d, "index"));
	return n < 0 || (size_t) n >= sizeof(c->name) ? -ENAMETOOLONG : 0;
}

static const char *parent_path(struct udev_device *d)
{
	struct udev_device *parent = udev_device_get_parent(d);

	return parent ? udev_device_get_devpath(parent) : udev_device_get_sysname(d);
}

struct siblings {
	struct udev_device *device;
	const struct v4l2_capability *cap;
	int before;
};

static int count_before(struct udev_device *d, void *userdata)
{
	struct siblings *s = userdata;
	struct v4l2_capability cap;

	if (strcmp(parent_path(d), parent_path(s->device)) == 0 &&
		atoi(udev_device_get_sysnum(d)) < atoi(udev_device_get_sysnum(s->device)) &&
		query(d, &cap) == 0 &&
		memcmp(cap.bus_info, s->cap->bus_info, sizeof(cap.bus_info)) == 0)
		s->before++;
	return 0;
}

/* The bus name tells apart what hangs on one virtual parent, the order of the nodes the channels of
 * one board. */
static int other_card(struct udev_device *d, const struct v4l2_capability *cap, struct card *c)
{
	struct siblings s = { .device = d, .cap = cap };
	int n, r;

	r = plug_each_device(udev_device_get_udev(d), "video4linux", "video*", count_before, &s);
	if (r < 0)
		return r;
	n = snprintf(c->name, sizeof(c->name), "%.*s node %d", (int) sizeof(cap->bus_info),
		(const char *) cap->bus_info, s.before);
	if (n < 0 || (size_t) n >= sizeof(c->name))
		return -ENAMETOOLONG;
	n = snprintf(c->path, sizeof(c->path), "%s", parent_path(d));
	return n < 0 || (size_t) n >= sizeof(c->path) ? -ENAMETOOLONG : 0;
}

/* -ENODEV: a node that captures no video. */
static int card_of_device(struct udev_device *d, struct card *ret)
{
	struct udev_device *usb = plug_usb(d);
	struct v4l2_capability cap;
	int r = query(d, &cap);

	if (r < 0)
		return r;
	memset(ret, 0, sizeof(*ret));
	return usb ? usb_card(d, usb, ret) : other_card(d, &cap, ret);
}

static int is_twin(struct udev_device *d, void *userdata)
{
	const struct card *c = userdata;
	struct udev_device *usb = plug_usb(d);
	struct card other = { 0 };

	if (!usb || strcmp(udev_device_get_syspath(usb), c->usb_path) == 0)
		return 0;
	return usb_card(d, usb, &other) == 0 && strcmp(other.usb_key, c->usb_key) == 0;
}

static int format(char *ret, const struct card *c, bool wanders)
{
	int n = snprintf(ret, IDENTITY_MAX, "%s %s %s", c->name, wanders ? "near" : "at", c->path);

	return n < 0 || n >= IDENTITY_MAX ? -ENAMETOOLONG : 0;
}

int identity_of_video(const char *node, char ret[static IDENTITY_MAX])
{
	_cleanup_(udev_unrefp) struct udev *udev = udev_new();
	_cleanup_(udev_device_unrefp) struct udev_device *d = NULL;
	char identity[IDENTITY_MAX];
	bool wanders = false;
	struct card c;
	int r;

	if (!udev)
		return -ENOMEM;
	r = device_of_node(udev, node, &d);
	if (r < 0)
		return r;
	r = card_of_device(d, &c);
	if (r < 0)
		return r;
	if (c.serial) {
		r = plug_each_device(udev, "video4linux", "video*", is_twin, &c);
		if (r < 0)
			return r;
		wanders = r == 0;
	}
	r = format(identity, &c, wanders);
	if (r == 0)
		memcpy(ret, identity, sizeof(identity));
	return r;
}

struct hunt {
	const char *identity;
	char node[NODE_MAX]; /* a card with the right number in another port */
	int elsewhere;       /* how many of those */
};

/* 1: this is it, without doubt. */
static int hunt_video(struct udev_device *d, void *userdata)
{
	struct hunt *h = userdata;
	struct udev_device *usb = plug_usb(d);
	char text[IDENTITY_MAX];
	struct card c = { 0 };
	int n;

	/* Other cards are not even opened, where sysfs is enough to tell. */
	if (usb && (usb_card(d, usb, &c) < 0 || strncmp(h->identity, c.name, strlen(c.name)) != 0))
		return 0;
	if (!usb && strncmp(h->identity, "usb ", 4) == 0)
		return 0;
	if (card_of_device(d, &c) < 0)
		return 0;
	n = snprintf(text, sizeof(text), "%s near ", c.name);
	if (n < 0 || (size_t) n >= sizeof(text))
		return 0;
	if (strncmp(h->identity, text, (size_t) n) == 0) {
		h->elsewhere++;
		(void) snprintf(h->node, sizeof(h->node), "%s", udev_device_get_devnode(d));
		return format(text, &c, true) == 0 && strcmp(text, h->identity) == 0;
	}
	if (format(text, &c, false) < 0 || strcmp(text, h->identity) != 0)
		return 0;
	(void) snprintf(h->node, sizeof(h->node), "%s", udev_device_get_devnode(d));
	return 1;
}

int identity_find_video(const char *identity, char *ret_node, size_t size)
{
	_cleanup_(udev_unrefp) struct udev *udev = udev_new();
	struct hunt h = { .identity = identity };
	int r;

	if (!udev)
		return -ENOMEM;
	r = plug_each_device(udev, "video4linux", "video*", hunt_video, &h);
	if (r < 0)
		return r;
	if (r == 0 && h.elsewhere != 1)
		return -ENOENT;
	if (strlen(h.node) >= size)
		return -ENAMETOOLONG;
	memcpy(ret_node, h.node, strlen(h.node) + 1);
	return 0;
}

int identity_locate(const char *device, const char *identity, char *ret_node, size_t size)
{
	bool kept = strncmp(device, "/dev/egm/", 9) == 0 || strncmp(device, "/dev/v4l/", 9) == 0;

	if (identity[0] != '\0' && !kept)
		return identity_find_video(identity, ret_node, size);
	if (strlen(device) >= size)
		return -ENAMETOOLONG;
	memcpy(ret_node, device, strlen(device) + 1);
	return 0;
}

static int has_twin(struct udev_device *d, void *userdata)
{
	const char *identity = userdata;
	struct udev_device *usb = plug_usb(d);
	char text[IDENTITY_MAX];
	struct card c = { 0 };
	int n;

	if (!usb || usb_card(d, usb, &c) < 0)
		return 0;
	n = snprintf(text, sizeof(text), "%s near ", c.name);
	return n > 0 && (size_t) n < sizeof(text) && strncmp(identity, text, (size_t) n) == 0 &&
	       strcmp(identity + n, c.path) != 0;
}

void identity_part(char identity[static IDENTITY_MAX])
{
	_cleanup_(udev_unrefp) struct udev *udev = udev_new();
	static const char near[] = " near ", at[] = " at ";
	char *word = NULL, *path;

	if (!udev || plug_each_device(udev, "video4linux", "video*", has_twin, identity) != 1)
		return;
	for (char *p = strstr(identity, near); p; p = strstr(p + 1, near))
		word = p;
	if (!word)
		return;
	path = word + strlen(near);
	memmove(word + strlen(at), path, strlen(path) + 1);
	memcpy(word, at, strlen(at));
}

int identity_find_sound(const char *video_node, char *ret_device, size_t size)
{
	_cleanup_(udev_unrefp) struct udev *udev = udev_new();
	_cleanup_(udev_device_unrefp) struct udev_device *d = NULL;
	char plug[PLUG_MAX], name[PLUG_SOUND_MAX];
	int r;

	if (!udev)
		return -ENOMEM;
	r = device_of_node(udev, video_node, &d);
	if (r < 0)
		return r;
	plug_of(d, plug);
	r = plug_find_sound(udev, plug, name);
	if (r < 0)
		return r;
	if (strlen(name) >= size)
		return -ENAMETOOLONG;
	memcpy(ret_device, name, strlen(name) + 1);
	return 0;
}
