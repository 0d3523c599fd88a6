/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands of egm-streamer that do one thing and end. Each parses its own options (argv[0] is the
 * command's name), prints --help, and returns the exit status (2: usage).
 */
#pragma once

#include <stdbool.h>

#include "common/cleanup.h"

/* If argv[1] is one of them, runs it and returns true with its exit status. */
bool commands_run(int argc, char **argv, int *ret_status);

int command_detect(int argc, char **argv);
int command_hash(int argc, char **argv);
int command_pack(int argc, char **argv);
int command_probe_encoder(int argc, char **argv);
int command_evaluate(int argc, char **argv);

/* Says what is wrong with the command line and where help is. command: NULL for the program itself.
 * fmt: NULL when getopt has said it. Returns 2. */
int command_usage(const char *command, const char *fmt, ...) PRINTF_LIKE(2, 3);
