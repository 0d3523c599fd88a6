/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole files in and out. Blocking; any thread. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* Reads a regular file of at most max bytes into a NUL-terminated buffer that the caller frees.
 * -EFBIG when it is longer; -EISDIR and -EINVAL for folders and other things that are no files.
 * ret_size may be NULL. */
int file_read(const char *path, size_t max, char **ret, size_t *ret_size);

/* Replaces a file atomically: temporary file beside it, fsync when durable, rename, fsync of the
 * folder when durable. The file has exactly this mode, whatever the umask. On failure the old file
 * is untouched and the temporary one gone; only the folder's fsync may fail after the rename. */
int file_write(const char *path, const void *data, size_t size, mode_t mode, int durable);

/* Makes a file that is not there yet in an open folder, and syncs it (the folder is the caller's to
 * sync). -EEXIST, also when a symbolic link has the name. What was begun is gone on failure. */
int file_create_at(int folder, const char *name, const void *data, size_t size, mode_t mode);

/* All of it, to an open file; -EIO where the system takes nothing. */
int file_write_full(int fd, const void *data, size_t size);

/* mkdir -p; existing folders are fine. */
int file_mkdir_p(const char *path, mode_t mode);
