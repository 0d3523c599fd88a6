/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules as people write them: the groups detector.states, detector.numbers and detector.priority of
 * the settings, or a file that holds only "detector: { … }" (of a game pack, or for evaluate). The
 * shape is described in egm-streamer.conf(5). Blocking; any thread.
 */
#pragma once

#include <stdio.h>

#include "common/conf.h"
#include "recognize/rules.h"

#define RULES_FILE_MAX (1 << 20) /* bytes */

/* Reads the detector group of a file; other groups and keys are left alone. Findings with file and
 * line go to report. 0; -ENOENT; -EINVAL with at least one error finding; -ENOMEM. ret must be
 * given back with rules_deinit(). */
int rules_file_read(const char *path, struct rules *ret, struct conf_report *report);

/* The same of a text that nobody here has written, such as a game pack's: name stands for the file
 * in findings, and @include is an error. size bytes, and a NUL after them. */
int rules_file_parse(const char *text, size_t size, const char *name, struct rules *ret,
	struct conf_report *report);

/* Writes "detector: { … };" so that rules_file_read() gives the same rules again. 0; -EINVAL
 * for rules that no file can have, such as a name that begins with a digit; -EIO; -ENOMEM. */
int rules_file_write(const struct rules *r, FILE *f);
