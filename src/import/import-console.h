/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The original's HTTP API was open to everybody, on an address of its own. The console takes its
 * place there, for the networks that the administrator names; without any it stays as it is, and
 * the import says how it is opened. Pure; any thread.
 */
#pragma once

#include "import/import-old.h"

#define IMPORT_CONSOLE_FILE "/etc/egm/console.conf.d/50-import.conf"
#define IMPORT_CONSOLE_UNIT "egm-console.service"
#define IMPORT_ADDRESSES_MAX 8

/* Where the original listened, each once, in all the files that are read. */
struct import_addresses {
	struct {
		char host[46];
		int64_t port;
	} list[IMPORT_ADDRESSES_MAX];
	size_t n;
};

/* -ENOSPC: too many. */
int import_console_add(struct import_addresses *a, const struct old_api *api);

/* The text of the console's settings; the caller frees. NULL: no memory. networks: at least one,
 * as network_parse() takes them. */
char *import_console_write(
	const struct import_addresses *a, const char *const *networks, size_t n_networks);
