/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/plug.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

int plug_each_device(struct udev *udev, const char *subsystem, const char *sysname,
	int (*fn)(struct udev_device *d, void *userdata), void *userdata)
{
	_cleanup_(udev_enumerate_unrefp) struct udev_enumerate *e = udev_enumerate_new(udev);
	struct udev_list_entry *entry;
	int r = 0;

	if (!e || udev_enumerate_add_match_subsystem(e, subsystem) < 0 ||
		udev_enumerate_add_match_sysname(e, sysname) < 0)
		return -ENOMEM;
	if (udev_enumerate_scan_devices(e) < 0)
		return -EIO;
	udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(e))
	{
		_cleanup_(udev_device_unrefp) struct udev_device *d =
			udev_device_new_from_syspath(udev, udev_list_entry_get_name(entry));

		r = d ? fn(d, userdata) : 0;
		if (r != 0)
			break;
	}
	return r;
}

const char *plug_attr(struct udev_device *d, const char *name)
{
	const char *value = d ? udev_device_get_sysattr_value(d, name) : NULL;

	return value ? value : "";
}

struct udev_device *plug_usb(struct udev_device *d)
{
	return udev_device_get_parent_with_subsystem_devtype(d, "usb", "usb_device");
}

void plug_of(struct udev_device *d, char ret[static PLUG_MAX])
{
	struct udev_device *usb = plug_usb(d), *parent = usb;
	int n;

	ret[0] = '\0';
	if (!usb)
		parent = udev_device_get_parent_with_subsystem_devtype(d, "pci", NULL);
	if (!parent)
		return;
	n = snprintf(ret, PLUG_MAX, "%s", udev_device_get_syspath(parent));
	if (n < 0 || n >= PLUG_MAX)
		ret[0] = '\0';
	else if (!usb && strrchr(ret, '.'))
		*strrchr(ret, '.') = '\0';
}

struct hunt {
	const char *plug;
	unsigned card, device;
	bool found;
};

static int hunt_sound(struct udev_device *d, void *userdata)
{
	struct hunt *h = userdata;
	unsigned card, device;
	char plug[PLUG_MAX], direction;

	if (sscanf(udev_device_get_sysname(d), "pcmC%uD%u%c", &card, &device, &direction) != 3 ||
		direction != 'c')
		return 0;
	plug_of(d, plug);
	if (strcmp(plug, h->plug) != 0)
		return 0;
	if (!h->found || card < h->card || (card == h->card && device < h->device)) {
		h->found = true;
		h->card = card;
		h->device = device;
	}
	return 0;
}

int plug_find_sound(struct udev *udev, const char *plug, char ret[static PLUG_SOUND_MAX])
{
	struct hunt h = { .plug = plug };
	int r = *plug ? plug_each_device(udev, "sound", "pcmC*c", hunt_sound, &h) : 0;

	if (r < 0)
		return r;
	if (!h.found)
		return -ENOENT;
	(void) snprintf(ret, PLUG_SOUND_MAX, "hw:%u,%u", h.card, h.device);
	return 0;
}
