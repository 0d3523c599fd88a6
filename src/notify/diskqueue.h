/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An ordered queue of texts in a folder: append at one end, take from the other. Texts are records
 * with number, length and checksum, appended to segments, files that are named after the number of
 * their first record; how far the queue has been read stands in the file "position". Opening reads
 * one segment, however many there are.
 *
 * What a crash leaves behind is half a record at the end, which is cut off, or, when the machine
 * went down, blocks of rubbish, behind which the next whole record is found. A position that was
 * not written yet means that something is read twice, never that it is passed over.
 *
 * One owner; blocks on the disk. Files are for the owner only, mode 0600, and locked: one process
 * and one queue for each folder.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"

#define DISKQUEUE_TEXT_MAX (16 * 1024)

struct diskqueue;

/* Makes the folder when it is missing. A segment that has reached segment_bytes is followed by
 * another. 0; -EBUSY: somebody else has it; other errors of the disk. */
int diskqueue_open(struct diskqueue **ret, const char *folder, size_t segment_bytes);
struct diskqueue *diskqueue_close(struct diskqueue *q);
DEFINE_CLEANUP(struct diskqueue *, diskqueue_close)

/* All or nothing: after an error the queue is as before. Not synchronised with the disk. -EMSGSIZE
 * over DISKQUEUE_TEXT_MAX. */
int diskqueue_append(struct diskqueue *q, const char *text, size_t size);

/* The oldest text; it lives until the next call. 1; 0: there is none. What cannot be read is passed
 * over and counted. */
int diskqueue_head(struct diskqueue *q, const char **ret, size_t *ret_size);

/* Takes away what diskqueue_head() has shown. An error means that the disk does not know yet. */
int diskqueue_drop(struct diskqueue *q);

/* Tells the disk what it does not know yet, and has it keep all of it over a power cut. */
int diskqueue_sync(struct diskqueue *q);

size_t diskqueue_count(const struct diskqueue *q);

/* Of the texts that wait, with their frames; the files hold at most one segment more. */
uint64_t diskqueue_bytes(const struct diskqueue *q);

/* Texts that were there once and could not be read, since the last call. */
uint64_t diskqueue_take_lost(struct diskqueue *q);
