/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libudev has about video nodes, the sound beside them, and functions without a driver. */
#include <errno.h>
#include <libudev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "egmctl/nodes.h"

#define USB_CLASS_VIDEO "0e"
#define USB_SUBCLASS_CONTROL "01"

DEFINE_CLEANUP(struct udev *, udev_unref)
DEFINE_CLEANUP(struct udev_device *, udev_device_unref)
DEFINE_CLEANUP(struct udev_enumerate *, udev_enumerate_unref)

struct sound {
	char plug[NODES_PATH_MAX];
	char device[NODES_TEXT_MAX];
};

struct reading {
	struct nodes *nodes;
	struct sound sounds[NODES_SOUNDS_MAX];
	size_t n_sounds;
};

static const char *text_of(const char *value)
{
	return value ? value : "";
}

static const char *property(struct udev_device *d, const char *name)
{
	return text_of(udev_device_get_property_value(d, name));
}

static const char *attr(struct udev_device *d, const char *name)
{
	return text_of(d ? udev_device_get_sysattr_value(d, name) : NULL);
}

#define COPY(to, from) ((void) snprintf(to, sizeof(to), "%s", from))

static int for_each_device(struct udev *udev, const char *subsystem, const char *sysname,
	void (*fn)(struct reading *r, struct udev_device *d), struct reading *reading)
{
	_cleanup_(udev_enumerate_unrefp) struct udev_enumerate *e = udev_enumerate_new(udev);
	struct udev_list_entry *entry;

	if (!e || udev_enumerate_add_match_subsystem(e, subsystem) < 0 ||
		udev_enumerate_add_match_sysname(e, sysname) < 0)
		return -ENOMEM;
	if (udev_enumerate_scan_devices(e) < 0)
		return -EIO;
	udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(e))
	{
		_cleanup_(udev_device_unrefp) struct udev_device *d =
			udev_device_new_from_syspath(udev, udev_list_entry_get_name(entry));

		if (d)
			fn(reading, d);
	}
	return 0;
}

static struct udev_device *usb_of(struct udev_device *d)
{
	return udev_device_get_parent_with_subsystem_devtype(d, "usb", "usb_device");
}

/* What two functions of one thing have in common: the USB device, or the PCI slot without the
 * function. */
static void plug_of(struct udev_device *d, char ret[static NODES_PATH_MAX])
{
	struct udev_device *usb = usb_of(d), *pci;
	char *dot;

	ret[0] = '\0';
	if (usb) {
		snprintf(ret, NODES_PATH_MAX, "%s", udev_device_get_syspath(usb));
		return;
	}
	pci = udev_device_get_parent_with_subsystem_devtype(d, "pci", NULL);
	if (!pci)
		return;
	snprintf(ret, NODES_PATH_MAX, "%s", udev_device_get_syspath(pci));
	dot = strrchr(ret, '.');
	if (dot)
		*dot = '\0';
}

static void add_sound(struct reading *r, struct udev_device *d)
{
	struct sound *s = &r->sounds[r->n_sounds];
	unsigned card, device;
	char direction;

	if (r->n_sounds == NODES_SOUNDS_MAX ||
		sscanf(udev_device_get_sysname(d), "pcmC%uD%u%c", &card, &device, &direction) !=
			3 ||
		direction != 'c')
		return;
	plug_of(d, s->plug);
	snprintf(s->device, sizeof(s->device), "hw:%u,%u", card, device);
	r->n_sounds += *s->plug != '\0';
}

static const char *driver_of(struct udev_device *d)
{
	for (d = udev_device_get_parent(d); d; d = udev_device_get_parent(d))
		if (udev_device_get_driver(d))
			return udev_device_get_driver(d);
	return "";
}

static void add_node(struct reading *r, struct udev_device *d)
{
	struct node *n = &r->nodes->list[r->nodes->n];
	struct udev_device *usb = usb_of(d);

	if (r->nodes->n == NODES_MAX || !udev_device_get_devnode(d))
		return;
	r->nodes->n++;
	*n = (struct node){ .usb = usb != NULL,
		.known = *property(d, "ID_V4L_CAPABILITIES") || *property(d, "ID_V4L_VERSION"),
		.ignored = strcmp(property(d, "EGM_IGNORE"), "1") == 0,
		.webcam = strcmp(property(d, "EGM_WEBCAM"), "1") == 0 &&
			  strcmp(property(d, "EGM_WEBCAMS"), "0") == 0,
		.bus = atoi(attr(usb, "busnum")),
		.mbit = atoi(attr(usb, "speed")) };
	COPY(n->node, udev_device_get_devnode(d));
	COPY(n->name, property(d, "EGM_NAME"));
	COPY(n->model, *attr(usb, "product") ? attr(usb, "product") : attr(d, "name"));
	COPY(n->serial, property(d, "ID_SERIAL_SHORT"));
	COPY(n->id, property(d, "ID_SERIAL"));
	COPY(n->port, property(d, "ID_PATH"));
	COPY(n->usb_if, property(d, "ID_USB_INTERFACE_NUM"));
	COPY(n->driver, driver_of(d));
	COPY(n->index, attr(d, "index"));
	COPY(n->caps, property(d, "ID_V4L_CAPABILITIES"));
	plug_of(d, n->plug);
	for (size_t i = 0; i < r->n_sounds && !*n->sound; i++)
		if (*n->plug && strcmp(r->sounds[i].plug, n->plug) == 0)
			COPY(n->sound, r->sounds[i].device);
}

static void add_orphan(struct reading *r, struct udev_device *d)
{
	struct orphan *o = &r->nodes->orphans[r->nodes->n_orphans];
	struct udev_device *usb = usb_of(d);

	if (r->nodes->n_orphans == NODES_MAX || udev_device_get_driver(d) ||
		strcmp(attr(d, "bInterfaceClass"), USB_CLASS_VIDEO) != 0 ||
		strcmp(attr(d, "bInterfaceSubClass"), USB_SUBCLASS_CONTROL) != 0)
		return;
	r->nodes->n_orphans++;
	COPY(o->port, udev_device_get_sysname(d));
	COPY(o->model, attr(usb, "product"));
}

static void find_shared_ports(struct nodes *nodes)
{
	for (size_t i = 0; i < nodes->n; i++) {
		for (size_t j = 0; j < nodes->n; j++) {
			struct node *a = &nodes->list[i], *b = &nodes->list[j];

			a->shared_port |= *a->port && strcmp(a->port, b->port) == 0 &&
					  strcmp(a->plug, b->plug) != 0 && a->mbit != b->mbit;
		}
	}
}

static int by_number(const void *a, const void *b)
{
	const struct node *x = a, *y = b;

	return strverscmp(x->node, y->node);
}

int nodes_read(struct nodes *ret)
{
	_cleanup_(udev_unrefp) struct udev *udev = udev_new();
	_cleanup_(freep) struct reading *r = calloc(1, sizeof(*r));
	int error;

	if (!udev || !r)
		return -ENOMEM;
	r->nodes = ret;
	ret->n = ret->n_orphans = 0;
	error = for_each_device(udev, "sound", "pcmC*c", add_sound, r);
	if (error == 0)
		error = for_each_device(udev, "video4linux", "video*", add_node, r);
	if (error == 0)
		error = for_each_device(udev, "usb", "*:*", add_orphan, r);
	find_shared_ports(ret);
	qsort(ret->list, ret->n, sizeof(*ret->list), by_number);
	return error;
}
