/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the log thread has still to write: messages in order, bounded in number and bytes. Pure
 * apart from its lock; any thread puts, one takes.
 *
 * The rule: a message that finds no room is lost, and so is all that comes after it until what is
 * in the queue has been taken. So what is lost is one piece, its place is known, and it takes one
 * line to say so, however long and however often the journal stalls.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"

#define LOG_QUEUE_MESSAGES 1000
#define LOG_QUEUE_BYTES (256 * 1024)

#define LOG_TEXT_MAX 1024
#define LOG_FIELD_MAX 256
#define LOG_FIELDS_MAX 12 /* the caller's own; MESSAGE_ID comes on top */
#define LOG_STRINGS_MAX (LOG_TEXT_MAX + (LOG_FIELDS_MAX + 1) * LOG_FIELD_MAX)

/* One message in a piece: the text and each field as KEY=VALUE, one after the other, each with a
 * zero behind it. */
struct log_message {
	uint64_t usec, wall_usec; /* when it was logged, by both clocks */
	int level, err;
	size_t size; /* bytes used of the strings */
	char strings[LOG_STRINGS_MAX];
};

/* A run of messages that are missing: how many, and when the first of them was logged. */
struct log_loss {
	uint64_t n, usec, wall_usec;
};

struct log_queue;

int log_queue_new(struct log_queue **ret);
struct log_queue *log_queue_free(struct log_queue *q);
DEFINE_CLEANUP(struct log_queue *, log_queue_free)

/* Takes messages from now on; a new queue is closed. */
void log_queue_open(struct log_queue *q);

/* Any thread; never blocks for longer than the lock. Copies the message. Returns 0, -ENOBUFS when
 * it is lost and has been counted, -ESHUTDOWN when the queue is closed. */
int log_queue_put(struct log_queue *q, const struct log_message *m);

/* Waits for the next message. Returns 1 with a message; 0 with a loss that stands behind what was
 * taken before; -ESHUTDOWN when the queue was told to end and is empty, and now is closed. */
int log_queue_take(struct log_queue *q, struct log_message *ret, struct log_loss *ret_loss);

/* Any thread: who takes shall take what is there and then find the end. */
void log_queue_end(struct log_queue *q);

/* Nobody takes any more: everything put from now on is lost, without end. Any thread. */
void log_queue_give_up(struct log_queue *q);

/* Messages that wait, and all that have been lost so far. Any thread. */
void log_queue_count(struct log_queue *q, uint64_t *ret_waiting, uint64_t *ret_lost);
