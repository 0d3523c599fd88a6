/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A TCP connection whose every wait ends within a deadline that others may move. Belongs to one
 * thread. Only the resolver cannot be interrupted.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rtmp/chunk.h"

#define WIRE_ADDRESSES_MAX 8 /* of a name that are tried */

/* What holds the waits; all of it lives as long as the connection. */
struct wire_guard {
	int wake_fd;                       /* readable: until() may have changed; it is cleared */
	uint64_t (*until)(void *userdata); /* monotonic; a time that is over ends each wait */
	void (*progress)(void *userdata);  /* a whole message has gone out */
	void *userdata;
};

/* Connects; the addresses of a name are tried side by side, each a moment after the one before it.
 * send_buffer: bytes that the kernel may hold back. Returns 0 and a socket that does not block, or
 * a negative errno, -EADDRNOTAVAIL for a name that has no address (why then has words), -ETIMEDOUT.
 */
int wire_dial(const char *host, const char *port, int send_buffer, const struct wire_guard *g,
	int *ret, char *why, size_t why_size);

/* Waits for events of poll(2). Returns 0, or -ETIMEDOUT. */
int wire_wait(int fd, short events, const struct wire_guard *g);

/* … or until a time of the caller's. */
int wire_wait_until(int fd, short events, uint64_t end, const struct wire_guard *g);

/* Writes all of the batch. Returns 0 or a negative errno. */
int wire_flush(int fd, struct chunk_out *o, const struct wire_guard *g);

/* As much of it as goes without waiting; -EAGAIN: some is left. */
int wire_push(int fd, struct chunk_out *o, const struct wire_guard *g);

/* Writes or reads exactly so many bytes. -EPIPE: the peer has closed. */
int wire_write(int fd, const void *data, size_t size, const struct wire_guard *g);
int wire_read(int fd, void *data, size_t size, const struct wire_guard *g);

/* What has come, without waiting: the number of bytes, 0: nothing; -EPIPE: the peer has closed. */
int wire_receive(int fd, void *data, size_t size);

/* Would wire_receive() return anything but 0? */
bool wire_has_come(int fd);
