/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A clip's decisions as a picture: what was shown, decided and raw along the time, and each state's
 * score. */
#pragma once

#include "evaluate/evaluate-clip.h"

/* result must have scores. 0 or a negative errno. */
int evaluate_plot(
	const char *path, const struct evaluate_options *o, const struct evaluate_result *result);
