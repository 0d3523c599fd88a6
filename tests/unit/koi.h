/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The short clip of tests/data/clips and copies of its references, for tests that change them. */
#pragma once

#include "recognize/truth.h"

enum {
	KOI_SELECT,
	KOI_PLAYING,
	KOI_NORMAL,
	KOI_STATES
};

/* Path of something in tests/data/clips; of a buffer that the next but three call uses again. */
const char *koi_path(const char *name);

/* The rules of the clip's truth; given back by rules_deinit(). */
void koi_rules(struct rules *ret, enum rules_mode mode);

/* A folder of one's own, as mkdtemp() makes it; koi_remove() removes it with all in it. */
void koi_folder(char ret[64]);
void koi_remove(const char *folder);

/* Copies all references to FOLDER/refs/, STATE folders and credits.json. */
void koi_copy(const char *folder);

/* FOLDER/NAME, of such buffers. */
const char *koi_in(const char *folder, const char *name);
void koi_write(const char *path, const void *data, size_t size);
void koi_copy_file(const char *from, const char *to);
