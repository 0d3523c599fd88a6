/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an import will do, made whole before anything is done; then done, or not at all. What was
 * there before is kept in ROOT/var/lib/egm-import/ID with a manifest that is complete on disk
 * before the first change, so that whatever goes wrong, up to a power cut, can be taken back. That
 * folder is root's own: what root puts back into /etc must not come from where the service can
 * write. All of it blocks; main thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "common/cleanup.h"

#define IMPORT_BACKUP "/var/lib/egm-import"
#define IMPORT_ITEMS_MAX 20000
#define IMPORT_UNITS_MAX 128
#define IMPORT_FILE_MAX (32 << 20) /* bytes of a file that is copied or kept */
#define IMPORT_WHY_MAX 512
#define IMPORT_ID_MAX 32

enum import_what {
	IMPORT_WRITE,  /* data */
	IMPORT_COPY,   /* source */
	IMPORT_REMOVE, /* a file or link, which is kept with what was there before */
};

struct import_item {
	enum import_what what;
	char *path; /* without the root */
	char *data; /* wiped when it is given back */
	size_t size;
	char *source; /* with the root */
	mode_t mode;
	bool secret;   /* data is not to be shown */
	bool replaces; /* another file is there */
};

struct import_plan {
	const char *root;      /* in front of every path; "" is the machine's own */
	const char *systemctl; /* program; NULL: there is no systemd to be told */
	struct import_item *items;
	size_t n_items;
	/* units; those of renew start anew if they run, after an undo as well */
	char *stop[IMPORT_UNITS_MAX], *start[IMPORT_UNITS_MAX], *renew[IMPORT_UNITS_MAX];
	size_t n_stop, n_start, n_renew;
	bool reload; /* units change */
};

void import_plan_deinit(struct import_plan *p);

/* These leave out what is there already as it is to be. 0, -ENOMEM, -ENOSPC (too many), or the
 * error of reading what is there. data goes over in any case. */
int import_plan_write(
	struct import_plan *p, const char *path, char *data, size_t size, mode_t mode, bool secret);
int import_plan_copy(struct import_plan *p, const char *path, const char *source, mode_t mode);
int import_plan_remove(struct import_plan *p, const char *path);

/* A unit to be stopped before, or started or renewed after; each once. */
int import_plan_unit(char **units, size_t *n, const char *name);

bool import_plan_is_empty(const struct import_plan *p);

/* What will be done; with the contents of files, secrets but for their length, when contents. */
void import_plan_print(const struct import_plan *p, bool contents, FILE *f);

/* Does it. On failure everything is as before, and why says what went wrong (and what could not be
 * taken back, with the ID under which it still can). ret_id: under which it can be undone. */
int import_plan_apply(
	struct import_plan *p, char ret_id[static IMPORT_ID_MAX], char *why, size_t why_size);

/* The newest one that can be undone. 0, -ENOENT, or another error with why. */
int import_undo_find(
	const char *root, char ret_id[static IMPORT_ID_MAX], char *why, size_t why_size);

/* What undoing it restores; files that somebody has changed since are marked, and counted in
 * ret_changed. 0, -ENOENT: there is no such import (any more); else an error with why. */
int import_undo_print(
	const char *root, const char *id, FILE *f, size_t *ret_changed, char *why, size_t why_size);

/* Puts everything back and forgets the import. It may be repeated after a failure. */
int import_undo(
	const char *root, const char *systemctl, const char *id, char *why, size_t why_size);

/* root and path in one; the caller frees. NULL: no memory. */
char *import_path(const char *root, const char *path);

/* A text for a terminal: control characters and those that turn the direction of writing become
 * '?'. Into f. */
void import_put_clean(const char *text, FILE *f);
