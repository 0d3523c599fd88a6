/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of egm-streamer. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define OPTIONS_LIST_MAX 64

enum verb {
	VERB_RUN,
	VERB_SERVE,
	VERB_CHECK_CONFIG,
	VERB_DUMP_CONFIG,
	VERB_DONE, /* --help or --version has been printed */
};

struct options {
	enum verb verb;
	const char *card;
	const char *config_dir; /* NULL: the built-in one */
	const char *stats;      /* file to write at the end */
	const char *watch;      /* port, as given */
	const char *http;       /* address and port, as given; NULL: no HTTP over TCP */
	const char *http_token; /* file */
	const char *share_dir;  /* of the page; NULL: the built-in one */
	uint64_t duration_usec; /* 0: no limit */
	bool quiet;
	/* "key=value", NULL-terminated; those of --video, --size … among them */
	const char *sets[OPTIONS_LIST_MAX + 1];
	const char *outputs[OPTIONS_LIST_MAX + 1];   /* URLs, NULL-terminated */
	const char *http_open[OPTIONS_LIST_MAX + 1]; /* networks, NULL-terminated */
	/* private */
	char *owned[2 * OPTIONS_LIST_MAX];
	int n_sets, n_outputs, n_http_open, n_owned;
};

/* Returns 0, or the exit status after an error that has been printed to stderr (2: usage). URLs
 * with secrets are wiped from argv so that they do not stay in the process list. */
int options_parse(struct options *o, int argc, char **argv);
void options_deinit(struct options *o);
