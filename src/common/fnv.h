/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * FNV-1a: whether something is what it was. Nothing that keeps out somebody who wants to deceive.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define FNV64_BEGIN UINT64_C(14695981039346656037)

/* Of what came before (FNV64_BEGIN: nothing), and these bytes after it. */
static inline uint64_t fnv64(uint64_t before, const void *data, size_t size)
{
	for (const uint8_t *p = data; size > 0; size--)
		before = (before ^ *p++) * UINT64_C(1099511628211);
	return before;
}

static inline uint32_t fnv32(const char *text)
{
	uint32_t hash = UINT32_C(2166136261);

	for (; *text; text++)
		hash = (hash ^ (uint8_t) *text) * UINT32_C(16777619);
	return hash;
}
