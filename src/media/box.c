/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/box.h"

#include <string.h>

void box_put(struct box_bytes *b, const void *data, size_t size)
{
	if (!b->failed && b->room - b->size < size) {
		size_t room = MAX(b->room * 2, b->size + size + 1024);
		uint8_t *bigger = realloc(b->data, room);

		b->failed = !bigger;
		if (bigger) {
			b->data = bigger;
			b->room = room;
		}
	}
	if (b->failed || size == 0)
		return;
	memcpy(b->data + b->size, data, size);
	b->size += size;
}

void box_put8(struct box_bytes *b, unsigned v)
{
	const uint8_t byte = (uint8_t) v;

	box_put(b, &byte, 1);
}

void box_put16(struct box_bytes *b, unsigned v)
{
	box_put8(b, v >> 8);
	box_put8(b, v);
}

void box_put32(struct box_bytes *b, uint32_t v)
{
	box_put16(b, v >> 16);
	box_put16(b, v);
}

void box_put64(struct box_bytes *b, uint64_t v)
{
	box_put32(b, (uint32_t) (v >> 32));
	box_put32(b, (uint32_t) v);
}

void box_put_zeros(struct box_bytes *b, size_t n)
{
	static const uint8_t zeros[32];

	for (; n > 0; n -= MIN(n, sizeof(zeros)))
		box_put(b, zeros, MIN(n, sizeof(zeros)));
}

void box_set32(struct box_bytes *b, size_t at, uint32_t v)
{
	if (b->failed)
		return;
	for (int i = 0; i < 4; i++)
		b->data[at + (size_t) i] = (uint8_t) (v >> (24 - 8 * i));
}

size_t box_begin(struct box_bytes *b, const char *type)
{
	size_t at = b->size;

	box_put32(b, 0);
	box_put(b, type, 4);
	return at;
}

size_t box_begin_full(struct box_bytes *b, const char *type, unsigned version, uint32_t flags)
{
	size_t at = box_begin(b, type);

	box_put32(b, (uint32_t) version << 24 | flags);
	return at;
}

void box_end(struct box_bytes *b, size_t at)
{
	box_set32(b, at, (uint32_t) (b->size - at));
}

int box_give(struct box_bytes *b, uint8_t **ret, size_t *ret_size)
{
	if (b->failed) {
		free(b->data);
		return -ENOMEM;
	}
	*ret = b->data;
	*ret_size = b->size;
	return 0;
}
