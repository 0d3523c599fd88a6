/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings that are planned are read by egm-streamer itself before they are put in place. */
#pragma once

#include "import/import-plan.h"

/* Puts the machine's settings and those of the plan together in a folder of its own, and has
 * program --check-config look at each card that the plan writes. What that says goes to standard
 * error. 0; -EINVAL: something is wrong with them; else an error with why. Blocking; main thread.
 */
int import_check(const struct import_plan *p, const char *program, char *why, size_t why_size);
