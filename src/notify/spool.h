/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The notices that one receiver has not had yet, in order, bounded in number and bytes; the oldest
 * are dropped first and counted. They lie in a folder (diskqueue.h), so that they outlive us. While
 * the disk cannot take them they are kept in memory, behind those that it has, within the same
 * bounds, and move to the disk once it works again.
 *
 * One owner; blocks on the disk.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "notify/notice.h"

struct spool;

/* folder NULL: in memory only. A folder that cannot be used is no failure, see spool_error().
 * -ENOMEM. */
int spool_new(struct spool **ret, const char *folder, size_t max_notices, size_t max_bytes);
struct spool *spool_free(struct spool *s);
DEFINE_CLEANUP(struct spool *, spool_free)

/* Takes a reference of its own. The newest is never dropped for its size. */
void spool_push(struct spool *s, struct notice *n);

/* The oldest, a new reference; NULL: none. */
struct notice *spool_peek(struct spool *s);

/* Takes away the oldest, if it still is this one: it may have been dropped meanwhile. */
void spool_pop(struct spool *s, const struct notice *n);

/* Brings to the disk what it did not take before. Not between peek and pop: what was peeked would
 * come again. */
void spool_retry(struct spool *s);

/* Has the disk keep everything over a power cut. */
void spool_sync(struct spool *s);

size_t spool_waiting(const struct spool *s);

/* How many of them are not on the disk: those that spool_free() loses. */
size_t spool_in_memory(const struct spool *s);

/* Why there are notices in memory that should be on disk, a negative errno; 0: there are none. */
int spool_error(const struct spool *s);

/* How many were dropped, or could not be read again, since the last call. */
uint64_t spool_take_dropped(struct spool *s);
