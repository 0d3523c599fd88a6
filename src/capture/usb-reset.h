/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks egm-usb-reset (src/udev/egm-usb-reset.c), which may, to reset the USB device of a card. It
 * is asked over a socket that only the streamer's user may open, and told the name that udev gave
 * the card: a node without such a name is none of ours, and the helper would know no better.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define USB_RESET_SOCKET "/run/egm-usb-reset.socket"
#define USB_RESET_NAMES "/dev/egm"

/* node: "/dev/video0"; names: the folder of udev's links. Any thread; waits for the answer until
 * the monotonic time, or until wake_fd is readable (-EAGAIN; it is left so). 0: the device was
 * reset. why gets words for anything else; -ENOTSUP: the card is on no USB. */
int usb_reset(const char *socket_path, const char *names, const char *node, int wake_fd,
	uint64_t until_usec, char *why, size_t why_size);
