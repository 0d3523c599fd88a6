/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console's settings: one struct, one table. Files are read in this order, later ones win:
 * /etc/egm/console.conf, /etc/egm/console.conf.d/(*).conf.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/conf.h"

#define CONSOLE_TOKENS_MAX 64
#define CONSOLE_NETWORKS_MAX 64
#define CONSOLE_LISTEN_MAX 8
#define CONSOLE_ADDRESS_MAX 46 /* INET6_ADDRSTRLEN */
#define CONSOLE_PEM_MAX (256 * 1024)

/* In the order of the setting's words. */
enum console_log_level {
	CONSOLE_LOG_ERROR,
	CONSOLE_LOG_WARNING,
	CONSOLE_LOG_NOTICE,
	CONSOLE_LOG_INFO,
	CONSOLE_LOG_DEBUG,
};

struct console_token {
	char *name, *roles; /* roles: words */
	char *token;        /* a template, ${credential:NAME}; "" when there is a file */
	char *file;
};

struct console_network {
	char *network, *roles;
};

struct console_settings {
	int log_level;
	char *listen, *hosts, *origins; /* words */
	struct {
		/* Paths, or templates of the PEM text itself; "": none */
		char *certificate, *key, *client_ca;
		char *client_roles; /* words */
	} tls;
	struct {
		int64_t clients, per_address, body_bytes, rate;
	} limits;
	struct console_network *open_to;
	size_t n_open_to;
	struct console_token *tokens;
	size_t n_tokens;
};

extern const struct conf_table console_settings_table;

/* Reads and checks what is in config_dir (NULL: the built-in one). ret_conf, which may be NULL, has
 * the merged files to be shown. 0; -EINVAL with error findings; -ENOMEM. Blocks on files. */
int console_settings_load(const char *config_dir, struct console_settings *ret,
	struct conf **ret_conf, struct conf_report *report);
void console_settings_deinit(struct console_settings *s);

struct console_listen {
	char address[CONSOLE_ADDRESS_MAX];
	unsigned port;
};

/* Where to listen, up to CONSOLE_LISTEN_MAX into ret. Returns how many, or -EINVAL with the text
 * that is none in bad, or -E2BIG. */
int console_settings_listen(
	const struct console_settings *s, struct console_listen *ret, char *bad, size_t bad_size);

/* A text of words as an array that ends with NULL; freed with one free(). NULL: no memory. */
const char **console_words(const char *words);

/* What a setting of tls stands for: the text of the file, or of the credential; *ret NULL for "".
 * 0, or a negative errno with words that name no secret. The caller frees with secret_free().
 * Blocks on a file. */
int console_settings_pem(const char *setting, char **ret, char *why, size_t why_size);

/* The token itself, likewise. */
int console_settings_token(const struct console_token *t, char **ret, char *why, size_t why_size);
