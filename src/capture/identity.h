/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which card is behind a device node, and under which node it is to be found now. Reads udev's
 * database and sysfs through libudev; no state, any thread, does not block for longer than that.
 */
#pragma once

#include <stddef.h>

#define IDENTITY_MAX 256

/* Writes a text that names the card behind a video node: its USB vendor, model and serial number
 * where there is one, else its path through the buses. Two cards with the same serial number are
 * told apart by the path. Returns 0, -ENOENT for no such node, or another negative errno. */
int identity_of_video(const char *node, char ret[static IDENTITY_MAX]);

/* The capture node (never a metadata or output node) of the card with this identity. -ENOENT when
 * it is not plugged in. */
int identity_find_video(const char *identity, char *ret_node, size_t size);

/* The ALSA capture device ("hw:CARD,DEV") of the sound card that hangs on the same USB or PCI
 * device as the video node. -ENOENT when there is none. */
int identity_find_sound(const char *video_node, char *ret_device, size_t size);

/* Where the card is now that was opened as device: under that name, while its identity is not known
 * yet (empty) or when device is a link that udev keeps (/dev/egm, /dev/v4l); else wherever
 * identity_find_video() says. */
int identity_locate(const char *device, const char *identity, char *ret_node, size_t size);

/* To be called when the card has just gone: one with the same serial number that is plugged in at
 * this moment is a twin, not ours in another port, and from now on ours is recognised by its port.
 */
void identity_part(char identity[static IDENTITY_MAX]);
