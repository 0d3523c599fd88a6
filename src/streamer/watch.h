/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A page on the loopback interface that plays an HLS output: `run --watch PORT`. In the loop. */
#pragma once

#include "common/cleanup.h"
#include "common/loop.h"

struct watch;

/* port: as text, 1 … 65535; outputs: NULL-terminated URLs, of which the first playlist is shown.
 * Logs what is wrong. */
int watch_new(struct watch **ret, struct loop *loop, const char *port, const char *const *outputs);
struct watch *watch_free(struct watch *w);
DEFINE_CLEANUP(struct watch *, watch_free)
