/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Perceptual hashes, bit for bit as ImageHash 4.3.2 on Pillow makes them of the same grey picture:
 * average_hash, phash (DCT-II, with DC, against the median), dhash (horizontal). The text form is
 * row-major, the most significant bit first, as one number. Pure; any thread where nothing else is
 * said.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "recognize/grey.h"

#define HASH_VERSION 1 /* another one: what was kept of a picture does not hold any more */
#define HASH_SIZE_MIN 2
#define HASH_SIZE_MAX 32
#define HASH_WORDS (HASH_SIZE_MAX * HASH_SIZE_MAX / 64)
#define HASH_TEXT_MAX (HASH_SIZE_MAX * HASH_SIZE_MAX / 4 + 1)

enum hash_algo {
	HASH_DHASH,
	HASH_PHASH,
	HASH_AHASH,
	_HASH_ALGO_MAX
};

struct hash {
	enum hash_algo algo;
	int size;                  /* of a side; size * size bits */
	uint64_t bits[HASH_WORDS]; /* bit i of the text is bit 63 - i % 64 of word i / 64 */
};

/* "dhash" …; -EINVAL. */
int hash_algo_from_name(const char *name, enum hash_algo *ret);
const char *hash_algo_name(enum hash_algo algo);

/*
 * Keeps what is needed to hash rectangles of the size it met last, and is fast for as long as that
 * stays: one for each region. One thread for each object.
 */
struct hasher;

int hasher_new(struct hasher **ret, enum hash_algo algo, int size);
struct hasher *hasher_free(struct hasher *h);
DEFINE_CLEANUP(struct hasher *, hasher_free)

/* Hashes the rectangle (w and h from 1 to FRAME_SIDE_MAX; outside the picture is black). 0,
 * -EINVAL, -ENOMEM. */
int hasher_run(struct hasher *h, struct hash *ret, const struct grey *g, struct rect r);

/* The same for once. */
int hash_compute(
	struct hash *ret, enum hash_algo algo, int size, const struct grey *g, struct rect r);

/* Number of bits that differ; of hashes of one algorithm and size. */
int hash_distance(const struct hash *a, const struct hash *b);

/* As ImageHash prints and reads it: lower case, ceil(size * size / 4) digits. from_text: -EINVAL.
 */
void hash_to_text(const struct hash *h, char text[HASH_TEXT_MAX]);
int hash_from_text(struct hash *ret, enum hash_algo algo, int size, const char *text);
