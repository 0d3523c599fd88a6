/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is plugged in, by libudev: devices of a kind, and which of them are functions of one thing.
 * The service opens the sound that is found here beside its picture, and egmctl shows it: both have
 * to mean the same. No state; any thread; blocks for no longer than sysfs does.
 */
#pragma once

#include <libudev.h>
#include <stddef.h>

#include "common/cleanup.h"

#define PLUG_MAX 512
#define PLUG_SOUND_MAX 32 /* "hw:1,0" */

DEFINE_CLEANUP(struct udev *, udev_unref)
DEFINE_CLEANUP(struct udev_device *, udev_device_unref)
DEFINE_CLEANUP(struct udev_enumerate *, udev_enumerate_unref)

/* Calls fn for every device of a subsystem whose name matches, in no order to rely on, until fn
 * returns other than 0; returns what it returned last, or a negative errno. */
int plug_each_device(struct udev *udev, const char *subsystem, const char *sysname,
	int (*fn)(struct udev_device *d, void *userdata), void *userdata);

/* An attribute of sysfs; "" when there is none, or no device. Lives as long as the device. */
const char *plug_attr(struct udev_device *d, const char *name);

/* The USB device a device belongs to, or NULL. The reference on d keeps it. */
struct udev_device *plug_usb(struct udev_device *d);

/* What two functions of one thing have in common: the USB device, or the PCI slot without the
 * function. "" for what hangs on neither. */
void plug_of(struct udev_device *d, char ret[static PLUG_MAX]);

/* The ALSA device that captures in this plug; with several of them, the one of the lowest number.
 * -ENOENT: there is none. */
int plug_find_sound(struct udev *udev, const char *plug, char ret[static PLUG_SOUND_MAX]);
