/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages have a header of 48 bytes in network order (Documentation/usb/usbip_protocol.rst of the
 * kernel). A submit is answered once, by a return with the data; an unlink takes a submit back,
 * unless its answer is already on the way.
 */
#include "usbip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/cleanup.h"

#define ATTACH_PATH "/sys/devices/platform/vhci_hcd.0/attach"
#define SPEED_HIGH 3
#define OUT_BYTES_MAX 65536
#define CONTROL_BYTES_MAX 4096
#define SETUP_DIRECTION_IN 0x80

enum usbip_command {
	USBIP_SUBMIT = 1,
	USBIP_UNLINK = 2,
	USBIP_RETURN_SUBMIT = 3,
	USBIP_RETURN_UNLINK = 4,
};

/* The fields after the first five differ per command; those of a submit and of its return share
 * places. */
struct message {
	uint32_t command, sequence, device, direction, endpoint;
	uint32_t status; /* submit: transfer flags; unlink: the sequence number to take back */
	uint32_t length;
	uint32_t start_frame;
	uint32_t n_packets;
	uint32_t interval;
	uint8_t setup[8];
};

struct packet_message {
	uint32_t offset, length, actual, status;
};

_Static_assert(sizeof(struct message) == 48, "the protocol's header has 48 bytes");

int usbip_attach(unsigned int port)
{
	_cleanup_(closep) int attach = -1, ours = -1, kernels = -1;
	int sockets[2], length;
	char text[64];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0)
		return -errno;
	ours = sockets[0];
	kernels = sockets[1];
	attach = open(ATTACH_PATH, O_WRONLY | O_CLOEXEC);
	if (attach < 0)
		return -errno;
	/* The third number is the device's bus and address on its own side: anything unique. */
	length = snprintf(
		text, sizeof(text), "%u %d %u %d", port, kernels, 0x10000 + port + 2, SPEED_HIGH);
	if (write(attach, text, (size_t) length) != length)
		return -errno;
	return TAKE_FD(ours);
}

