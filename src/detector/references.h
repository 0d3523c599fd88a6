/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference pictures on disk, FOLDER/STATE/(*).jpg, .jpeg, .png or .webp, the numbers shown in
 * them, FOLDER/credits.json, and what has been learnt of digits besides, FOLDER/digits.json
 * (lessons.h): read whole into a recogniser. A picture that cannot be used is told by name and left
 * out, the rest stay. Blocking; any thread, one for each object.
 */
#pragma once

#include "detector/lessons.h"
#include "recognize/recogniser.h"

#define REFERENCES_FILES_MAX 1024 /* looked at in the folder of one state, the first by name */

/* Does the name end like one of a picture? */
bool references_is_picture(const char *name);

struct references_hooks {
	/* path: as opened, or the folder of a state that has none; why: without the path. */
	void (*skipped)(const char *path, const char *why, void *userdata);
	/* Something else is wrong: a number cannot be learnt, the cache not be written. May be
	 * NULL. */
	void (*warned)(const char *path, const char *why, void *userdata);
	/* One is in use, as the next of its state. May be NULL. */
	void (*used)(int state, const char *path, void *userdata);
	/* One of whose numbers nobody tells. May be NULL. */
	void (*unnumbered)(const struct frame *picture, void *userdata);
	/* What the folder has learnt of digits, which has been taught; once, where the rules have
	 * numbers. The callee's from then on. May be NULL. */
	void (*lessons)(struct lessons *l, void *userdata);
	void *userdata;
};

struct references_count {
	int used, skipped; /* pictures */
	uint64_t stamp;    /* as below, of what was read */
};

/* Adds every picture of every state of the rules to r, in the order of their names. What the
 * compatible mode keeps of a picture is taken from cache (a file; NULL: none), which is written
 * anew when it was not up to date; one that is broken or of another version counts as none. 0, even
 * when there is not one picture; -ENOMEM. */
int references_load(struct recogniser *r, const struct rules *rules, const char *folder,
	const char *cache, const struct references_hooks *hooks, struct references_count *ret);

/* Of all names, sizes and times, without opening a picture: another one means read again. 0: not
 * one state has a folder there. The file of learnt digits is not among them, since who looks at the
 * stamp writes it. */
uint64_t references_stamp(const struct rules *rules, const char *folder);
