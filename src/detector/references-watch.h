/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeps references up to date: a thread, "references", that reads them into new recognisers, hands
 * those over as a whole, and reads again when anything in the folders has changed. inotify tells of
 * changes; a folder that is not there (yet, or any more) is looked for every ten seconds.
 *
 * A folder that goes away as a whole (an unmounted disk) takes nothing along: what was read before
 * serves on, and that is told. Pictures that are deleted are gone.
 *
 * Rules and references belong together. While the file that the rules come from says something else
 * than the rules in use - a game pack was put in place, which brings new references, too - nothing
 * is taken over: what was read before serves on until a reload makes a new detector of both.
 */
#pragma once

#include "common/cleanup.h"
#include "detector/references.h"

struct references_set {
	struct recogniser *live, *shadow; /* shadow: NULL when there are no such rules */
	struct lessons *lessons;          /* that live was taught; NULL: it has no numbers */
	struct references_count count;    /* of live */
	char problem[256];                /* the first thing that is wrong; "" for none */
};

void references_set_deinit(struct references_set *set);

struct references_watch_settings {
	const struct rules *rules, *shadow; /* by reference; shadow may be NULL */
	const char *folder, *cache;         /* copied; cache may be NULL */
	const char *rules_path;             /* that rules are from; copied; NULL: no file */
};

/* On the thread of the references; short. */
struct references_watch_hooks {
	/* Taken over by the callee. */
	void (*ready)(void *userdata, const struct references_set *set);
	/* A reference of which nobody tells the numbers. */
	void (*unnumbered)(void *userdata, const struct frame *picture);
	/* As detector_hooks.references. */
	void (*told)(void *userdata, const char *path, const char *why, int used, int skipped);
	void *userdata;
};

struct references_watch;

int references_watch_new(struct references_watch **ret,
	const struct references_watch_settings *settings,
	const struct references_watch_hooks *hooks);
int references_watch_start(struct references_watch *w);

/* Reads again now, when the folder is there. Any thread. */
void references_watch_again(struct references_watch *w);

void references_watch_stop(struct references_watch *w);

/* After references_watch_stop(): waits until the time. -ETIMEDOUT when the thread hangs on a disk:
 * it is abandoned with all it may touch. NULL is fine. */
int references_watch_free(struct references_watch *w, uint64_t until_usec);
