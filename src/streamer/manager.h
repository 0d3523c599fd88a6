/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Holds the parts together for one process: settings, pipeline, status file, systemd. Runs on the
 * main thread's loop; what `run` and `serve` differ in is here and nowhere else.
 */
#pragma once

#include "streamer/options.h"

/* Runs until a signal, the duration or the end of the file. Returns the exit status. */
int manager_run(const struct options *o);

/* --check-config and --dump-config. Returns the exit status. */
int manager_config(const struct options *o);
