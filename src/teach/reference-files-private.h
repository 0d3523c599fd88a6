/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of references have in common with the trash. As reference-files.h otherwise. */
#pragma once

#include "teach/reference-files.h"

/* FOLDER/NAME, opened: a descriptor that the caller closes; -ENOENT. The second one makes it. */
int reference_open_folder(const char *folder, const char *name);
int reference_make_folder(const char *folder, const char *name);

/* Renames a file of one folder into the one of a state, under its own name or with a number, which
 * is in ret then. FAULT_NO_SUCH_REFERENCE, _TOO_MANY_REFERENCES, _IO. */
int reference_put(int from, const char *name, int to, const char *state,
	char ret[REFERENCE_NAME_MAX], struct fault *f);
