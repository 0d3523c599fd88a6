/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What "egm-streamer evaluate" says: a page for people, one JSON object for machines. */
#pragma once

#include <stdio.h>

#include "evaluate/evaluate-clip.h"

void evaluate_report_text(
	FILE *f, const struct evaluate_options *o, const struct evaluate_result *r);

/* One line. 0, -ENOMEM, -EIO. */
int evaluate_report_json(
	FILE *f, const struct evaluate_options *o, const struct evaluate_result *r);
