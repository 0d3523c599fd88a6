/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files and folders of settings, up to the text that is in them. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "common/conf-private.h"
#include "common/file.h"

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? strndup(path, slash == path ? 1 : (size_t) (slash - path)) : strdup(".");
}

static int refuse(struct conf_report *report, const char *path, const char *what)
{
	conf_report_add(report, CONF_ERROR, path, 0, NULL, "%s", what);
	return -EINVAL;
}

int conf_read_file(struct conf *c, const char *path, struct conf_report *report)
{
	_cleanup_(freep) char *text = NULL, *folder = NULL;
	size_t size = 0;
	int r;

	r = file_read(path, CONF_FILE_MAX, &text, &size);
	if (r == -ENOENT)
		return r;
	if (r < 0)
		return refuse(report, path, r == -EFBIG ? "larger than 1 MiB" : strerror(-r));
	if (memchr(text, '\0', size))
		return refuse(report, path, "holds a NUL byte, so it is no text");
	folder = folder_of(path);
	r = folder ? conf_read_text(c, text, path, folder, report) : -ENOMEM;
	explicit_bzero(text, size);
	return r;
}

static int is_conf(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return entry->d_name[0] != '.' && n > 5 && strcmp(entry->d_name + n - 5, ".conf") == 0;
}

/* By bytes: the order must not depend on the locale. */
static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int read_entry(
	struct conf *c, const char *folder, const char *name, struct conf_report *report)
{
	_cleanup_(freep) char *path = NULL;
	int r;

	if (asprintf(&path, "%s/%s", folder, name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	r = conf_read_file(c, path, report);
	if (r == -ENOENT) {
		conf_report_add(report, CONF_ERROR, path, 0, NULL, "a link to nowhere");
		r = -EINVAL;
	}
	return r;
}

int conf_read_dir(struct conf *c, const char *path, struct conf_report *report)
{
	struct dirent **entries;
	int n = scandir(path, &entries, is_conf, compare_names), r = 0;

	if (n < 0 && errno == ENOENT)
		return 0;
	if (n < 0) {
		conf_report_add(report, CONF_ERROR, path, 0, NULL, "%s", strerror(errno));
		return -EINVAL;
	}
	/* All of them, so that one run of a check shows all there is to mend. */
	for (int i = 0; i < n; i++) {
		int one = read_entry(c, path, entries[i]->d_name, report);

		r = r < 0 ? r : one;
		free(entries[i]);
	}
	free(entries);
	return r;
}
