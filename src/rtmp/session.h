/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A publisher's session with an RTMP server, from the connection to the goodbye. Belongs to one
 * thread, but for rtmp_load(). Every wait ends when the guard says so, but for the resolver's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "rtmp/chunk.h"
#include "rtmp/load.h"
#include "rtmp/wire.h"

#define RTMP_REDIRECTS_MAX 3
#define RTMP_PAYLOAD_MAX 0xffffff /* bytes of a message */

struct rtmp;

/* The guard has to live as long as the session. */
int rtmp_new(struct rtmp **ret, const struct wire_guard *guard);
struct rtmp *rtmp_free(struct rtmp *s);
DEFINE_CLEANUP(struct rtmp *, rtmp_free)

/* Connects and publishes; follows redirections. send_buffer: bytes the kernel may hold back.
 * Returns 0 or a negative errno: -EPERM: the server refuses, -EBUSY: … since it has such a stream
 * already, -ETIMEDOUT: the guard's time is over, -EPIPE: the server has closed, -EBADMSG: it speaks
 * no RTMP. rtmp_words() may know more. Nothing stays open. */
int rtmp_open(struct rtmp *s, const char *url, int send_buffer);

/* Connects as far as to be let into the application, publishes nothing, and closes. Returns as
 * rtmp_open() does. */
int rtmp_try(struct rtmp *s, const char *url);

/* Begins a message with so many bytes of payload, which are put next. Nothing goes out before the
 * flush as long as there is room; what is put has to stay where it is until then. Each returns 0 or
 * a negative errno, after which only the close makes sense. */
int rtmp_begin(struct rtmp *s, enum chunk_type type, uint32_t msec, size_t size);
int rtmp_put(struct rtmp *s, const void *data, size_t size);
/* Copies: at most CHUNK_COPY_MAX bytes. */
int rtmp_copy(struct rtmp *s, const void *data, size_t size);

/* Can a message of so many bytes be put, in so many pieces and as many copies, without writing what
 * is there already? */
bool rtmp_has_room(const struct rtmp *s, size_t pieces, size_t size);

/* Writes what has been put, to the kernel, and now and then reads what the server has to say. */
int rtmp_flush(struct rtmp *s);

/* As far as that needs no waiting: -EAGAIN: rtmp_flush() has more to do. May be called on another
 * thread while the owner keeps away. */
int rtmp_try_flush(struct rtmp *s);

/* How its connection fares while it publishes. Any thread, as long as the session is not freed;
 * does not block. Returns 0, -ENOTCONN, or what tcp_load() returns. */
int rtmp_load(struct rtmp *s, struct tcp_load *ret);

/* Says goodbye, if that is wanted, waits a moment for the server to have seen it, and closes. Takes
 * a session that is closed. */
void rtmp_close(struct rtmp *s, bool goodbye);

/* Why the last call failed, as far as the errno does not tell it; else "". Without secrets. Valid
 * until the next open. */
const char *rtmp_words(const struct rtmp *s);
