/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is done with whole folders. Blocking; any thread. */
#pragma once

#include <sys/types.h>

#define TREE_DEPTH_MAX 16 /* of what is removed */

/* mkdir -p. What is made has this mode, whatever the umask, and, when root makes it, the owner of
 * the folder it is made in. */
int tree_make(const char *path, mode_t mode);

/* rm -rf of a name in an open folder. Symbolic links are removed, never followed. 0, also when
 * there is no such thing; -ELOOP: deeper than TREE_DEPTH_MAX; else the first thing that went wrong,
 * and what could be removed is gone. */
int tree_remove_at(int folder, const char *name);
