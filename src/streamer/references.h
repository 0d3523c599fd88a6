/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference pictures on disk, FOLDER/STATE/(*).jpg, .jpeg, .png or .webp, and the numbers shown in
 * them, FOLDER/credits.json: read whole into a recogniser. A picture that cannot be used is told by
 * name and left out, the rest stay. Blocking; any thread, one for each object.
 */
#pragma once

#include "recognize/recogniser.h"

struct references_hooks {
	/* path: as opened; why: without the path. */
	void (*skipped)(const char *path, const char *why, void *userdata);
	void *userdata;
};

struct references_count {
	int used, skipped;
	uint64_t stamp; /* of all names, sizes and modification times: another one means read again
			 */
};

/* Adds every picture of every state of the rules to r, in the order of their names. Hashes known
 * from cache (a file; NULL: none) are taken from there, and the cache is written anew when it was
 * not up to date; a cache that is broken or of another version counts as none. 0, even when there
 * is not one picture; -ENOMEM. */
int references_load(struct recogniser *r, const struct rules *rules, const char *folder,
	const char *cache, const struct references_hooks *hooks, struct references_count *ret);

/* The stamp alone, without opening a picture. */
uint64_t references_stamp(const struct rules *rules, const char *folder);
