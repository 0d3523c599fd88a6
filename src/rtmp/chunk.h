/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RTMP's chunk stream (Adobe's RTMP specification 1.0, section 5.3): messages cut into chunks. What
 * goes out is made of headers between pieces of the payload, which is never copied; what comes in
 * is put together within limits that no peer can move. Pure; one thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define CHUNK_STREAMS_MAX 16          /* that a peer may use */
#define CHUNK_MESSAGE_MAX (64 * 1024) /* bytes of one that comes in: servers only say little */
#define CHUNK_PIECES_MAX 512          /* of a batch that goes out */
#define CHUNK_COPY_MAX 16             /* bytes of a piece that is copied */

enum chunk_type {
	CHUNK_SET_SIZE = 1,
	CHUNK_ABORT = 2,
	CHUNK_ACK = 3,
	CHUNK_USER_CONTROL = 4,
	CHUNK_WINDOW = 5,
	CHUNK_BANDWIDTH = 6,
	CHUNK_AUDIO = 8,
	CHUNK_VIDEO = 9,
	CHUNK_DATA = 18,
	CHUNK_COMMAND = 20,
};

struct chunk_message {
	uint8_t type; /* enum chunk_type, or what else a peer may say */
	uint32_t stream;
	uint32_t msec;
	const uint8_t *payload; /* incoming: until the callback returns */
	size_t size;
};

/* --- in --- */

struct chunk_in;

int chunk_in_new(struct chunk_in **ret);
struct chunk_in *chunk_in_free(struct chunk_in *c);

/* What came from the peer, in pieces of any size. Whole messages are handed to fn, but for those
 * about the chunks themselves; what fn returns below 0 ends the call with it. -EBADMSG: that is no
 * RTMP; -EMSGSIZE: a message above the limit. After a failure only the free makes sense. */
int chunk_in_feed(struct chunk_in *c, const uint8_t *data, size_t size,
	int (*fn)(void *userdata, const struct chunk_message *m), void *userdata);

/* --- out --- */

/* Messages on their way: what is to be written is piece[done] … piece[n - 1]. */
struct chunk_out {
	struct iovec piece[CHUNK_PIECES_MAX];
	size_t n, done;
	uint8_t scratch[CHUNK_PIECES_MAX * 8]; /* headers, and what the caller has no place for */
	size_t used;
	size_t chunk_size;             /* 128 until the caller sets another, having told the peer */
	size_t room;                   /* left in the message's current chunk */
	uint32_t msec;                 /* of the message */
	unsigned number;               /* … and its chunk stream */
	size_t left;                   /* bytes of the message that are still to be put */
	size_t ends[CHUNK_PIECES_MAX]; /* how many pieces there are when a message is complete */
	size_t n_ends;
};

void chunk_out_init(struct chunk_out *o);

/* No room for what may come next, whatever it is: all has to go out first. */
bool chunk_out_full(const struct chunk_out *o);

/* Is there room for a whole message of so many bytes, put in so many pieces and as many copies? */
bool chunk_out_has_room(const struct chunk_out *o, size_t pieces, size_t size);

/* Begins a message, whose payload has m->size bytes in pieces that follow (m->payload is not looked
 * at). Neither of these three may be called while it is full, nor this one before the message in
 * front has had all its bytes. */
void chunk_out_begin(struct chunk_out *o, const struct chunk_message *m);

/* As much of a piece of the payload as its chunk takes; it has to stay where it is until it has
 * gone out. Returns the number of bytes. */
size_t chunk_out_put(struct chunk_out *o, const void *data, size_t size);

/* The same for a few bytes that are copied: at most CHUNK_COPY_MAX, and all of them are taken. */
void chunk_out_copy(struct chunk_out *o, const void *data, size_t size);

/* So many bytes have been written. Returns how many messages were completed by them. When all are
 * gone, the batch is empty again. */
size_t chunk_out_sent(struct chunk_out *o, size_t bytes);

/* All of it is gone. */
static inline bool chunk_out_empty(const struct chunk_out *o)
{
	return o->done == o->n;
}
