/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The USB/IP protocol, device side, over a socket whose other end the kernel's simulated host
 * controller (vhci-hcd) has been given. Requests to endpoint 0 are answered at once by the control
 * callback; those to the others wait in a queue per endpoint until the function behind it has data
 * for them. One thread; every call may block while the kernel reads or writes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define USBIP_ENDPOINTS 3
#define USBIP_PACKETS_MAX 128

struct usbip_setup {
	uint8_t type, request;
	uint16_t value, index, length;
};

/* Takes the size bytes at data (out), or writes at most size bytes there (in). Returns how many, or
 * a negative errno, which the host sees as a stall. */
typedef int (*usbip_control_fn)(
	void *userdata, const struct usbip_setup *setup, uint8_t *data, size_t size);

/* A packet of an isochronous transfer; the device sets actual. */
struct usbip_packet {
	uint32_t offset, length, actual;
};

/* A request of the host that waits for data. */
struct usbip_urb {
	struct usbip_urb *next;
	uint32_t sequence, start_frame;
	size_t size;
	unsigned int n_packets;
	struct usbip_packet packets[USBIP_PACKETS_MAX];
};

struct usbip {
	int fd;
	usbip_control_fn control;
	void *userdata;
	struct usbip_urb *queues[USBIP_ENDPOINTS];
};

/* Plugs a high-speed device into the port. Returns the socket, or a negative errno. */
int usbip_attach(unsigned int port);

/* Reads one message and does what it asks. Returns 0; 1 when the host has closed the connection; or
 * a negative errno, after which the connection is of no use. */
int usbip_handle(struct usbip *u);

/* The oldest request waiting at the endpoint, or NULL. */
static inline struct usbip_urb *usbip_first(const struct usbip *u, unsigned int endpoint)
{
	return u->queues[endpoint];
}

/* Answers the oldest request with header and data together and forgets it. 0 or a negative errno.
 */
int usbip_complete(struct usbip *u, unsigned int endpoint, const void *header, size_t header_size,
	const void *data, size_t size);

/* Forgets all requests; the socket stays the caller's. */
void usbip_deinit(struct usbip *u);
