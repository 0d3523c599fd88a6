/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a game pack, twice: as the file itself, and as files in a pack whose list is right.
 * A mutation can hardly mend a checksum; so in the second form "NAME\nSIZE\n", followed by so many
 * bytes, makes a file of an archive that is not compressed. What is accepted is put in a folder,
 * and nothing but that.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/file.h"
#include "common/tree.h"
#include "media/av-log.h"
#include "pack/pack-private.h"
#include "tests/fuzz/fuzz.h"

#define BLOCK 512

static char folder[] = "/tmp/fuzz-pack.XXXXXX";

static void leave(void)
{
	(void) tree_remove_at(AT_FDCWD, folder);
}

static void enter(void)
{
	if (!strstr(folder, "XXXXXX"))
		return;
	must(mkdtemp(folder) && atexit(leave) == 0);
	avlog_capture();
}

/* --- the second form --- */

struct archive_text {
	char *data;
	size_t size;
	FILE *f;
};

static void put_file(FILE *f, const char *name, const void *data, size_t size)
{
	static const char zeros[BLOCK];
	char header[BLOCK] = { 0 };
	unsigned sum = 0;

	snprintf(header, 100, "%s", name);
	snprintf(header + 100, 8, "%07o", 0644);
	snprintf(header + 124, 12, "%011zo", size);
	snprintf(header + 136, 12, "%011o", 0);
	memset(header + 148, ' ', 8);
	header[156] = '0';
	memcpy(header + 257, "ustar\00000", 8);
	for (size_t i = 0; i < sizeof(header); i++)
		sum += (unsigned char) header[i];
	snprintf(header + 148, 8, "%06o", sum);
	fwrite(header, 1, sizeof(header), f);
	fwrite(data, 1, size, f);
	fwrite(zeros, 1, (BLOCK - size % BLOCK) % BLOCK, f);
}

/* The next file of the input; false at its end. */
static bool next_file(
	const uint8_t **data, size_t *left, char *ret_name, const uint8_t **ret, size_t *ret_size)
{
	const uint8_t *end = memchr(*data, '\n', *left);
	size_t length, size = 0;

	if (*left == 0 || !end)
		return false;
	length = (size_t) (end - *data);
	snprintf(ret_name, 100, "%.*s", (int) MIN(length, 99), (const char *) *data);
	*left -= length + 1;
	*data = end + 1;
	while (*left > 0 && **data >= '0' && **data <= '9' && size < *left) {
		size = size * 10 + (size_t) (**data - '0');
		(*left)--;
		(*data)++;
	}
	if (*left > 0) {
		(*left)--;
		(*data)++;
	}
	*ret = *data;
	*ret_size = MIN(size, *left);
	*left -= *ret_size;
	*data += *ret_size;
	return true;
}

static void list_file(struct pack *p, const char *name, const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + 1);

	must(copy);
	memcpy(copy, data, size);
	if (pack_add(p, name, copy, size) == 0)
		must(pack_sum(&p->files[p->n_files - 1], p->files[p->n_files - 1].sum) == 0);
}

static char *build(const uint8_t *data, size_t left, size_t *ret_size)
{
	struct pack *p = calloc(1, sizeof(*p));
	char name[100], *manifest, *ret = NULL;
	FILE *f = open_memstream(&ret, ret_size);
	const uint8_t *content;
	size_t size;

	must(p && f);
	p->game = strdup("x");
	p->note = strdup("");
	while (next_file(&data, &left, name, &content, &size))
		list_file(p, name, content, size);
	manifest = pack_manifest_format(p); /* NULL: names that are no UTF-8 */
	if (manifest)
		put_file(f, PACK_MANIFEST, manifest, strlen(manifest));
	for (size_t i = 0; i < p->n_files; i++)
		put_file(f, p->files[i].name, p->files[i].data, p->files[i].size);
	free(manifest);
	pack_free(p);
	must(fclose(f) == 0);
	return ret;
}

/* --- what must hold --- */

/* Plain files with plain names, as many as the pack has. */
static size_t count_files(const char *path, int depth)
{
	DIR *d = opendir(path);
	const struct dirent *e;
	size_t n = 0;

	must(d && depth < 3);
	while ((e = readdir(d))) {
		char name[4096];
		struct stat st;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		must(snprintf(name, sizeof(name), "%s/%s", path, e->d_name) < (int) sizeof(name));
		must(lstat(name, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)));
		n += S_ISDIR(st.st_mode) ? count_files(name, depth + 1) : 1;
	}
	closedir(d);
	return n;
}

static void install(const struct pack *p)
{
	char refs[64], rules[64], why[PACK_WHY_SIZE];

	snprintf(refs, sizeof(refs), "%s/refs", folder);
	snprintf(rules, sizeof(rules), "%s/rules.conf", folder);
	must(pack_install(p, rules, refs, why, sizeof(why)) == 0);
	must(count_files(refs, 0) == p->n_files);
	must(tree_remove_at(AT_FDCWD, refs) == 0);
}

static void try(const void *data, size_t size)
{
	_cleanup_(pack_freep) struct pack *p = NULL;
	char why[PACK_WHY_SIZE] = "";
	int r = pack_parse(&p, data, size, why, sizeof(why));

	must(r == 0 || r == -EBADMSG || r == -ENOTSUP || r == -EFBIG || r == -ENOMEM);
	must((r == 0) == (p != NULL) && (r == 0) == (*why == '\0'));
	must(strlen(why) < sizeof(why));
	for (const char *c = why; *c; c++)
		must(!pack_is_control(c));
	if (!p)
		return;
	must(p->n_files <= PACK_FILES_MAX && p->bytes <= PACK_BYTES_MAX);
	must(*pack_game(p) && strlen(pack_game(p)) <= PACK_GAME_MAX);
	install(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(freep) char *archive = NULL;
	size_t archive_size;

	enter();
	try(data, size);
	archive = build(data, size, &archive_size);
	try(archive, archive_size);
	return 0;
}
