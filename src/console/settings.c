/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of the console's settings. etc/console.conf and egm-console.conf(5) explain the same
 * list; tests compare them. What depends on more than one value is checked in settings-check.c.
 */
#include "console/settings.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/file.h"
#include "common/secret.h"
#include "common/url.h"
#include "common/words.h"
#include "console/settings-private.h"

#define MIB (INT64_C(1) << 20)
#define KIB (INT64_C(1) << 10)
#define TOKEN_FILE_MAX 4096

static const char *const log_level_words[] = {
	[CONSOLE_LOG_ERROR] = "error",
	[CONSOLE_LOG_WARNING] = "warning",
	[CONSOLE_LOG_NOTICE] = "notice",
	[CONSOLE_LOG_INFO] = "info",
	[CONSOLE_LOG_DEBUG] = "debug",
	NULL,
};

static const char *const role_words[] = { "view", "operate", "teach", NULL };

#define AT(member) .offset = offsetof(struct console_settings, member)

static const struct conf_row rows[] = {
	{ "log_level", CONF_ENUM, AT(log_level), .def = "info", .words = log_level_words,
		.flags = CONF_RELOAD, .help = "least important messages that are logged" },
	{ "listen", CONF_WORDS, AT(listen), .min = 1, .max = 511, .def = "127.0.0.1:8080",
		.flags = CONF_RELOAD, .help = "addresses and ports" },
	{ "hosts", CONF_WORDS, AT(hosts), .def = "", .flags = CONF_RELOAD,
		.help = "names by which browsers may call it" },
	{ "origins", CONF_WORDS, AT(origins), .def = "", .flags = CONF_RELOAD,
		.help = "pages of others that may ask" },

	{ "tls.certificate", CONF_STRING, AT(tls.certificate), .def = "", .flags = CONF_RELOAD,
		.help = "chain in PEM, a file; empty: no TLS" },
	{ "tls.key", CONF_STRING, AT(tls.key), .def = "", .flags = CONF_RELOAD | CONF_PASSWORD,
		.help = "of the certificate" },
	{ "tls.client_ca", CONF_STRING, AT(tls.client_ca), .def = "", .flags = CONF_RELOAD,
		.help = "who may sign certificates of clients; empty: nobody" },
	{ "tls.client_roles", CONF_WORDS, AT(tls.client_roles), .min = 1, .max = 63, .def = "view",
		.words = role_words, .flags = CONF_RELOAD,
		.help = "of those who have such a certificate" },

	{ "limits.clients", CONF_INT, AT(limits.clients), .min = 4, .max = 2000, .def = "600",
		.flags = CONF_RELOAD, .help = "connections at once" },
	{ "limits.per_address", CONF_INT, AT(limits.per_address), .min = 2, .max = 2000,
		.def = "200", .flags = CONF_RELOAD, .help = "connections of one address" },
	{ "limits.body", CONF_BYTES, AT(limits.body_bytes), .min = 4 * KIB, .max = 64 * MIB,
		.def = "32M", .flags = CONF_RELOAD, .help = "most that a request may bring" },
	{ "limits.rate", CONF_INT, AT(limits.rate), .min = 1, .max = 10000, .def = "50",
		.flags = CONF_RELOAD, .help = "requests of one address, a second" },
	{ .path = NULL },
};

#undef AT
#define AT(member) .offset = offsetof(struct console_network, member)

static const struct conf_row network_rows[] = {
	{ "network", CONF_STRING, AT(network), .max = 63, .def = "",
		.help = "an address, or one with the length of its prefix" },
	{ "roles", CONF_WORDS, AT(roles), .min = 1, .max = 63, .def = "view", .words = role_words,
		.help = "what those from there may do" },
	{ .path = NULL },
};

#undef AT
#define AT(member) .offset = offsetof(struct console_token, member)

static const struct conf_row token_rows[] = {
	{ "name", CONF_STRING, AT(name), .max = 31, .def = "", .help = "for logs" },
	{ "roles", CONF_WORDS, AT(roles), .min = 1, .max = 63, .def = "view", .words = role_words,
		.help = "what its holder may do" },
	{ "token", CONF_STRING, AT(token), .def = "", .flags = CONF_PASSWORD,
		.help = "${credential:NAME}" },
	{ "file", CONF_STRING, AT(file), .def = "", .help = "one that has the token" },
	{ .path = NULL },
};

static const struct conf_list lists[] = {
	{ .path = "open_to",
		.rows = network_rows,
		.offset = offsetof(struct console_settings, open_to),
		.count_offset = offsetof(struct console_settings, n_open_to),
		.element_size = sizeof(struct console_network),
		.max = CONSOLE_NETWORKS_MAX,
		.flags = CONF_RELOAD,
		.help = "networks that need no token",
		.bare = true },
	{ .path = "tokens",
		.rows = token_rows,
		.offset = offsetof(struct console_settings, tokens),
		.count_offset = offsetof(struct console_settings, n_tokens),
		.element_size = sizeof(struct console_token),
		.max = CONSOLE_TOKENS_MAX,
		.flags = CONF_RELOAD,
		.help = "who has one of these may come in" },
	{ .path = NULL },
};

