/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/folder-limit.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/usec.h"

#define UNFINISHED_SEC 600

/* What is looked at in one go; should there be more, the rest has its turn with the next. */
#define FILES_MAX (2 * FOLDER_ITEMS_MAX + 1000)

static const char time_pattern[] = "00000000T000000.000Z-";

#define TIME_SIZE (sizeof(time_pattern) - 2) /* without the '-' */

struct file {
	char *name;
	size_t stem; /* bytes of the name without its suffix */
	uint64_t bytes;
	bool ahead; /* of the newest: from before the clock was set back */
	bool old;   /* … than there may be any */
};

struct listing {
	struct file *files;
	size_t n, room;
};

const char *folder_item_stamp(char buf[FOLDER_TIME_MAX], uint64_t realtime_usec)
{
	time_t seconds = (time_t) (realtime_usec / USEC_PER_SEC);
	struct tm tm = { 0 };
	size_t n;

	(void) gmtime_r(&seconds, &tm);
	n = strftime(buf, FOLDER_TIME_MAX, "%Y%m%dT%H%M%S", &tm);
	(void) snprintf(buf + n, FOLDER_TIME_MAX - n, ".%03uZ",
		(unsigned) (realtime_usec / USEC_PER_MSEC % 1000));
	return buf;
}

const char *folder_item_name(char buf[FOLDER_NAME_MAX], uint64_t realtime_usec, const char *label)
{
	char stamp[FOLDER_TIME_MAX];
	size_t n;

	n = (size_t) snprintf(buf, FOLDER_NAME_MAX, "%s-", folder_item_stamp(stamp, realtime_usec));
	for (size_t i = 0; i < FOLDER_LABEL_MAX && label[i]; i++) {
		unsigned char c = (unsigned char) label[i];

		buf[n++] = (char) (c < 128 && (isalnum(c) || c == '-') ? c : '_');
	}
	buf[n] = '\0';
	return buf;
}

/* The '-' behind the time is not asked for. */
static bool begins_with_time(const char *name)
{
	for (const char *p = time_pattern; p < time_pattern + TIME_SIZE; p++, name++)
		if (*p == '0' ? !isdigit((unsigned char) *name) : *name != *p)
			return false;
	return true;
}

uint64_t folder_item_time(const char *name)
{
	unsigned ms = 0;
	struct tm tm = { 0 };
	time_t seconds;

	if (!begins_with_time(name) || name[TIME_SIZE] != '-' ||
		sscanf(name, "%4d%2d%2dT%2d%2d%2d.%3u", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
			&tm.tm_hour, &tm.tm_min, &tm.tm_sec, &ms) != 7)
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	seconds = timegm(&tm);
	return seconds > 0 ? (uint64_t) seconds * USEC_PER_SEC + ms * USEC_PER_MSEC : 0;
}

static size_t before_of(const struct folder_limit *l)
{
	return l->before ? strlen(l->before) : 0;
}

/* Bytes of the name before a suffix of ours; 0: it is none of ours. */
static size_t stem_of(const struct folder_limit *l, const char *name)
{
	size_t n = strlen(name), before = before_of(l);

	if (before >= n || strncmp(name, l->before ? l->before : "", before) != 0 ||
		!begins_with_time(name + before))
		return 0;
	if (!l->before && name[TIME_SIZE] != '-')
		return 0;
	for (const char *const *s = l->suffixes; *s; s++) {
		size_t m = strlen(*s);

		if (n < m || strcmp(name + n - m, *s) != 0)
			continue;
		if (l->before ? n - m == before + TIME_SIZE : n - m > TIME_SIZE)
			return n - m;
	}
	return 0;
}

static void listing_deinit(struct listing *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->files[i].name);
	free(l->files);
}

static int listing_add(struct listing *l, const struct folder_limit *limit, const char *name,
	size_t stem, const struct stat *st)
{
	uint64_t age = (uint64_t) MAX(time(NULL) - st->st_mtim.tv_sec, 0) * USEC_PER_SEC;
	size_t before = before_of(limit);

	if (l->n == l->room) {
		size_t room = l->room ? l->room * 2 : 64;
		struct file *files = realloc(l->files, room * sizeof(*files));

		if (!files)
			return -ENOMEM;
		l->files = files;
		l->room = room;
	}
	l->files[l->n] = (struct file){ .name = strdup(name),
		.stem = stem,
		.bytes = (uint64_t) st->st_size,
		.old = limit->age_usec && age > limit->age_usec,
		.ahead = limit->newest &&
			 strncmp(name + before, limit->newest + before, TIME_SIZE) > 0 };
	if (!l->files[l->n].name)
		return -ENOMEM;
	l->n++;
	return 0;
}

