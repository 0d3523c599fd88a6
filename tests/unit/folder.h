/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A folder of a test's own, which is the current one from enter_folder() to leave_folder(). */
#pragma once

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder_path[256];

/* Deletes a folder of files. */
static inline void wipe(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *entry;

	while (d && (entry = readdir(d)))
		(void) unlinkat(dirfd(d), entry->d_name, 0);
	if (d)
		closedir(d);
	(void) rmdir(path);
}

static inline void enter_folder(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(folder_path, sizeof(folder_path), "%s/egm-test.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(folder_path) || chdir(folder_path) < 0)
		abort();
}

static inline void leave_folder(void)
{
	(void) !chdir("/");
	wipe(folder_path);
}
