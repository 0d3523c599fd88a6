/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/file-queue.h"

#include <stdlib.h>

struct file_item *file_queue_at(struct file_queue *q, unsigned i)
{
	return &q->item[(q->head + i) % FILE_QUEUE_MAX];
}

void file_queue_push(struct file_queue *q, struct file_item item)
{
	if (item.block) {
		item.block->gap = item.block->gap || q->gap;
		q->gap = false;
	}
	*file_queue_at(q, q->n) = item;
	q->n++;
}

struct file_item file_queue_pop(struct file_queue *q)
{
	struct file_item item = q->item[q->head];

	q->head = (q->head + 1) % FILE_QUEUE_MAX;
	q->n--;
	return item;
}

static void give_back(struct file_queue *q, struct file_item item)
{
	frame_unref(item.frame);
	file_queue_block_put(q, item.block);
}

void file_queue_drop(struct file_queue *q)
{
	struct file_item item = file_queue_pop(q);

	q->dropped += item.block ? (uint64_t) item.block->frames : 1;
	if (item.block && q->n > 0)
		file_queue_at(q, 0)->block->gap = true;
	else if (item.block)
		q->gap = true;
	give_back(q, item);
}

void file_queue_clear(struct file_queue *q)
{
	while (q->n > 0)
		give_back(q, file_queue_pop(q));
}

int64_t file_queue_length(struct file_queue *q)
{
	return q->n > 0 ? file_queue_at(q, q->n - 1)->end - file_queue_at(q, 0)->pts : 0;
}

struct file_block *file_queue_block(struct file_queue *q, size_t sample_bytes)
{
	struct file_block *b = q->free;

	if (!b)
		return malloc(sizeof(*b) + FILE_BLOCK_FRAMES * sample_bytes);
	q->free = b->next;
	return b;
}

void file_queue_block_put(struct file_queue *q, struct file_block *b)
{
	if (!b)
		return;
	b->next = q->free;
	q->free = b;
}

void file_queue_deinit(struct file_queue *q)
{
	struct file_block *next;

	file_queue_clear(q);
	for (struct file_block *b = q->free; b; b = next) {
		next = b->next;
		free(b);
	}
	q->free = NULL;
}
