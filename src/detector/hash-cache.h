/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hashes of reference pictures on disk, so that a picture that has not changed need not be decoded
 * again. One JSON object:
 *
 *	{ "format": 1, "version": 1, "algorithm": "dhash", "size": 8, "screen": [ 640, 480 ],
 *	  "pictures": { "NORMAL/ref_0.jpg": { "bytes": 48123, "mtime_ns": …, "ctime_ns": …,
 *	      "inode": …, "hashes": { "540,80,91,31": "0f1e…", … } }, … } }
 *
 * A hash is kept under the rectangle it is of. What does not fit the rules, or the picture as it is
 * now, is void; a file that is broken or of another version counts as none. Blocking; one thread.
 */
#pragma once

#include <sys/stat.h>

#include "common/cleanup.h"
#include "recognize/recogniser.h"

#define HASH_CACHE_BYTES_MAX (16 << 20)

struct hash_cache;

/* path is kept by reference; rules must outlive it. 0, also when there is no such file; -ENOMEM. */
int hash_cache_open(struct hash_cache **ret, const char *path, const struct rules *rules);
struct hash_cache *hash_cache_free(struct hash_cache *c);
DEFINE_CLEANUP(struct hash_cache *, hash_cache_free)

/* name: STATE/FILE of a reference of the state. Returns how many hashes there are, in the order of
 * recogniser_add_hashes(); 0 when one is missing. */
int hash_cache_find(struct hash_cache *c, int state, const char *name, const struct stat *st,
	struct hash ret[RECOGNISER_HASHES_MAX]);

/* st: from before the picture was read. */
int hash_cache_put(struct hash_cache *c, int state, const char *name, const struct stat *st,
	const struct hash *hashes, int n);

/* Replaces the file by what was found and put since the opening, if that is not what it has. */
int hash_cache_save(struct hash_cache *c);
