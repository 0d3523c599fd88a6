/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "recognize/dct.h"
#include "recognize/resample.h"

#define PHASH_FACTOR 4 /* the picture phash transforms is larger than the hash by this */

_Static_assert(HASH_SIZE_MAX *PHASH_FACTOR <= DCT_SIDE_MAX, "phash fits");
_Static_assert(HASH_SIZE_MAX <= DCT_LOW_MAX, "phash fits");

struct hasher {
	enum hash_algo algo;
	int size;
	int width, height; /* the rectangle the resampler is for */
	struct resampler *resampler;
	struct dct *dct;     /* phash only */
	uint8_t *small;      /* what the resampler yields */
	double *low, *order; /* phash only: coefficients; and sorted */
};

static const char *const names[_HASH_ALGO_MAX] = {
	[HASH_DHASH] = "dhash",
	[HASH_PHASH] = "phash",
	[HASH_AHASH] = "ahash",
};

int hash_algo_from_name(const char *name, enum hash_algo *ret)
{
	for (int i = 0; i < _HASH_ALGO_MAX; i++) {
		if (strcmp(name, names[i]) == 0) {
			*ret = (enum hash_algo) i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *hash_algo_name(enum hash_algo algo)
{
	return names[algo];
}

static int small_width(const struct hasher *h)
{
	switch (h->algo) {
	case HASH_DHASH:
		return h->size + 1;
	case HASH_PHASH:
		return h->size * PHASH_FACTOR;
	case HASH_AHASH:
	case _HASH_ALGO_MAX:
		break;
	}
	return h->size;
}

static int small_height(const struct hasher *h)
{
	return h->algo == HASH_PHASH ? h->size * PHASH_FACTOR : h->size;
}

int hasher_new(struct hasher **ret, enum hash_algo algo, int size)
{
	_cleanup_(hasher_freep) struct hasher *h = NULL;
	size_t bits = (size_t) size * (size_t) size;
	int r;

	if ((unsigned) algo >= _HASH_ALGO_MAX || size < HASH_SIZE_MIN || size > HASH_SIZE_MAX)
		return -EINVAL;
	h = calloc(1, sizeof(*h));
	if (!h)
		return -ENOMEM;
	h->algo = algo;
	h->size = size;
	h->small = calloc((size_t) small_width(h), (size_t) small_height(h));
	if (!h->small)
		return -ENOMEM;
	if (algo == HASH_PHASH) {
		r = dct_new(&h->dct, size * PHASH_FACTOR, size);
		if (r < 0)
			return r;
		h->low = calloc(bits, sizeof(*h->low));
		h->order = calloc(bits, sizeof(*h->order));
		if (!h->low || !h->order)
			return -ENOMEM;
	}
	*ret = TAKE_PTR(h);
	return 0;
}

struct hasher *hasher_free(struct hasher *h)
{
	if (!h)
		return NULL;
	resampler_free(h->resampler);
	dct_free(h->dct);
	free(h->small);
	free(h->low);
	free(h->order);
	free(h);
	return NULL;
}

static void put(struct hash *h, int i, bool set)
{
	h->bits[i / 64] |= (uint64_t) set << (63 - i % 64);
}

static void difference(const struct hasher *h, struct hash *ret)
{
	for (int i = 0; i < h->size * h->size; i++) {
		const uint8_t *p = h->small + i / h->size * (h->size + 1) + i % h->size;

		put(ret, i, p[1] > p[0]);
	}
}

static void average(const struct hasher *h, struct hash *ret)
{
	unsigned n = (unsigned) (h->size * h->size), sum = 0;

	for (unsigned i = 0; i < n; i++)
		sum += h->small[i];
	for (unsigned i = 0; i < n; i++)
		put(ret, (int) i, h->small[i] * n > sum);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *) a, y = *(const double *) b;

	return (x > y) - (x < y);
}

static void frequencies(struct hasher *h, struct hash *ret)
{
	size_t n = (size_t) (h->size * h->size);
	double median;

	dct_run(h->dct, h->small, h->low);
	memcpy(h->order, h->low, n * sizeof(*h->order));
	qsort(h->order, n, sizeof(*h->order), compare);
	median = n % 2 ? h->order[n / 2] : (h->order[n / 2 - 1] + h->order[n / 2]) / 2;
	for (size_t i = 0; i < n; i++)
		put(ret, (int) i, h->low[i] > median);
}

static int prepare(struct hasher *h, int width, int height)
{
	int r;

	if (h->resampler && width == h->width && height == h->height)
		return 0;
	h->resampler = resampler_free(h->resampler);
	r = resampler_new(&h->resampler, width, height, small_width(h), small_height(h));
	if (r < 0)
		return r;
	h->width = width;
	h->height = height;
	return 0;
}

int hasher_run(struct hasher *h, struct hash *ret, const struct grey *g, struct rect r)
{
	int e = prepare(h, r.w, r.h);

	if (e < 0)
		return e;
	*ret = (struct hash){ .algo = h->algo, .size = h->size };
	resampler_run(h->resampler, g, r.x, r.y, h->small);
	switch (h->algo) {
	case HASH_DHASH:
		difference(h, ret);
		break;
	case HASH_PHASH:
		frequencies(h, ret);
		break;
	case HASH_AHASH:
		average(h, ret);
		break;
	case _HASH_ALGO_MAX:
		return -EINVAL;
	}
	return 0;
}

int hash_compute(
	struct hash *ret, enum hash_algo algo, int size, const struct grey *g, struct rect r)
{
	_cleanup_(hasher_freep) struct hasher *h = NULL;
	int e = hasher_new(&h, algo, size);

	return e < 0 ? e : hasher_run(h, ret, g, r);
}

int hash_distance(const struct hash *a, const struct hash *b)
{
	int n = 0;

	for (int i = 0; i < HASH_WORDS; i++)
		n += __builtin_popcountll(a->bits[i] ^ b->bits[i]);
	return n;
}

/* The text is one number, so the bits that do not fill a digit stand in the first one. */
static int padding(int size)
{
	return (4 - size * size % 4) % 4;
}

void hash_to_text(const struct hash *h, char text[HASH_TEXT_MAX])
{
	int bits = h->size * h->size, shift = padding(h->size), digits = (bits + shift) / 4;

	memset(text, 0, (size_t) digits + 1);
	for (int i = 0; i < bits; i++)
		text[(i + shift) / 4] |=
			(char) ((h->bits[i / 64] >> (63 - i % 64) & 1) << (3 - (i + shift) % 4));
	for (int i = 0; i < digits; i++)
		text[i] = "0123456789abcdef"[(int) text[i]];
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int hash_from_text(struct hash *ret, enum hash_algo algo, int size, const char *text)
{
	struct hash h = { .algo = algo, .size = size };
	int bits = size * size, shift = padding(size);

	if (size < HASH_SIZE_MIN || size > HASH_SIZE_MAX ||
		strlen(text) != (size_t) (bits + shift) / 4)
		return -EINVAL;
	for (int i = 0; i < bits + shift; i++) {
		int digit = digit_of(text[i / 4]);
		bool set = digit >> (3 - i % 4) & 1;

		if (digit < 0 || (i < shift && set))
			return -EINVAL;
		if (i >= shift)
			put(&h, i - shift, set);
	}
	*ret = h;
	return 0;
}
