/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What import-apply.c and import-undo.c share: the folder of backups and single files in folders
 * that are open. Blocking; main thread. */
#pragma once

#include <jansson.h>
#include <sys/stat.h>

#include "import/import-plan.h"

#define IMPORT_MANIFEST "manifest.json"
#define IMPORT_MANIFEST_MAX (16 << 20)
#define IMPORT_IDS_MAX 9999

/* What kind of thing has a name, and all that makes it this one. */
struct import_file {
	struct stat st;
	char *data; /* of a file; wiped when it is given back */
	size_t size;
	char *target; /* of a link */
};

void import_file_deinit(struct import_file *f);

/* 0; -ENOENT; -EINVAL: neither file nor link; -EFBIG. */
int import_file_read(int folder, const char *name, struct import_file *ret);

/* Replaces whatever file or link has the name, at once and durably. Times are set where st has any.
 * times: owner and group are those of st; else a file belongs to whom the folder belongs. */
int import_file_write(int folder, const char *name, const struct import_file *f, bool times);

/* What import_file_write() had begun when somebody died in it. */
void import_file_tidy(int folder, const char *name);

/* The folder of a path (with root), and the name in it. create: it is made when it is not there.
 * A descriptor that the caller closes, or a negative errno. */
int import_folder_open(const char *root, const char *path, bool create, const char **ret_name);

/* Opens the folder of backups, locked. create likewise. -EPERM: it is not only ours; -EBUSY:
 * another import is under way. */
int import_backup_open(const char *root, bool create);

/* The highest number of what is in there; 0: none. */
int import_backup_newest(int backup);

/* Removes what was begun or ended only half. */
int import_backup_tidy(int backup);

/* Removes the folder itself, if nothing is in it. */
void import_backup_remove(const char *root);

/* rmdir of a list of paths, the last one first; those that are in use stay. */
void import_folders_remove(const char *root, const json_t *folders);

/* Has systemctl do something with units (a list of texts); fine without any. Ctrl-C is
 * not for it: half of an import is what nobody wants. 0, -EIO, or -ETIMEDOUT after five minutes. */
int import_systemctl(const char *systemctl, const char *verb, const json_t *units);

/* Tells whether somebody has changed a file since. */
uint64_t import_sum(const void *data, size_t size);

/* Says it and returns r. */
int import_why(int r, char *why, size_t why_size, const char *fmt, ...) PRINTF_LIKE(4, 5);
