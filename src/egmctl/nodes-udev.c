/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libudev has about video nodes, the sound beside them, and functions without a driver. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/plug.h"
#include "egmctl/nodes.h"

#define USB_CLASS_VIDEO "0e"
#define USB_SUBCLASS_CONTROL "01"

static const char *text_of(const char *value)
{
	return value ? value : "";
}

static const char *property(struct udev_device *d, const char *name)
{
	return text_of(udev_device_get_property_value(d, name));
}

#define COPY(to, from) ((void) snprintf(to, sizeof(to), "%s", from))

static const char *driver_of(struct udev_device *d)
{
	for (d = udev_device_get_parent(d); d; d = udev_device_get_parent(d))
		if (udev_device_get_driver(d))
			return udev_device_get_driver(d);
	return "";
}

static int add_node(struct udev_device *d, void *userdata)
{
	struct nodes *nodes = userdata;
	struct node *n = &nodes->list[nodes->n];
	struct udev_device *usb = plug_usb(d);

	if (nodes->n == NODES_MAX || !udev_device_get_devnode(d))
		return 0;
	nodes->n++;
	*n = (struct node){ .usb = usb != NULL,
		.known = *property(d, "ID_V4L_CAPABILITIES") || *property(d, "ID_V4L_VERSION"),
		.ignored = strcmp(property(d, "EGM_IGNORE"), "1") == 0,
		.webcam = strcmp(property(d, "EGM_WEBCAM"), "1") == 0 &&
			  strcmp(property(d, "EGM_WEBCAMS"), "0") == 0,
		.bus = atoi(plug_attr(usb, "busnum")),
		.mbit = atoi(plug_attr(usb, "speed")) };
	COPY(n->node, udev_device_get_devnode(d));
	COPY(n->name, property(d, "EGM_NAME"));
	COPY(n->model,
		*plug_attr(usb, "product") ? plug_attr(usb, "product") : plug_attr(d, "name"));
	COPY(n->serial, property(d, "ID_SERIAL_SHORT"));
	COPY(n->id, property(d, "ID_SERIAL"));
	COPY(n->port, property(d, "ID_PATH"));
	COPY(n->usb_if, property(d, "ID_USB_INTERFACE_NUM"));
	COPY(n->driver, driver_of(d));
	COPY(n->index, plug_attr(d, "index"));
	COPY(n->caps, property(d, "ID_V4L_CAPABILITIES"));
	plug_of(d, n->plug);
	return 0;
}

static int add_orphan(struct udev_device *d, void *userdata)
{
	struct nodes *nodes = userdata;
	struct orphan *o = &nodes->orphans[nodes->n_orphans];
	struct udev_device *usb = plug_usb(d);

	if (nodes->n_orphans == NODES_MAX || udev_device_get_driver(d) ||
		strcmp(plug_attr(d, "bInterfaceClass"), USB_CLASS_VIDEO) != 0 ||
		strcmp(plug_attr(d, "bInterfaceSubClass"), USB_SUBCLASS_CONTROL) != 0)
		return 0;
	nodes->n_orphans++;
	COPY(o->port, udev_device_get_sysname(d));
	COPY(o->model, plug_attr(usb, "product"));
	return 0;
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

static int find_sounds(struct udev *udev, struct nodes *nodes)
{
	char sound[PLUG_SOUND_MAX];

	for (size_t i = 0; i < nodes->n; i++) {
		int r = plug_find_sound(udev, nodes->list[i].plug, sound);

		if (r == 0)
			COPY(nodes->list[i].sound, sound);
		else if (r != -ENOENT)
			return r;
	}
	return 0;
}

int nodes_read(struct nodes *ret)
{
	_cleanup_(udev_unrefp) struct udev *udev = udev_new();
	int r;

	if (!udev)
		return -ENOMEM;
	ret->n = ret->n_orphans = 0;
	r = plug_each_device(udev, "video4linux", "video*", add_node, ret);
	if (r == 0)
		r = find_sounds(udev, ret);
	if (r == 0)
		r = plug_each_device(udev, "usb", "*:*", add_orphan, ret);
	find_shared_ports(ret);
	qsort(ret->list, ret->n, sizeof(*ret->list), by_number);
	return r;
}
