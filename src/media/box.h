/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes of boxes as ISO/IEC 14496-12 has them, in memory that grows. A box is begun with a size of
 * nothing that is put right when it ends. When memory is out, everything that follows does nothing,
 * and box_give() says so. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"

/* All zero at the start. */
struct box_bytes {
	uint8_t *data;
	size_t size, room;
	bool failed; /* there was no memory */
};

void box_put(struct box_bytes *b, const void *data, size_t size);
void box_put8(struct box_bytes *b, unsigned v);
void box_put16(struct box_bytes *b, unsigned v);
void box_put32(struct box_bytes *b, uint32_t v);
void box_put64(struct box_bytes *b, uint64_t v);
void box_put_zeros(struct box_bytes *b, size_t n);

/* Puts another number where one has been put. */
void box_set32(struct box_bytes *b, size_t at, uint32_t v);

/* type: four letters. Returns where the box begins, for box_end(). */
size_t box_begin(struct box_bytes *b, const char *type);
size_t box_begin_full(struct box_bytes *b, const char *type, unsigned version, uint32_t flags);
void box_end(struct box_bytes *b, size_t at);

/* 0 and memory that the caller frees, or -ENOMEM. */
int box_give(struct box_bytes *b, uint8_t **ret, size_t *ret_size);
