/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a file's thread has decoded ahead for one reader: pictures or blocks of sound, in order,
 * each with its time in the file. Blocks of sound are used again. No lock of its own: the run's.
 * Bounded by FILE_QUEUE_MAX items; how many of them may be used is the run's to say.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/frame.h"

#define FILE_QUEUE_MAX 128
#define FILE_BLOCK_FRAMES 1024 /* samples of each channel in a block of sound, at most */

struct file_block {
	struct file_block *next; /* in the list of free ones */
	int frames;
	bool gap; /* what comes right before it in the file was lost */
	_Alignas(16) uint8_t data[];
};

struct file_item {
	int64_t pts, end;    /* µs of the file's time line */
	struct frame *frame; /* one of the two */
	struct file_block *block;
};

struct file_queue {
	struct file_item item[FILE_QUEUE_MAX];
	unsigned head, n;
	uint64_t dropped; /* pictures or samples; for the run to take */
	bool gap;         /* sound was lost behind the newest item */
	struct file_block *free;
};

/* The i-th oldest; i < n. */
struct file_item *file_queue_at(struct file_queue *q, unsigned i);

/* Takes over the item; there must be room. */
void file_queue_push(struct file_queue *q, struct file_item item);

/* Hands over the oldest; there must be one. */
struct file_item file_queue_pop(struct file_queue *q);

/* The oldest goes unseen; it is counted, and sound remembers the gap. */
void file_queue_drop(struct file_queue *q);

void file_queue_clear(struct file_queue *q);

/* µs from the start of the oldest to the end of the newest item. */
int64_t file_queue_length(struct file_queue *q);

/* A block that was put, or a new one with room for FILE_BLOCK_FRAMES times sample_bytes, which is
 * the same at every call. NULL: no memory. */
struct file_block *file_queue_block(struct file_queue *q, size_t sample_bytes);
void file_queue_block_put(struct file_queue *q, struct file_block *b);

/* Gives everything back. */
void file_queue_deinit(struct file_queue *q);
