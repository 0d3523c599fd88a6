/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The line at the bottom of a terminal that is written over and over; log lines pass above it.
 * One per process: a terminal has one last line. */
#pragma once

#include <stdbool.h>

/* Begins when stderr is a terminal; returns whether it is. Main thread, before others start. */
bool progress_begin(void);

/* Shows the text, cut to the terminal's width. */
void progress_show(const char *text);

/* Leaves the last text standing and goes to a new line. */
void progress_end(void);
