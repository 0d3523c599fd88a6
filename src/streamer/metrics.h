/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The figures of an instance for Prometheus: what the status has, as families egm_streamer_…, with
 * the labels card, output and state. Their number is bounded by what the settings may hold. */
#pragma once

#include <stddef.h>

#include "streamer/control.h"

/* The text, which the caller frees, and its length. Main thread. -ENOMEM. */
int metrics_text(const struct control *c, char **ret, size_t *ret_size);
