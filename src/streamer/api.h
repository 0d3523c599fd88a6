/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an instance answers over HTTP, on a Unix socket in its run-time folder; whoever may open the
 * socket may ask. Read-only so far. Owns the listener; runs on the main thread's loop.
 *
 *   GET /api/state   the object "state" of the status: the original's keys and ours; {"error"} when
 *                    nothing is recognised
 *   GET /api/status  the whole status
 *
 * Faults are {"detail": TEXT}, as the original has them.
 */
#pragma once

#include "common/cleanup.h"
#include "common/loop.h"
#include "streamer/control.h"

struct api;

/* control is kept by reference. 0, or why it cannot listen there. */
int api_new(struct api **ret, struct loop *loop, const char *path, const struct control *control);
struct api *api_free(struct api *a);
DEFINE_CLEANUP(struct api *, api_free)
