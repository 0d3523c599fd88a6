/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands of egm-streamer that do one thing and end. Each parses its own options (argv[0] is the
 * command's name), prints --help, and returns the exit status (2: usage).
 */
#pragma once

#include <stdbool.h>

/* If argv[1] is one of them, runs it and returns true with its exit status. */
bool commands_run(int argc, char **argv, int *ret_status);

int command_hash(int argc, char **argv);
int command_evaluate(int argc, char **argv);
