/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which USB device carries a card, out of udev's link and sysfs; and how often a port's device may
 * be reset, out of a file for each port. For egm-usb-reset, which has more rights than those who
 * ask it: of them only a card's name is taken, and what it leads to is checked at each turn.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#define USB_PORT_MAX 32
#define USB_RESETS_MAX 12 /* for a port, within … */
#define USB_RESETS_USEC (3600 * UINT64_C(1000000))
#define USB_RESETS_APART_USEC (10 * UINT64_C(1000000))

struct usb_device {
	char port[USB_PORT_MAX]; /* "1-1.4": where it is plugged in, whatever it is called today */
	char id[16];             /* "534d:2109" */
	char node[32];           /* "/dev/bus/usb/001/004" */
	dev_t number;            /* of that node */
};

/* root: "" or, in a test, the folder that has dev/egm and sys. -EINVAL: not a card's name; -ENOENT:
 * no such card is plugged in; -ENOTSUP: it is not on USB. Does not block. */
int usb_device_find(const char *root, const char *card, struct usb_device *ret);

/* May the device in that port be reset now? Then it is noted in folder that it was: before, because
 * a reset may take the caller along. now_usec: of a clock that begins with the folder. -EBUSY: no,
 * it was reset too often or just now. */
int usb_device_may_reset(const char *folder, const char *port, uint64_t now_usec);