static int read_all(int fd, void *data, size_t size)
{
	uint8_t *p = data;

	while (size > 0) {
		ssize_t n = read(fd, p, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -ECONNRESET;
		p += n;
		size -= (size_t) n;
	}
	return 0;
}

static int write_all(int fd, struct iovec *parts, int n_parts)
{
	while (n_parts > 0) {
		ssize_t n = writev(fd, parts, n_parts);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		while (n_parts > 0 && (size_t) n >= parts->iov_len) {
			n -= (ssize_t) parts->iov_len;
			parts++;
			n_parts--;
		}
		if (n_parts > 0) {
			parts->iov_base = (uint8_t *) parts->iov_base + n;
			parts->iov_len -= (size_t) n;
		}
	}
	return 0;
}

static int answer(struct usbip *u, enum usbip_command command, uint32_t sequence, int status,
	size_t actual, const void *data, size_t size)
{
	struct message m = {
		.command = htonl(command),
		.sequence = htonl(sequence),
		.status = htonl((uint32_t) status),
		.length = htonl((uint32_t) actual),
	};
	struct iovec parts[] = { { &m, sizeof(m) }, { (void *) data, size } };

	return write_all(u->fd, parts, ARRAY_SIZE(parts));
}

static int handle_control(struct usbip *u, const struct message *m, uint8_t *data, size_t size)
{
	const uint8_t *s = m->setup;
	struct usbip_setup setup = {
		.type = s[0],
		.request = s[1],
		.value = (uint16_t) (s[2] | s[3] << 8),
		.index = (uint16_t) (s[4] | s[5] << 8),
		.length = (uint16_t) (s[6] | s[7] << 8),
	};
	uint8_t reply[CONTROL_BYTES_MAX];
	int n;

	if (!(setup.type & SETUP_DIRECTION_IN)) {
		n = u->control(u->userdata, &setup, data, size);
		return answer(u, USBIP_RETURN_SUBMIT, ntohl(m->sequence), n < 0 ? -EPIPE : 0,
			n < 0 ? 0 : size, NULL, 0);
	}
	n = u->control(u->userdata, &setup, reply, sizeof(reply));
	if (n < 0)
		return answer(u, USBIP_RETURN_SUBMIT, ntohl(m->sequence), -EPIPE, 0, NULL, 0);
	n = MIN(n, setup.length);
	return answer(u, USBIP_RETURN_SUBMIT, ntohl(m->sequence), 0, (size_t) n, reply, (size_t) n);
}

static int read_packets(struct usbip *u, struct usbip_urb *urb, uint32_t n_packets)
{
	struct packet_message messages[USBIP_PACKETS_MAX];
	int r;

	/* Transfers that are not isochronous come with 0 or -1. */
	if (n_packets == 0 || n_packets == UINT32_MAX)
		return 0;
	if (n_packets > USBIP_PACKETS_MAX)
		return -E2BIG;
	r = read_all(u->fd, messages, n_packets * sizeof(messages[0]));
	if (r < 0)
		return r;
	for (uint32_t i = 0; i < n_packets; i++) {
		urb->packets[i].offset = ntohl(messages[i].offset);
		urb->packets[i].length = ntohl(messages[i].length);
	}
	urb->n_packets = n_packets;
	return 0;
}

static int handle_submit(struct usbip *u, const struct message *m)
{
	_cleanup_(freep) struct usbip_urb *urb = NULL;
	uint32_t endpoint = ntohl(m->endpoint), length = ntohl(m->length);
	bool in = ntohl(m->direction) != 0;
	uint8_t out[OUT_BYTES_MAX];
	struct usbip_urb **last;
	int r;

	if (!in && length > sizeof(out))
		return -EMSGSIZE;
	if (!in) {
		r = read_all(u->fd, out, length);
		if (r < 0)
			return r;
	}
	if (endpoint == 0)
		return handle_control(u, m, out, in ? 0 : length);
	if (!in || endpoint >= USBIP_ENDPOINTS)
		return -EPROTO;

	urb = calloc(1, sizeof(*urb));
	if (!urb)
		return -ENOMEM;
	urb->sequence = ntohl(m->sequence);
	urb->start_frame = ntohl(m->start_frame);
	urb->size = length;
	r = read_packets(u, urb, ntohl(m->n_packets));
	if (r < 0)
		return r;
	for (last = &u->queues[endpoint]; *last; last = &(*last)->next)
		;
	*last = TAKE_PTR(urb);
	return 0;
}

static int handle_unlink(struct usbip *u, const struct message *m)
{
	uint32_t victim = ntohl(m->status);
	int status = 0;

	for (int i = 0; i < USBIP_ENDPOINTS; i++)
		for (struct usbip_urb **p = &u->queues[i]; *p; p = &(*p)->next)
			if ((*p)->sequence == victim) {
				struct usbip_urb *urb = *p;

				*p = urb->next;
				free(urb);
				status = -ECONNRESET;
				break;
			}
	return answer(u, USBIP_RETURN_UNLINK, ntohl(m->sequence), status, 0, NULL, 0);
}

int usbip_handle(struct usbip *u)
{
	struct message m;
	int r;

	r = read_all(u->fd, &m, sizeof(m));
	if (r == -ECONNRESET)
		return 1;
	if (r < 0)
		return r;
	switch (ntohl(m.command)) {
	case USBIP_SUBMIT:
		return handle_submit(u, &m);
	case USBIP_UNLINK:
		return handle_unlink(u, &m);
	default:
		return -EPROTO;
	}
}

int usbip_complete(struct usbip *u, unsigned int endpoint, const void *header, size_t header_size,
	const void *data, size_t size)
{
	_cleanup_(freep) struct usbip_urb *urb = u->queues[endpoint];
	struct packet_message packets[USBIP_PACKETS_MAX];
	struct message m = {
		.command = htonl(USBIP_RETURN_SUBMIT),
		.sequence = htonl(urb->sequence),
		.length = htonl((uint32_t) (header_size + size)),
		.start_frame = htonl(urb->start_frame),
		.n_packets = htonl(urb->n_packets),
	};
	struct iovec parts[] = {
		{ &m, sizeof(m) },
		{ (void *) header, header_size },
		{ (void *) data, size },
		{ packets, urb->n_packets * sizeof(packets[0]) },
	};

	u->queues[endpoint] = urb->next;
	for (unsigned int i = 0; i < urb->n_packets; i++)
		packets[i] = (struct packet_message){
			.offset = htonl(urb->packets[i].offset),
			.length = htonl(urb->packets[i].length),
			.actual = htonl(urb->packets[i].actual),
		};
	return write_all(u->fd, parts, ARRAY_SIZE(parts));
}

void usbip_deinit(struct usbip *u)
{
	for (int i = 0; i < USBIP_ENDPOINTS; i++)
		while (u->queues[i]) {
			struct usbip_urb *urb = u->queues[i];

			u->queues[i] = urb->next;
			free(urb);
		}
}
