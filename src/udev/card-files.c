/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "udev/card-files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>

#include "common/cleanup.h"
#include "common/file.h"

int card_files_lock(const char *folder)
{
	char path[PATH_MAX];
	_cleanup_(closep) int fd = -1;

	snprintf(path, sizeof(path), "%s/lock", folder);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	while (flock(fd, LOCK_EX) < 0)
		if (errno != EINTR)
			return -errno;
	return TAKE_FD(fd);
}

int card_files_load(const char *folder, const char *name, struct card_register *ret)
{
	_cleanup_(freep) char *text = NULL;
	char path[PATH_MAX];
	int r;

	ret->n = 0;
	ret->changed = false;
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	r = file_read(path, CARD_REGISTER_BYTES, &text, NULL);
	if (r == 0)
		card_register_parse(ret, text);
	return r == -ENOENT ? 0 : r;
}

int card_files_save(
	const char *folder, const char *name, const struct card_register *r, bool durable)
{
	_cleanup_(freep) char *text = NULL;
	char path[PATH_MAX];
	size_t size;

	if (!r->changed)
		return 0;
	text = malloc(CARD_REGISTER_BYTES);
	if (!text)
		return -ENOMEM;
	size = card_register_format(r, text, CARD_REGISTER_BYTES);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return file_write(path, text, size, 0644, durable);
}
