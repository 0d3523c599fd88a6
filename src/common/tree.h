/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is done with whole folders. Blocking; any thread. */
#pragma once

#include <sys/types.h>

#define TREE_DEPTH_MAX 16 /* of what is removed */
#define TREE_LINKS_MAX 16 /* followed on the way to what is opened */

/* mkdir -p, and opens it: a descriptor that the caller closes, or a negative errno. What is made
 * has this mode, whatever the umask, and, when root makes it, the owner of the folder it is made
 * in. Symbolic links are followed only when root or the caller owns them, so that root can go into
 * the folders of others and ends up in no other place than the path says: else -ELOOP. */
int tree_open(const char *path, mode_t mode);

/* rm -rf of a name in an open folder. Symbolic links are removed, never followed. 0, also when
 * there is no such thing; -ELOOP: deeper than TREE_DEPTH_MAX; else the first thing that went wrong,
 * and what could be removed is gone. */
int tree_remove_at(int folder, const char *name);
