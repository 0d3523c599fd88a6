/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of egm-console. */
#pragma once

#define OPTIONS_RUN_DIR "/run/egm-streamer"

enum console_verb {
	CONSOLE_RUN,
	CONSOLE_CHECK_CONFIG,
	CONSOLE_DUMP_CONFIG,
	CONSOLE_DONE, /* --help or --version has been printed */
};

struct console_options {
	enum console_verb verb;
	const char *config_dir; /* NULL: the built-in one */
	const char *share_dir;  /* of the page and the description of the API */
	const char *run_dir;    /* of the folders of cards, with their sockets */
};

/* Returns 0, or the exit status after an error that has been printed to stderr (2: usage). */
int console_options_parse(struct console_options *o, int argc, char **argv);
