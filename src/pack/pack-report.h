/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a game pack holds, in words. */
#pragma once

#include <stdio.h>

#include "pack/pack.h"

/* One line: game, states, pictures, size. */
void pack_report_line(FILE *f, const struct pack *p);

/* A page for people. */
void pack_report_text(FILE *f, const struct pack *p);

/* One JSON object: format, game, note, date, bytes, mode, width, height, references, states (name,
 * rois, references), numbers. 0 or -ENOMEM. */
int pack_report_json(FILE *f, const struct pack *p);
