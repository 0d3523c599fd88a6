/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A state's evidence out of its ROIs': by its expression, where it has one, or by what is required,
 * what is negative and how many of the others must match. Pure.
 */
#pragma once

#include "recognize/evidence.h"
#include "recognize/rules.h"

/* Can its expression be worked out? 0, -EINVAL. */
int combine_check(const struct state *s);

/* Is the ROI one that must be there for the state, or one of several that may be? */
bool combine_wants(const struct state *s, int roi);

/* ready: bit of each ROI that knows what it looks for; one that is neither required nor ready plays
 * no part. */
struct evidence combine(const struct state *s, const struct evidence *each, uint32_t ready);
