/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two connections become one: bytes from each go to the other, on the loop, with as much in between
 * as a buffer holds. A side that takes nothing is not read for, so that no backlog grows here. The
 * loop's thread.
 */
#pragma once

#include <stddef.h>

#include "common/cleanup.h"

#define SPLICE_BUFFER (64 * 1024) /* each way */

struct loop;
struct splice;

struct splice_side {
	int fd;            /* non-blocking; stays the caller's, and open until gone() */
	const void *early; /* what was read of it already, at most SPLICE_BUFFER bytes; copied */
	size_t early_size;
};

/* gone: one side has ended and the other has all that it sent, or one has broken; called from the
 * loop. Then, or whenever it likes, the owner frees. */
int splice_new(struct splice **ret, struct loop *loop, const struct splice_side *a,
	const struct splice_side *b, void (*gone)(void *userdata), void *userdata);
struct splice *splice_free(struct splice *s);
DEFINE_CLEANUP(struct splice *, splice_free)
