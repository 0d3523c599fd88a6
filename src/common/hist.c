/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bucket b < 8 holds the value b itself; above, bucket 8·k + m holds values whose highest bit is
 * k + 2 and whose next three bits are m. 264 buckets reach to 2^35 µs, more than nine hours; the
 * last one takes all that is longer.
 */
#include "common/hist.h"

#include "common/cleanup.h"

static int bucket_of(uint64_t usec)
{
	int high;

	if (usec < 8)
		return (int) usec;
	high = 63 - __builtin_clzll(usec);
	return MIN((high - 2) * 8 + (int) (usec >> (high - 3) & 7), HIST_BUCKETS - 1);
}

uint64_t hist_edge(int bucket)
{
	if (bucket < 8)
		return (uint64_t) bucket;
	return ((UINT64_C(9) + (uint64_t) (bucket % 8)) << (bucket / 8 - 1)) - 1;
}

void hist_add(struct hist *h, uint64_t usec)
{
	atomic_fetch_add_explicit(&h->count[bucket_of(usec)], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&h->n, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&h->sum_usec, usec, memory_order_relaxed);
	if (usec > atomic_load_explicit(&h->max_usec, memory_order_relaxed))
		atomic_store_explicit(&h->max_usec, usec, memory_order_relaxed);
}

void hist_reset(struct hist *h)
{
	for (int i = 0; i < HIST_BUCKETS; i++)
		atomic_store(&h->count[i], 0);
	atomic_store(&h->n, 0);
	atomic_store(&h->sum_usec, 0);
	atomic_store(&h->max_usec, 0);
}

uint64_t hist_quantile(const struct hist *h, double q)
{
	uint64_t n = atomic_load_explicit(&h->n, memory_order_relaxed), seen = 0, rank;
	uint64_t max = atomic_load_explicit(&h->max_usec, memory_order_relaxed);
	double wanted = CLAMP(q, 0.0, 1.0) * (double) n;

	if (n == 0)
		return 0;
	/* The nearest rank: the median of three is the second. */
	rank = (uint64_t) wanted;
	rank += (double) rank < wanted;
	rank = CLAMP(rank, (uint64_t) 1, n);
	for (int i = 0; i < HIST_BUCKETS - 1; i++) {
		seen += atomic_load_explicit(&h->count[i], memory_order_relaxed);
		if (seen >= rank)
			return MIN(hist_edge(i), max);
	}
	return max;
}
