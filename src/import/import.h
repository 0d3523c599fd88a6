/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * egmctl import: from the original egm-streamer to this one. The settings of its YAML become those
 * of cards, its reference pictures theirs, its units go; all of it is planned, shown, checked, done
 * as one, and can be undone. Blocking; main thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/cleanup.h"

/* Exit status, as of egmctl. */
enum import_status {
	IMPORT_GOOD = 0,
	IMPORT_FAILED = 1,
	IMPORT_BAD_USAGE = 2,
	IMPORT_NOT_ALLOWED = 4,
};

#define IMPORT_CARDS_MAX 16
#define IMPORT_OPEN_MAX 16

struct import_options {
	const char *root;                    /* "" */
	const char *systemctl;               /* NULL: there is none to be told */
	const char *program;                 /* egm-streamer, which checks settings */
	const char *cards[IMPORT_CARDS_MAX]; /* "CARD" or "STREAM=CARD" */
	size_t n_cards;
	const char *open_to[IMPORT_OPEN_MAX]; /* networks for which the console is opened */
	size_t n_open_to;
	int width, height; /* the screen of the regions; 0: the original's */
	bool dry_run, yes;
	const char *path; /* a file, or a folder of such */
};

/* Carries it out. Returns an exit status. */
int import_run(const struct import_options *o);

/* Undoes one, the newest when id is NULL. */
int import_run_undo(const struct import_options *o, const char *id);

/* The command line behind the word "import"; argv[0] is not looked at. Returns an exit status. */
int import_main(int argc, char **argv);
