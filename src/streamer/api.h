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

#include <jansson.h>

#include "common/cleanup.h"
#include "common/loop.h"

struct api;

/* Called on the loop; must not block. */
struct api_hooks {
	json_t *(*state)(void *userdata); /* a new reference; NULL: nothing is recognised */
	char *(*status)(void *userdata);  /* JSON; freed by the caller; NULL: no memory */
	void *userdata;
};

int api_new(struct api **ret, struct loop *loop, const char *path, const struct api_hooks *hooks);
struct api *api_free(struct api *a);
DEFINE_CLEANUP(struct api *, api_free)