const struct conf_table console_settings_table = {
	.rows = rows,
	.lists = lists,
	.size = sizeof(struct console_settings),
};

/* A file that is missing is as good as an empty one; all are read, so that one run of a check shows
 * every mistake. */
static int read_files(struct conf *c, const char *dir, struct conf_report *report)
{
	_cleanup_(freep) char *base = NULL, *folder = NULL;
	int r, r_folder;

	if (asprintf(&base, "%s/console.conf", dir) < 0 || asprintf(&folder, "%s.d", base) < 0)
		return -ENOMEM;
	r = conf_read_file(c, base, report);
	r_folder = conf_read_dir(c, folder, report);
	return r < 0 && r != -ENOENT ? r : r_folder;
}

int console_settings_load(const char *config_dir, struct console_settings *ret,
	struct conf **ret_conf, struct conf_report *report)
{
	_cleanup_(conf_freep) struct conf *c = NULL;
	struct console_settings s;
	int r;

	r = conf_new(&c, &console_settings_table);
	if (r == 0)
		r = read_files(c, config_dir ? config_dir : EGM_SYSCONFDIR, report);
	if (r == 0)
		r = conf_apply(c, &s);
	if (r < 0)
		return r;
	r = console_settings_check(&s, c, report);
	if (r < 0) {
		console_settings_deinit(&s);
		return r;
	}
	*ret = s;
	if (ret_conf)
		*ret_conf = TAKE_PTR(c);
	return 0;
}

void console_settings_deinit(struct console_settings *s)
{
	for (size_t i = 0; i < s->n_tokens; i++)
		explicit_bzero(s->tokens[i].token, strlen(s->tokens[i].token));
	conf_destroy(&console_settings_table, s);
}

/* "127.0.0.1:8080", "[::1]:8080". */
static bool parse_listen(const char *text, size_t n, struct console_listen *ret)
{
	char copy[CONSOLE_ADDRESS_MAX + 16], *address = copy, *colon, *end;
	struct in6_addr unused;
	unsigned long port;
	int family = AF_INET;

	if (n >= sizeof(copy))
		return false;
	memcpy(copy, text, n);
	copy[n] = '\0';
	colon = strrchr(copy, ':');
	if (!colon || strspn(colon + 1, "0123456789") != strlen(colon + 1) || !colon[1])
		return false;
	*colon = '\0';
	if (*address == '[') {
		if (colon[-1] != ']')
			return false;
		colon[-1] = '\0';
		address++;
		family = AF_INET6;
	}
	port = strtoul(colon + 1, &end, 10);
	if (port < 1 || port > 65535 || inet_pton(family, address, &unused) != 1)
		return false;
	snprintf(ret->address, sizeof(ret->address), "%.*s", (int) sizeof(ret->address) - 1,
		address);
	ret->port = (unsigned) port;
	return true;
}

int console_settings_listen(
	const struct console_settings *s, struct console_listen *ret, char *bad, size_t bad_size)
{
	const char *list = s->listen, *word;
	size_t n;
	int count = 0;

	while ((word = words_next(&list, &n))) {
		if (count == CONSOLE_LISTEN_MAX)
			return -E2BIG;
		if (!parse_listen(word, n, &ret[count])) {
			snprintf(bad, bad_size, "%.*s", (int) n, word);
			return -EINVAL;
		}
		count++;
	}
	return count;
}

const char **console_words(const char *words)
{
	const size_t size = strlen(words) + 1, max = size / 2 + 2;
	/* The array, and behind it the texts. */
	const char **ret = malloc(max * sizeof(*ret) + size);
	char *text;
	const char *word;
	size_t n, count = 0;

	if (!ret)
		return NULL;
	text = (char *) (ret + max);
	while ((word = words_next(&words, &n))) {
		memcpy(text, word, n);
		text[n] = '\0';
		ret[count++] = text;
		text += n + 1;
	}
	ret[count] = NULL;
	return ret;
}

static int read_secret(const char *path, size_t max, char **ret, char *why, size_t why_size)
{
	int r = file_read(path, max, ret, NULL);

	if (r < 0)
		snprintf(why, why_size, "%s: %s", path, strerror(-r));
	return r;
}

static int expand(const char *text, char **ret, char *why, size_t why_size)
{
	return url_expand(text, console_settings_lookup, NULL, ret, why, why_size);
}

int console_settings_pem(const char *setting, char **ret, char *why, size_t why_size)
{
	if (!*setting) {
		*ret = NULL;
		return 0;
	}
	if (*setting == '/')
		return read_secret(setting, CONSOLE_PEM_MAX, ret, why, why_size);
	return expand(setting, ret, why, why_size);
}

int console_settings_token(const struct console_token *t, char **ret, char *why, size_t why_size)
{
	char *text;
	int r;

	if (!*t->file)
		return expand(t->token, ret, why, why_size);
	r = read_secret(t->file, TOKEN_FILE_MAX, &text, why, why_size);
	if (r < 0)
		return r;
	for (size_t n = strlen(text); n > 0 && strchr(" \t\r\n", text[n - 1]); n--)
		text[n - 1] = '\0';
	*ret = text;
	return 0;
}