static bool is_unfinished(const char *name, const struct stat *st)
{
	return name[0] == '.' && begins_with_time(name + 1) && name[1 + TIME_SIZE] == '-' &&
	       st->st_mtim.tv_sec < time(NULL) - UNFINISHED_SEC;
}

static int remove_file(int folder, const char *name)
{
	return unlinkat(folder, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

static int look_at(struct listing *out, const struct folder_limit *l, int folder, const char *name)
{
	size_t stem = stem_of(l, name);
	struct stat st;

	if (!stem && (l->before || name[0] != '.'))
		return 0;
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISREG(st.st_mode))
		return 0;
	if (stem)
		return listing_add(out, l, name, stem, &st);
	return is_unfinished(name, &st) ? remove_file(folder, name) : 0;
}

static int read_folder(struct listing *out, const struct folder_limit *l, DIR *dir)
{
	struct dirent *e;
	int result = 0;

	while (out->n < FILES_MAX) {
		int r;

		errno = 0;
		e = readdir(dir);
		if (!e)
			return errno ? -errno : result;
		r = look_at(out, l, dirfd(dir), e->d_name);
		if (r == -ENOMEM)
			return r;
		result = result < 0 ? result : r;
	}
	return result;
}

/* The oldest first. */
static int compare(const void *a, const void *b)
{
	const struct file *x = a, *y = b;

	return x->ahead != y->ahead ? y->ahead - x->ahead : strcmp(x->name, y->name);
}

/* The first file after those of the item that begins at i. */
static size_t item_end(const struct listing *l, size_t i)
{
	const struct file *first = &l->files[i];

	do
		i++;
	while (i < l->n && l->files[i].stem == first->stem &&
		strncmp(l->files[i].name, first->name, first->stem) == 0);
	return i;
}

static struct folder_usage count(const struct listing *l)
{
	struct folder_usage u = { 0 };

	for (size_t i = 0; i < l->n; i = item_end(l, i))
		u.items++;
	for (size_t i = 0; i < l->n; i++)
		u.bytes += l->files[i].bytes;
	return u;
}

static bool is_spared(
	const struct listing *l, const struct folder_limit *limit, size_t i, size_t end)
{
	for (; limit->spared && i < end; i++)
		if (strcmp(l->files[i].name, limit->spared) == 0)
			return true;
	return false;
}

static int remove_oldest(const struct listing *l, const struct folder_limit *limit, int folder,
	uint64_t room_bytes, size_t room_items, struct folder_usage *u)
{
	size_t end;
	int result = 0;

	for (size_t i = 0; i < l->n; i = end) {
		bool gone = true;

		end = item_end(l, i);
		if (u->items + room_items <= limit->items &&
			u->bytes + room_bytes <= limit->bytes && !l->files[i].old)
			continue;
		if (is_spared(l, limit, i, end))
			continue;
		for (size_t k = i; k < end; k++) {
			int r = remove_file(folder, l->files[k].name);

			result = result < 0 ? result : r;
			gone &= r == 0;
			u->bytes -= r == 0 ? l->files[k].bytes : 0;
		}
		u->items -= gone;
	}
	return result;
}

int folder_limit_keep(const struct folder_limit *l, uint64_t room_bytes, size_t room_items,
	struct folder_usage *ret)
{
	_cleanup_(listing_deinit) struct listing files = { 0 };
	_cleanup_(closedirp) DIR *dir = opendir(l->path);
	struct folder_usage u;
	int r, removed;

	if (!dir && errno != ENOENT)
		return -errno;
	r = dir ? read_folder(&files, l, dir) : 0;
	if (r == -ENOMEM)
		return r;
	if (files.n)
		qsort(files.files, files.n, sizeof(*files.files), compare);
	u = count(&files);
	removed = dir ? remove_oldest(&files, l, dirfd(dir), room_bytes, room_items, &u) : 0;
	*ret = u;
	return r < 0 ? r : removed;
}
