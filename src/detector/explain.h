/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A decision of the recogniser as JSON, for people and dashboards. Any thread. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "recognize/recogniser.h"

/* { "state", "raw", "reason" (null: none), "margin", "matches", "states", "numbers" }, as described
 * in egm-streamer(8). "matches" is the original's, with a distance in bits: of the better mode's
 * scores it is the part of 64 that is missing. A new reference; NULL: no memory. */
json_t *explain_json(const struct rules *rules, const struct decision *d);

/* Is the picture worth a person's look: nearly a state, or nearly another one? */
bool explain_is_near_miss(const struct rules *rules, const struct decision *d);
