/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How often an address may ask: a bucket for each that fills at a rate and holds two seconds'
 * worth. So many addresses are known at once that the one not heard of for longest can be
 * forgotten. An IPv6 address stands for its /64. Pure; one thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/cleanup.h"

struct rate;
struct sockaddr;

/* per_sec: at least 1. */
int rate_new(struct rate **ret, unsigned per_sec);
struct rate *rate_free(struct rate *r);
DEFINE_CLEANUP(struct rate *, rate_free)

/* May it, now (monotonic)? NULL, and what is no IP address, always may. */
bool rate_take(struct rate *r, const struct sockaddr *peer, uint64_t now_usec);
