/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A histogram of durations with bounded memory: 8 buckets per power of two microseconds, so a
 * quantile is exact to 1/8 of its value. One writer at a time, any number of readers; counts are
 * atomic and each reader sees some recent value of each.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#define HIST_BUCKETS 264

struct hist {
	atomic_uint_fast64_t count[HIST_BUCKETS];
	atomic_uint_fast64_t n;
	atomic_uint_fast64_t sum_usec;
	atomic_uint_fast64_t max_usec;
};

void hist_add(struct hist *h, uint64_t usec);
void hist_reset(struct hist *h);

/* Upper edge in µs of the bucket that holds the quantile q (0 … 1); 0 when empty. */
uint64_t hist_quantile(const struct hist *h, double q);

/* Upper edge of a bucket in µs, for those who print them all. */
uint64_t hist_edge(int bucket);
