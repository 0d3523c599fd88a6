/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A game pack for commands that only look: its rules, and its references in a folder below $TMPDIR,
 * laid out as they would be for a card. The folder goes with the process, however that ends: a
 * child makes it, waits, and removes it. Blocking; any thread.
 */
#pragma once

#include <sys/types.h>

#include "recognize/rules.h"

struct pack_folder {
	struct rules *rules; /* may be taken away */
	char *refs;          /* folder; NULL: nothing is open */
	char *temporary;     /* folder that it is in */
	/* valid with it */
	pid_t remover;
	int held; /* towards the remover: while it is open, the folder stays */
};

/* 0 or a negative errno, after a message. ret must be given back in both cases. */
int pack_folder_open(struct pack_folder *ret, const char *pack);

/* The folder goes. Harmless for { 0 }. */
void pack_folder_deinit(struct pack_folder *f);

/* A path in it as the pack names it; others as they are. */
const char *pack_folder_shown(const struct pack_folder *f, const char *path);
