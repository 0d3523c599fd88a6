/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Other programs. Main thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Replaces this process; returns only when that fails, with words and an exit status. */
int run_instead(char *const *argv);

/* Runs a program to its end and returns its exit status (128 + signal when it was killed), or a
 * negative errno: -ETIMEDOUT after timeout_usec (USEC_INFINITY: never), when it has been killed;
 * -ENOENT: there is no such program. With ret_output, of size, it gets the last of what the program
 * says on both of its outputs, else it has ours. */
int run_program(char *const *argv, uint64_t timeout_usec, char *ret_output, size_t size);
