/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Delivers one notice after the other, each by a request of its own, in order: the next one waits
 * for the one before. What fails is tried again after a back-off, for as long as it takes; what the
 * peer refuses is given up.
 */
#pragma once

#include <stdint.h>

#include "notify/notice.h"
#include "notify/post.h"
#include "notify/receiver.h"

struct courier_times {
	uint64_t backoff_min_usec, backoff_max_usec, timeout_usec;
};

struct courier {
	struct courier_times times;
	/* Blocks as post_send() does and returns what it returned. */
	int (*deliver)(
		void *self, struct receiver *r, const struct notice *n, struct post_answer *ret);
	void *self;
};

/* A transport's run(). */
void courier_run(struct receiver *r, const struct courier *c);

/* The part of a request that is the same for all. */
struct post_request courier_request(struct receiver *r, const struct courier_times *times);
