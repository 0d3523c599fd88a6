/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a file's thread has decoded ahead: order over many turns of the ring, what counts as lost,
 * and that pictures and blocks of sound are given back, not made anew.
 */
#include "capture/file-queue.h"

#include <stdlib.h>

#include "tests/tap.h"

#define FRAMES 480
#define SAMPLE_BYTES 4

static struct file_item picture(struct frame_pool *pool, int64_t number)
{
	struct file_item item = {
		.pts = number * 20, .end = number * 20 + 20, .frame = frame_pool_get(pool)
	};

	if (!item.frame)
		abort();
	item.frame->sequence = (uint32_t) number;
	return item;
}

static struct file_item sound(struct file_queue *q, int64_t number)
{
	struct file_item item = { .pts = number * 10, .end = number * 10 + 10 };

	item.block = file_queue_block(q, SAMPLE_BYTES);
	if (!item.block)
		abort();
	item.block->frames = FRAMES;
	item.block->gap = false;
	return item;
}

/* The number of the oldest picture, which is taken out. */
static int64_t take(struct file_queue *q)
{
	struct file_item item = file_queue_pop(q);
	int64_t number = item.frame->sequence;

	frame_unref(item.frame);
	return item.pts == number * 20 ? number : -1;
}

/* The same for sound: whether something is missing before it. */
static bool take_gap(struct file_queue *q)
{
	struct file_item item = file_queue_pop(q);
	bool gap = item.block->gap;

	file_queue_block_put(q, item.block);
	return gap;
}

static void test_order(void)
{
	struct file_queue q = { 0 };
	struct frame_pool *pool;
	int64_t in = 0, out = 0;
	bool good = true;

	if (frame_pool_new(&pool, PIXEL_I420, 16, 16, FILE_QUEUE_MAX) < 0)
		abort();
	ok(file_queue_length(&q) == 0, "an empty one has no length");
	/* Steps that have no divisor in common with the ring end at each of its places. */
	for (int turn = 0; turn < FILE_QUEUE_MAX; turn++) {
		for (int i = 0; i < 13; i++)
			file_queue_push(&q, picture(pool, in++));
		good = good && q.n == (unsigned) (in - out) &&
		       file_queue_at(&q, 5)->pts == (out + 5) * 20 &&
		       file_queue_length(&q) == (in - out) * 20;
		for (int i = 0; i < 13 - (turn < 9); i++)
			good = good && take(&q) == out++;
	}
	ok(good && q.n == 9, "order holds at each place of the ring");
	while (q.n < FILE_QUEUE_MAX)
		file_queue_push(&q, picture(pool, in++));
	ok(file_queue_length(&q) == FILE_QUEUE_MAX * 20 && !frame_pool_get(pool), "it fills up");
	while (q.n > 0)
		good = good && take(&q) == out++;
	ok(good && out == in, "and all of it comes out in order");
	file_queue_deinit(&q);
	frame_pool_unref(pool);
}

static void test_drop_pictures(void)
{
	struct file_queue q = { 0 };
	struct frame_pool *pool;

	if (frame_pool_new(&pool, PIXEL_I420, 16, 16, 3) < 0)
		abort();
	for (int i = 0; i < 3; i++)
		file_queue_push(&q, picture(pool, i));
	file_queue_drop(&q);
	file_queue_drop(&q);
	ok(q.dropped == 2 && q.n == 1, "dropped pictures are counted");
	file_queue_push(&q, picture(pool, 3));
	ok(take(&q) == 2, "the oldest went, and their memory came back");
	file_queue_clear(&q);
	ok(q.n == 0 && q.dropped == 2, "what is cleared away is not lost");
	for (int i = 4; i < 7; i++)
		file_queue_push(&q, picture(pool, i));
	ok(take(&q) == 4 && q.n == 2, "and came back, too");
	file_queue_deinit(&q);
	frame_pool_unref(pool);
}

static void test_drop_sound(void)
{
	struct file_queue q = { 0 };

	for (int i = 0; i < 3; i++)
		file_queue_push(&q, sound(&q, i));
	file_queue_drop(&q);
	ok(q.dropped == FRAMES, "of sound, samples are counted");
	ok(take_gap(&q) && !take_gap(&q), "what follows the gap knows of it, and nothing else");

	file_queue_push(&q, sound(&q, 3));
	file_queue_drop(&q);
	ok(q.n == 0 && q.dropped == 2 * FRAMES, "the only block can be dropped");
	file_queue_push(&q, sound(&q, 4));
	file_queue_push(&q, sound(&q, 5));
	ok(take_gap(&q) && !take_gap(&q), "then the next that comes knows of the gap");
	file_queue_deinit(&q);
}

static void test_blocks(void)
{
	struct file_queue q = { 0 };
	struct file_item a = sound(&q, 0), b = sound(&q, 1);
	const struct file_block *known[] = { a.block, b.block };
	bool good = true;

	file_queue_push(&q, a);
	file_queue_push(&q, b);
	for (int i = 2; i < 3 * FILE_QUEUE_MAX; i++) {
		struct file_item item = file_queue_pop(&q);

		good = good && item.block == known[i % 2] && item.pts == (i - 2) * 10;
		file_queue_block_put(&q, item.block);
		file_queue_push(&q, sound(&q, i));
	}
	ok(good, "blocks are used again");
	file_queue_drop(&q);
	file_queue_clear(&q);
	a.block = file_queue_block(&q, SAMPLE_BYTES);
	b.block = file_queue_block(&q, SAMPLE_BYTES);
	ok((a.block == known[0] && b.block == known[1]) ||
			(a.block == known[1] && b.block == known[0]),
		"also those that were dropped and cleared");
	file_queue_block_put(&q, a.block);
	file_queue_block_put(&q, b.block);
	file_queue_block_put(&q, NULL);
	file_queue_deinit(&q);
	ok(!q.free && q.n == 0, "and all are freed at the end");
}

int main(void)
{
	test_order();
	test_drop_pictures();
	test_drop_sound();
	test_blocks();
	return tap_done();
}
