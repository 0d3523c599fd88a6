/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What settings must hold together, each finding at the line that is to be changed. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/network.h"
#include "common/url.h"
#include "common/words.h"
#include "console/settings-private.h"
#include "face/access.h"

#define WHY_MAX 256
#define NAME_CHARS "abcdefghijklmnopqrstuvwxyz0123456789_-"
#define HOST_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"

/* A check that is under way. */
struct check {
	const struct console_settings *s;
	const struct conf *c;
	struct conf_report *report;
	bool failed;
};

const char *console_settings_lookup(const char *name, void *userdata)
{
	(void) name;
	(void) userdata;
	return NULL;
}

/* Adds a finding at the line of a setting; list and index as for conf_origin(). */
PRINTF_LIKE(6, 7)
static void find(struct check *k, enum conf_severity severity, const char *list, size_t index,
	const char *path, const char *fmt, ...)
{
	char text[WHY_MAX + 128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	conf_report_setting(k->report, k->c, severity, list, index, path, text);
	k->failed |= severity == CONF_ERROR;
}

#define refuse(k, path, ...) find(k, CONF_ERROR, NULL, 0, path, __VA_ARGS__)
#define refuse_in(k, list, index, path, ...) find(k, CONF_ERROR, list, index, path, __VA_ARGS__)

static void check_listen(struct check *k)
{
	struct console_listen at[CONSOLE_LISTEN_MAX];
	char bad[128];
	int n = console_settings_listen(k->s, at, bad, sizeof(bad));

	if (n == -EINVAL)
		refuse(k, "listen",
			"\"%s\" is no address with a port, such as \"127.0.0.1:8080\", "
			"\"0.0.0.0:8080\" or \"[::1]:8080\"",
			bad);
	if (n == -E2BIG)
		refuse(k, "listen", "must not be more than %d addresses", CONSOLE_LISTEN_MAX);
	if (n == 0)
		refuse(k, "listen", "needs an address with a port");
	for (int i = 0; i < n; i++)
		for (int j = 0; j < i; j++)
			if (at[i].port == at[j].port && strcmp(at[i].address, at[j].address) == 0)
				refuse(k, "listen", "has an address twice");
}

static void check_hosts(struct check *k)
{
	const char *list = k->s->hosts, *word;
	size_t n;

	while ((word = words_next(&list, &n)))
		if (strspn(word, HOST_CHARS) < n)
			refuse(k, "hosts",
				"\"%.*s\" is no name of a host; its port and scheme are not part "
				"of it",
				(int) n, word);
	for (list = k->s->origins; (word = words_next(&list, &n));) {
		size_t scheme = strncmp(word, "https://", 8) == 0  ? 8
				: strncmp(word, "http://", 7) == 0 ? 7
								   : 0;

		if (scheme == 0 || n == scheme || strcspn(word + scheme, "/?#@") < n - scheme)
			refuse(k, "origins",
				"\"%.*s\" must be as browsers send it: \"https://NAME\", with "
				":PORT where it is not the usual one, and no path",
				(int) n, word);
	}
}

static void check_template(
	struct check *k, const char *list, size_t index, const char *path, const char *text)
{
	char why[WHY_MAX];

	if (url_check(text, console_settings_lookup, NULL, why, sizeof(why)) < 0)
		refuse_in(k, list, index, path, "%s; allowed is ${credential:NAME}", why);
}

static void check_pem(struct check *k, const char *path, const char *text)
{
	if (*text && *text != '/' && strncmp(text, "${credential:", 13) != 0)
		refuse(k, path, "must be a path that begins with '/', or ${credential:NAME}");
	else if (*text != '/')
		check_template(k, NULL, 0, path, text);
}

static void check_tls(struct check *k)
{
	const struct console_settings *s = k->s;

	check_pem(k, "tls.certificate", s->tls.certificate);
	check_pem(k, "tls.key", s->tls.key);
	check_pem(k, "tls.client_ca", s->tls.client_ca);
	if (*s->tls.certificate && !*s->tls.key)
		refuse(k, "tls.key", "is needed beside tls.certificate");
	if (!*s->tls.certificate && *s->tls.key)
		refuse(k, "tls.certificate", "is needed beside tls.key");
	if (!*s->tls.certificate && *s->tls.client_ca)
		refuse(k, "tls.client_ca", "needs tls.certificate and tls.key");
}

/* An address, or one with the length of its prefix; the face has the last word about it. */
static bool is_network(const char *text)
{
	struct network unused;

	return network_parse(text, &unused) == 0;
}

static void check_networks(struct check *k)
{
	for (size_t i = 0; i < k->s->n_open_to; i++)
		if (!is_network(k->s->open_to[i].network))
			refuse_in(k, "open_to", i, "network",
				"must be a network such as \"192.168.1.0/24\" or \"fd00::/8\", or "
				"a single address");
}

static void check_token_text(struct check *k, size_t i, const char *token)
{
	size_t n = strlen(token);

	if (strchr(token, '$')) {
		check_template(k, "tokens", i, "token", token);
		return;
	}
	if (n < ACCESS_TOKEN_MIN || n > ACCESS_TOKEN_MAX)
		refuse_in(k, "tokens", i, "token", "must have %d to %d characters",
			ACCESS_TOKEN_MIN, ACCESS_TOKEN_MAX);
	else
		find(k, CONF_WARNING, "tokens", i, "token",
			"stands here for everybody who may read this file; better "
			"${credential:NAME} or file");
}

static void check_token(struct check *k, size_t i)
{
	const struct console_token *t = &k->s->tokens[i];

	if (!isalnum((unsigned char) *t->name) || t->name[strspn(t->name, NAME_CHARS)])
		refuse_in(k, "tokens", i, "name",
			"is needed: a-z, 0-9, '_' and '-', beginning with a-z or 0-9");
	for (size_t j = 0; j < i; j++)
		if (strcmp(t->name, k->s->tokens[j].name) == 0)
			refuse_in(k, "tokens", i, "name", "\"%s\" is the name of tokens[%zu] too",
				t->name, j);
	if (*t->token && *t->file)
		refuse_in(k, "tokens", i, "file", "and token do not go together");
	else if (*t->token)
		check_token_text(k, i, t->token);
	else if (!*t->file)
		refuse_in(k, "tokens", i, "token", "or file is needed");
	else if (*t->file != '/')
		refuse_in(k, "tokens", i, "file", "must be a path that begins with '/'");
}

int console_settings_check(
	const struct console_settings *s, const struct conf *c, struct conf_report *report)
{
	struct check k = { .s = s, .c = c, .report = report };

	check_listen(&k);
	check_hosts(&k);
	check_tls(&k);
	check_networks(&k);
	for (size_t i = 0; i < s->n_tokens; i++)
		check_token(&k, i);
	if (s->limits.per_address > s->limits.clients)
		refuse(&k, "limits.per_address", "must not be more than limits.clients");
	return k.failed ? -EINVAL : 0;
}
