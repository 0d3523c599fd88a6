/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small game packs for tests: rules, folders with pictures, and archives of any content. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "recognize/rules.h"

#define PACKS_ITEMS_MAX 16

/* Two states (SELECT, PLAY) with a region each, and a number; of a screen that wide. */
void packs_make_rules(struct rules *ret, int width);

/* FOLDER/SELECT/a.png, FOLDER/PLAY/b.png, FOLDER/PLAY/c.png and credits.json, all of that colour
 * and with a modification time of 1000000000 and less. */
void packs_make_folder(const char *folder, unsigned colour);

/* FOLDER/digits.json, learnt for the rules' number: one picture of 0123, and one of 4. */
void packs_make_digits(const char *folder, const struct rules *rules);

/* One file of an archive. */
struct packs_item {
	char *name;
	char *data;
	size_t size;
	mode_t type; /* 0: a plain file; else AE_IF… */
	const char *symlink, *hardlink;
};

struct packs_items {
	struct packs_item items[PACKS_ITEMS_MAX];
	size_t n;
};

/* The files of a pack, the manifest first. */
void packs_take_apart(struct packs_items *ret, const char *path);
void packs_clear(struct packs_items *items);
struct packs_item *packs_find(struct packs_items *items, const char *name);
/* Takes a copy of data; appends. */
struct packs_item *packs_add(
	struct packs_items *items, const char *name, const void *data, size_t size);
void packs_replace(struct packs_item *item, const void *data, size_t size);
void packs_remove(struct packs_items *items, const char *name);
/* In the manifest's text. */
void packs_edit_manifest(struct packs_items *items, const char *from, const char *to);
/* Writes the manifest anew, of the plain files there are, with their true sums. */
void packs_seal(struct packs_items *items);

/* An archive of them; the caller frees. */
char *packs_build(const struct packs_items *items, bool compressed, size_t *ret_size);

/* So many zeros with the archive's compression; the caller frees. */
char *packs_compress_zeros(size_t size, size_t *ret_size);
