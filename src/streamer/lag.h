/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which outputs do not keep up: a server or a disk takes less than is made, and the queue drops
 * what gets too old, while the session holds. A session that fails tells its own story, in which
 * this one ends without a word. The memory is of one main thread, bounded by the number of outputs;
 * nothing blocks.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "media/hub.h"

/* Without a drop for so long, an output keeps up again. */
#define LAG_CALM_USEC (UINT64_C(5) * 1000000)

struct events;

struct lag_output {
	char name[OUTPUT_NAME_MAX]; /* "": free */
	bool seen;                  /* at the last look */
	bool behind;
	uint64_t drops;         /* at the last look */
	uint64_t before_frames; /* that were dropped before it fell behind */
	uint64_t last_usec;     /* of the last drop */
};

struct lag {
	struct lag_output outputs[HUB_OUTPUTS_MAX];
};

enum lag_news {
	LAG_NO_NEWS,
	LAG_BEGINS,
	LAG_ENDS,
};

/* How an output does. frames: when it ends, pictures that were dropped in all that time. Pure. */
enum lag_news lag_put(struct lag *l, const char *name, const struct output_stats *stats,
	uint64_t now_usec, uint64_t *frames);

/* All outputs of a hub; what is news goes to the events. Each second or so. */
void lag_tick(struct lag *l, struct hub *hub, struct events *events);
