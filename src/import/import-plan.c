/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "import/import-plan.h"

#include <string.h>
#include <sys/stat.h>

#include "common/file.h"
#include "common/utf8.h"

char *import_path(const char *root, const char *path)
{
	char *ret;

	return asprintf(&ret, "%s%s", root, path) < 0 ? NULL : ret;
}

static void wipe(char *data, size_t size)
{
	if (data)
		explicit_bzero(data, size);
	free(data);
}

void import_plan_deinit(struct import_plan *p)
{
	for (size_t i = 0; i < p->n_items; i++) {
		wipe(p->items[i].data, p->items[i].size);
		free(p->items[i].path);
		free(p->items[i].source);
	}
	free(p->items);
	for (size_t i = 0; i < p->n_stop; i++)
		free(p->stop[i]);
	for (size_t i = 0; i < p->n_start; i++)
		free(p->start[i]);
	for (size_t i = 0; i < p->n_renew; i++)
		free(p->renew[i]);
	*p = (struct import_plan){ 0 };
}

/* Takes the item's strings over in any case. */
static int add_item(struct import_plan *p, struct import_item item)
{
	struct import_item *bigger = NULL;
	int r = p->n_items == IMPORT_ITEMS_MAX ? -ENOSPC : 0;

	if (r == 0 && item.path)
		bigger = realloc(p->items, (p->n_items + 1) * sizeof(*bigger));
	if (!bigger) {
		wipe(item.data, item.size);
		free(item.path);
		free(item.source);
		return r < 0 ? r : -ENOMEM;
	}
	p->items = bigger;
	p->items[p->n_items++] = item;
	return 0;
}

/* 1: it is as it is to be; 0: it is not, and *ret_there says whether it is anything; or an error.
 */
static int compare(const struct import_plan *p, const char *path, const void *data, size_t size,
	mode_t mode, bool *ret_there)
{
	_cleanup_(freep) char *full = import_path(p->root, path);
	char *now = NULL;
	size_t now_size;
	struct stat st;
	int r;

	*ret_there = false;
	if (!full)
		return -ENOMEM;
	if (lstat(full, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	*ret_there = true;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode) || st.st_size != (off_t) size || (st.st_mode & 07777) != mode)
		return 0;
	r = file_read(full, IMPORT_FILE_MAX, &now, &now_size);
	if (r < 0)
		return r;
	r = now_size == size && memcmp(now, data, size) == 0;
	wipe(now, now_size);
	return r;
}

int import_plan_write(
	struct import_plan *p, const char *path, char *data, size_t size, mode_t mode, bool secret)
{
	bool there;
	int r = compare(p, path, data, size, mode, &there);

	if (r != 0) {
		wipe(data, size);
		return r < 0 ? r : 0;
	}
	return add_item(p, (struct import_item){ .what = IMPORT_WRITE,
				   .path = strdup(path),
				   .data = data,
				   .size = size,
				   .mode = mode,
				   .secret = secret,
				   .replaces = there });
}

int import_plan_copy(struct import_plan *p, const char *path, const char *source, mode_t mode)
{
	_cleanup_(freep) char *data = NULL;
	char *copy;
	size_t size;
	bool there;
	int r = file_read(source, IMPORT_FILE_MAX, &data, &size);

	if (r == 0)
		r = compare(p, path, data, size, mode, &there);
	if (r != 0)
		return r < 0 ? r : 0;
	copy = strdup(source);
	if (!copy)
		return -ENOMEM;
	return add_item(p, (struct import_item){ .what = IMPORT_COPY,
				   .path = strdup(path),
				   .source = copy,
				   .size = size,
				   .mode = mode,
				   .replaces = there });
}

int import_plan_remove(struct import_plan *p, const char *path)
{
	return add_item(p, (struct import_item){ .what = IMPORT_REMOVE, .path = strdup(path) });
}

int import_plan_unit(char **units, size_t *n, const char *name)
{
	for (size_t i = 0; i < *n; i++)
		if (strcmp(units[i], name) == 0)
			return 0;
	if (*n == IMPORT_UNITS_MAX)
		return -ENOSPC;
	units[*n] = strdup(name);
	return units[*n] ? ((*n)++, 0) : -ENOMEM;
}

bool import_plan_is_empty(const struct import_plan *p)
{
	return p->n_items == 0 && p->n_stop == 0;
}

/* ---- what is printed ---- */

static bool is_odd(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

void import_put_clean(const char *text, FILE *f)
{
	const char *p = text;

	while (*p) {
		uint32_t c = 0;
		size_t n = utf8_decode(p, &c);

		if (n == 0 || (is_odd(c) && c != '\n' && c != '\t'))
			fputc('?', f);
		else
			fwrite(p, 1, n, f);
		p += n > 0 ? n : 1;
	}
}

/* What is put in front of each line must not be taken for another item. */
static void put_contents(const char *data, FILE *f)
{
	while (*data) {
		size_t n = strcspn(data, "\n");
		_cleanup_(freep) char *line = strndup(data, n);

		fputs("      | ", f);
		if (line)
			import_put_clean(line, f);
		fputc('\n', f);
		data += n + (data[n] == '\n');
	}
}

/* Names may hold line ends; those would look like other lines of ours. */
static void put_name(const char *name, FILE *f)
{
	for (const char *p = name; *p;) {
		size_t n = strcspn(p, "\n\t");
		_cleanup_(freep) char *part = strndup(p, n);

		if (part)
			import_put_clean(part, f);
		p += n;
		if (*p) {
			fputc('?', f);
			p++;
		}
	}
}

static void put_item(const struct import_item *i, bool contents, FILE *f)
{
	static const char *const words[] = {
		[IMPORT_WRITE] = "write",
		[IMPORT_COPY] = "copy",
		[IMPORT_REMOVE] = "take away",
	};

	fprintf(f, "  %s ", i->replaces ? "replace" : words[i->what]);
	put_name(i->path, f);
	if (i->what == IMPORT_WRITE)
		fprintf(f, " (mode %04o, %zu bytes%s)", (unsigned) i->mode, i->size,
			i->secret ? ", a secret" : "");
	if (i->what == IMPORT_COPY) {
		fputs(" from ", f);
		put_name(i->source, f);
	}
	fputc('\n', f);
	if (contents && i->what == IMPORT_WRITE && i->secret)
		fputs("      | ***\n", f);
	else if (contents && i->what == IMPORT_WRITE)
		put_contents(i->data, f);
}

void import_plan_print(const struct import_plan *p, bool contents, FILE *f)
{
	for (size_t i = 0; i < p->n_stop; i++)
		fprintf(f, "  stop %s\n", p->stop[i]);
	for (size_t i = 0; i < p->n_items; i++)
		put_item(&p->items[i], contents, f);
	for (size_t i = 0; i < p->n_start; i++)
		fprintf(f, "  start %s\n", p->start[i]);
	for (size_t i = 0; i < p->n_renew; i++)
		fprintf(f, "  restart %s\n", p->renew[i]);
}
