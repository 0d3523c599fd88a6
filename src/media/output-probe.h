/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A thread that finds out, while an output uses one of its backups, whether the primary would work
 * again. One of an output with several URLs has it; it sleeps while nobody wants to know. It holds
 * one connection at most, each probe ends within its limit, and nothing is queued: the answer is a
 * time. A probe that fails is an answer as any other; the resolver may keep the thread, which is
 * then left behind at a stop.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct output_probe;

/* limit_usec: of one probe. Returns 0 or a negative errno. */
int output_probe_new(
	struct output_probe **ret, const char *name, const char *url, uint64_t limit_usec);
int output_probe_start(struct output_probe *p);

/* Any thread. Begins to probe, as often as is right for a primary that shall be good for hold_usec,
 * or ends it. NULL is fine. */
void output_probe_want(struct output_probe *p, bool wanted, uint64_t hold_usec);

/* Any thread. Since when all probes were good, monotonic; 0: the last was not, or none is wanted.
 */
uint64_t output_probe_good(struct output_probe *p);

/* Any thread. The probe that is running ends. NULL is fine. */
void output_probe_stop(struct output_probe *p);

/* Waits until the monotonic time. -ETIMEDOUT: the thread is stuck, and has been left behind with
 * all it may touch. NULL is fine. */
int output_probe_free(struct output_probe *p, uint64_t until_usec);
