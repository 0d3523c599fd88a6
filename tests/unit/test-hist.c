/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/hist.h"

#include <stdbool.h>

#include "tests/tap.h"

static struct hist h;

static int only_bucket(void)
{
	int found = -1;

	for (int i = 0; i < HIST_BUCKETS; i++) {
		if (h.count[i] == 0)
			continue;
		if (found >= 0)
			return -1;
		found = i;
	}
	return found;
}

/* The one bucket that a value falls into holds it: above the edge of the one below, up to its own.
 */
static bool lies_in_its_bucket(uint64_t v)
{
	int b;

	hist_reset(&h);
	hist_add(&h, v);
	b = only_bucket();
	return b >= 0 && v <= hist_edge(b) && (b == 0 || v > hist_edge(b - 1));
}

static void test_edges(void)
{
	bool rising = true, good = true, narrow = true;

	for (int i = 1; i < HIST_BUCKETS; i++) {
		uint64_t low = hist_edge(i - 1) + 1, high = hist_edge(i);

		rising = rising && high >= low;
		good = good && lies_in_its_bucket(low) && lies_in_its_bucket(high);
		narrow = narrow && (high - low) * 8 <= low;
	}
	ok(rising, "edges rise");
	ok(good, "both ends of each bucket lie in it");
	ok(narrow, "no bucket is wider than an eighth of its value");
	good = true;
	for (uint64_t v = 0; v < 20000; v++)
		good = good && lies_in_its_bucket(v);
	ok(good, "each value up to 20 ms lies in its bucket");
}

/* 1 … n, each once: the quantile q is about q·n. */
static void test_quantiles(uint64_t n)
{
	bool close = true, monotonic = true;
	uint64_t last = 0;

	hist_reset(&h);
	for (uint64_t v = n; v > 0; v--)
		hist_add(&h, v);
	for (int i = 1; i <= 100; i++) {
		uint64_t v = hist_quantile(&h, i / 100.0), want = ((uint64_t) i * n + 99) / 100;

		close = close && v >= want && (v - want) * 8 <= want + 8;
		monotonic = monotonic && v >= last;
		last = v;
	}
	ok(close, "quantiles of 1 … %llu are exact to an eighth", (unsigned long long) n);
	ok(monotonic, "… and rise");
	ok(hist_quantile(&h, 1) == n && h.max_usec == n, "… the last is the maximum");
	ok(h.n == n && h.sum_usec == n * (n + 1) / 2, "… count and sum are right");
}

int main(void)
{
	test_edges();
	ok((hist_reset(&h), hist_quantile(&h, 0.5) == 0), "an empty one has no quantile");
	test_quantiles(10);
	test_quantiles(1000);
	test_quantiles(123457);

	hist_reset(&h);
	hist_add(&h, 1);
	hist_add(&h, 5);
	hist_add(&h, 7);
	ok(hist_quantile(&h, 0.5) == 5, "the median of three is the middle one");
	ok(hist_quantile(&h, -1) == 1 && hist_quantile(&h, 2) == 7, "quantiles out of range");

	hist_reset(&h);
	hist_add(&h, UINT64_MAX / 4);
	hist_add(&h, 100);
	ok(hist_quantile(&h, 1) == UINT64_MAX / 4, "what is beyond the last edge is not lost");
	return tap_done();
}
