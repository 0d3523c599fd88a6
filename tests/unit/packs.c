/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/packs.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/file.h"
#include "media/png.h"
#include "pack/pack-private.h"

#define SIDE 16
#define must(condition)                                                                  \
	do {                                                                             \
		if (!(condition)) {                                                      \
			printf("Bail out! %s:%d: %s\n", __FILE__, __LINE__, #condition); \
			fflush(stdout);                                                  \
			abort();                                                         \
		}                                                                        \
	} while (0)

void packs_make_rules(struct rules *ret, int width)
{
	static const char *const names[] = { "SELECT", "PLAY" };

	*ret = (struct rules){ .mode = MODE_BETTER,
		.width = width,
		.height = 480,
		.algo = HASH_DHASH,
		.hash_size = 8,
		.confirm_frames = 2,
		.drop_frames = 8,
		.n_states = 2,
		.n_numbers = 1 };
	for (int i = 0; i < ret->n_states; i++) {
		struct state *s = &ret->states[i];

		s->name = strdup(names[i]);
		s->n_rois = 1;
		s->min_match = 1;
		s->threshold = 12;
		s->rois[0] = (struct roi){ .name = strdup("spot"),
			.rect = { 10 + i, 20, 100, 40 },
			.required = true,
			.ref_state = i };
		must(s->name && s->rois[0].name);
	}
	ret->numbers[0] =
		(struct number){ .name = strdup("CREDIT"), .rect = { 130, 428, 125, 44 } };
	must(ret->numbers[0].name);
}

static void write_picture(const char *folder, const char *name, unsigned colour, int date)
{
	const struct timespec times[2] = { { .tv_sec = date }, { .tv_sec = date } };
	uint8_t pixels[SIDE * SIDE] = { 0 }, *png;
	uint32_t palette[PNG_COLOURS] = { colour, ~colour & 0xffffff };
	char path[256];
	size_t size;

	pixels[SIDE + name[0] % SIDE] = 1;
	must(png_encode(pixels, SIDE, SIDE, palette, &png, &size) == 0);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	must(file_write(path, png, size, 0644, 0) == 0);
	must(utimensat(AT_FDCWD, path, times, 0) == 0);
	free(png);
}

void packs_make_folder(const char *folder, unsigned colour)
{
	static const char credits[] = "{ \"PLAY/b.png\": 123456, \"PLAY/c.png\": null }\n";
	char path[256];

	snprintf(path, sizeof(path), "%s/SELECT", folder);
	must(file_mkdir_p(path, 0755) == 0);
	write_picture(path, "a.png", colour, 1000000000);
	snprintf(path, sizeof(path), "%s/PLAY", folder);
	must(file_mkdir_p(path, 0755) == 0);
	write_picture(path, "b.png", colour, 900000000);
	write_picture(path, "c.png", colour, 800000000);
	snprintf(path, sizeof(path), "%s/credits.json", folder);
	must(file_write(path, credits, sizeof(credits) - 1, 0644, 0) == 0);
}

void packs_make_digits(const char *folder, const struct rules *rules)
{
	static const char *const texts[] = { "0123", "4" };
	static uint8_t pixels[12 * 20];
	const struct grey g = { 20, 12, pixels, 20, 1, false };
	struct lessons *l;
	char path[256], *text;
	size_t size;

	for (size_t i = 0; i < sizeof(pixels); i++)
		pixels[i] = (uint8_t) (i * 7);
	must(lessons_new(&l, rules) == 0);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		must(lessons_add(l, 0, &g, (struct rect){ 2, 2, 16, 8 }, texts[i]) == 0);
	text = lessons_format(l, &size);
	must(text);
	snprintf(path, sizeof(path), "%s/" LESSONS_FILE, folder);
	must(file_write(path, text, size, 0644, 0) == 0);
	free(text);
	lessons_free(l);
}

void packs_clear(struct packs_items *items)
{
	for (size_t i = 0; i < items->n; i++) {
		free(items->items[i].name);
		free(items->items[i].data);
	}
	*items = (struct packs_items){ 0 };
}

struct packs_item *packs_find(struct packs_items *items, const char *name)
{
	for (size_t i = 0; i < items->n; i++)
		if (strcmp(items->items[i].name, name) == 0)
			return &items->items[i];
	must(!"no such item");
	return NULL;
}

struct packs_item *packs_add(
	struct packs_items *items, const char *name, const void *data, size_t size)
{
	struct packs_item *item = &items->items[items->n];

	must(items->n < PACKS_ITEMS_MAX);
	*item = (struct packs_item){ .name = strdup(name) };
	must(item->name);
	items->n++;
	packs_replace(item, data, size);
	return item;
}

void packs_replace(struct packs_item *item, const void *data, size_t size)
{
	char *copy = malloc(size + 1);

	must(copy);
	memcpy(copy, data, size);
	copy[size] = '\0';
	free(item->data);
	item->data = copy;
	item->size = size;
}

void packs_remove(struct packs_items *items, const char *name)
{
	struct packs_item *item = packs_find(items, name);

	free(item->name);
	free(item->data);
	items->n--;
	memmove(item, item + 1, (size_t) (&items->items[items->n] - item) * sizeof(*item));
}

void packs_edit_manifest(struct packs_items *items, const char *from, const char *to)
{
	struct packs_item *manifest = packs_find(items, PACK_MANIFEST);
	char *at = strstr(manifest->data, from), *text;
	int n;

	must(at);
	n = asprintf(&text, "%.*s%s%s", (int) (at - manifest->data), manifest->data, to,
		at + strlen(from));
	must(n >= 0);
	packs_replace(manifest, text, (size_t) n);
	free(text);
}

void packs_seal(struct packs_items *items)
{
	struct pack *p = calloc(1, sizeof(*p));
	char *text;

	must(p);
	p->game = strdup("Koi");
	p->note = strdup("sealed again");
	for (size_t i = 0; i < items->n; i++) {
		const struct packs_item *item = &items->items[i];
		uint8_t *copy;

		if (strcmp(item->name, PACK_MANIFEST) == 0)
			continue;
		copy = malloc(item->size + 1);
		must(copy);
		memcpy(copy, item->data, item->size);
		must(pack_add(p, item->name, copy, item->size) == 0);
		must(pack_sum(&p->files[p->n_files - 1], p->files[p->n_files - 1].sum) == 0);
	}
	text = pack_manifest_format(p);
	must(text);
	packs_replace(packs_find(items, PACK_MANIFEST), text, strlen(text));
	free(text);
	pack_free(p);
}

/* --- archives --- */

static la_ssize_t to_stream(struct archive *a, void *userdata, const void *data, size_t size)
{
	(void) a;
	return fwrite(data, 1, size, userdata) == size ? (la_ssize_t) size : -1;
}

static void put(struct archive *a, const struct packs_item *item)
{
	struct archive_entry *entry = archive_entry_new();

	must(entry);
	archive_entry_set_pathname(entry, item->name);
	archive_entry_set_filetype(entry, item->type ? item->type : AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_size(entry, item->type ? 0 : (la_int64_t) item->size);
	if (item->symlink)
		archive_entry_set_symlink(entry, item->symlink);
	if (item->hardlink)
		archive_entry_set_hardlink(entry, item->hardlink);
	must(archive_write_header(a, entry) >= ARCHIVE_WARN);
	if (!item->type)
		(void) archive_write_data(a, item->data, item->size);
	archive_entry_free(entry);
}

char *packs_build(const struct packs_items *items, bool compressed, size_t *ret_size)
{
	struct archive *a = archive_write_new();
	char *data;
	FILE *f = open_memstream(&data, ret_size);

	must(a && f);
	must(!compressed || archive_write_add_filter_zstd(a) == ARCHIVE_OK);
	must(archive_write_set_format_pax_restricted(a) == ARCHIVE_OK);
	must(archive_write_set_bytes_in_last_block(a, 1) == ARCHIVE_OK);
	must(archive_write_open(a, f, NULL, to_stream, NULL) == ARCHIVE_OK);
	for (size_t i = 0; i < items->n; i++)
		put(a, &items->items[i]);
	must(archive_write_close(a) == ARCHIVE_OK);
	archive_write_free(a);
	must(fclose(f) == 0);
	return data;
}

char *packs_compress_zeros(size_t size, size_t *ret_size)
{
	static const char zeros[1 << 16];
	struct archive *a = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	char *data;
	FILE *f = open_memstream(&data, ret_size);

	must(a && entry && f && archive_write_add_filter_zstd(a) == ARCHIVE_OK);
	must(archive_write_set_format_raw(a) == ARCHIVE_OK);
	must(archive_write_set_bytes_in_last_block(a, 1) == ARCHIVE_OK);
	must(archive_write_open(a, f, NULL, to_stream, NULL) == ARCHIVE_OK);
	archive_entry_set_filetype(entry, AE_IFREG);
	must(archive_write_header(a, entry) == ARCHIVE_OK);
	for (; size > 0; size -= MIN(size, sizeof(zeros)))
		must(archive_write_data(a, zeros, MIN(size, sizeof(zeros))) > 0);
	must(archive_write_close(a) == ARCHIVE_OK);
	archive_write_free(a);
	archive_entry_free(entry);
	must(fclose(f) == 0);
	return data;
}

void packs_take_apart(struct packs_items *ret, const char *path)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;

	*ret = (struct packs_items){ 0 };
	must(a && archive_read_support_filter_zstd(a) == ARCHIVE_OK);
	must(archive_read_support_format_tar(a) == ARCHIVE_OK);
	must(archive_read_open_filename(a, path, 1 << 16) == ARCHIVE_OK);
	while (archive_read_next_header(a, &entry) == ARCHIVE_OK) {
		size_t size = (size_t) archive_entry_size(entry);
		char *data = malloc(size + 1);

		must(data && archive_read_data(a, data, size) == (la_ssize_t) size);
		packs_add(ret, archive_entry_pathname(entry), data, size);
		free(data);
	}
	archive_read_free(a);
}
