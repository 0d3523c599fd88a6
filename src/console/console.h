/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program from its start to its end. */
#pragma once

#include "console/options.h"

/* The configuration cannot be used, EGM_KEY and EGM_FILE where it is known. Fixed for ever. */
#define CONSOLE_EVENT_CONFIG_BAD "eb2eb8a693ef4887b5af6aa65fdaddbd"

/* Runs until a signal. Returns the exit status. */
int console_run(const struct console_options *o);

/* --check-config and --dump-config. Returns the exit status. */
int console_config(const struct console_options *o);
