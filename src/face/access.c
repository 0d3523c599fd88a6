/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "face/access.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdint.h>
#include <string.h>

#include "common/hmac.h"
#include "common/network.h"

#define DIGEST_SIZE 32
#define SESSION_WORDS "egm session 1"

/* Of a token only its digest is kept, and compared: equally long, whatever it was. */
struct token {
	char name[ACCESS_NAME_MAX];
	uint8_t digest[DIGEST_SIZE];
	char session[ACCESS_SESSION_SIZE];
	unsigned roles;
};

struct open_network {
	char name[ACCESS_NAME_MAX];
	struct network network;
	unsigned roles;
};

struct access {
	struct token tokens[ACCESS_TOKENS_MAX];
	struct open_network networks[ACCESS_NETWORKS_MAX];
	unsigned n_tokens, n_networks, certificate_roles;
};

int access_new(struct access **ret)
{
	struct access *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	*ret = a;
	return 0;
}

struct access *access_free(struct access *a)
{
	if (!a)
		return NULL;
	explicit_bzero(a, sizeof(*a));
	free(a);
	return NULL;
}

unsigned access_role_of(const char *word)
{
	static const struct {
		const char *word;
		unsigned role;
	} words[] = {
		{ "view", ACCESS_VIEW },
		{ "operate", ACCESS_OPERATE },
		{ "teach", ACCESS_TEACH },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].role;
	return 0;
}

/* Who may do something may look, too. */
static unsigned whole(unsigned roles)
{
	return roles ? (roles & ACCESS_ALL) | ACCESS_VIEW : 0;
}

static int digest_of(const char *token, uint8_t ret[DIGEST_SIZE])
{
	return gnutls_hash_fast(GNUTLS_DIG_SHA256, token, strlen(token), ret) < 0 ? -EIO : 0;
}

static bool is_sayable(const char *token)
{
	size_t n = strlen(token);

	if (n < ACCESS_TOKEN_MIN || n > ACCESS_TOKEN_MAX)
		return false;
	for (; *token; token++)
		if (*token <= ' ' || *token > '~')
			return false;
	return true;
}

/* Looks at all of them, whether one has been found or not. */
static struct token *find_token(const struct access *a, const uint8_t digest[DIGEST_SIZE])
{
	const struct token *found = NULL;

	for (unsigned i = 0; i < a->n_tokens; i++)
		if (gnutls_memcmp(a->tokens[i].digest, digest, DIGEST_SIZE) == 0)
			found = &a->tokens[i];
	return (struct token *) (uintptr_t) found;
}

static struct token *find_session(const struct access *a, const char *session)
{
	const struct token *found = NULL;

	if (strlen(session) != ACCESS_SESSION_SIZE - 1)
		return NULL;
	for (unsigned i = 0; i < a->n_tokens; i++)
		if (gnutls_memcmp(a->tokens[i].session, session, ACCESS_SESSION_SIZE - 1) == 0)
			found = &a->tokens[i];
	return (struct token *) (uintptr_t) found;
}

int access_add_token(struct access *a, const char *name, const char *token, unsigned roles)
{
	struct token t = { .roles = whole(roles) };
	int r;

	if (a->n_tokens == ACCESS_TOKENS_MAX)
		return -E2BIG;
	if (!is_sayable(token) || strlen(name) >= sizeof(t.name))
		return -EINVAL;
	snprintf(t.name, sizeof(t.name), "%s", name);
	r = digest_of(token, t.digest);
	if (r >= 0)
		r = hmac_sha256_hex(t.digest, sizeof(t.digest), SESSION_WORDS,
			sizeof(SESSION_WORDS) - 1, t.session);
	if (r < 0)
		return r;
	for (unsigned i = 0; i < a->n_tokens; i++)
		if (strcmp(a->tokens[i].name, name) == 0)
			return -EEXIST;
	if (find_token(a, t.digest))
		return -EEXIST;
	a->tokens[a->n_tokens++] = t;
	return 0;
}

int access_add_network(struct access *a, const char *network, unsigned roles)
{
	struct open_network n = { .roles = whole(roles) };

	if (a->n_networks == ACCESS_NETWORKS_MAX)
		return -E2BIG;
	if (strlen(network) >= sizeof(n.name) || network_parse(network, &n.network) < 0)
		return -EINVAL;
	snprintf(n.name, sizeof(n.name), "%s", network);
	a->networks[a->n_networks++] = n;
	return 0;
}

void access_set_certificate_roles(struct access *a, unsigned roles)
{
	a->certificate_roles = whole(roles);
}

bool access_is_open(const struct access *a)
{
	unsigned roles = a->certificate_roles;

	for (unsigned i = 0; i < a->n_tokens; i++)
		roles |= a->tokens[i].roles;
	for (unsigned i = 0; i < a->n_networks; i++)
		roles |= a->networks[i].roles;
	return roles != 0;
}

static const struct open_network *find_network(const struct access *a, const struct sockaddr *peer)
{
	uint8_t address[NETWORK_ADDRESS_SIZE];

	if (!network_address(peer, address))
		return NULL;
	for (unsigned i = 0; i < a->n_networks; i++)
		if (network_has(&a->networks[i].network, address))
			return &a->networks[i];
	return NULL;
}

/* What is asked last names the grant. */
static void add(struct access_grant *g, unsigned roles, enum access_by by, const char *name)
{
	if (!roles)
		return;
	g->roles |= roles;
	g->by = by;
	snprintf(g->name, sizeof(g->name), "%s", name);
}

void access_check(
	const struct access *a, const struct access_claim *claim, struct access_grant *ret)
{
	const struct open_network *n = claim->peer ? find_network(a, claim->peer) : NULL;
	const struct token *t = NULL;
	uint8_t digest[DIGEST_SIZE];

	memset(ret, 0, sizeof(*ret));
	if (!claim->peer) {
		add(ret, ACCESS_ALL, ACCESS_BY_SOCKET, "");
		return;
	}
	if (n)
		add(ret, n->roles, ACCESS_BY_NETWORK, n->name);
	if (claim->certificate)
		add(ret, a->certificate_roles, ACCESS_BY_CERTIFICATE, claim->certificate);
	if (claim->session)
		t = find_session(a, claim->session);
	if (t)
		add(ret, t->roles, ACCESS_BY_TOKEN, t->name);
	t = claim->token && digest_of(claim->token, digest) == 0 ? find_token(a, digest) : NULL;
	if (t)
		add(ret, t->roles, ACCESS_BY_TOKEN, t->name);
}

const char *access_by_name(enum access_by by)
{
	static const char *const names[] = {
		[ACCESS_BY_NONE] = "none",
		[ACCESS_BY_SOCKET] = "socket",
		[ACCESS_BY_TOKEN] = "token",
		[ACCESS_BY_CERTIFICATE] = "certificate",
		[ACCESS_BY_NETWORK] = "network",
	};

	return names[by];
}

int access_session(const struct access *a, const char *token, char ret[ACCESS_SESSION_SIZE])
{
	uint8_t digest[DIGEST_SIZE];
	const struct token *t;

	if (digest_of(token, digest) < 0)
		return -ENOENT;
	t = find_token(a, digest);
	if (!t)
		return -ENOENT;
	memcpy(ret, t->session, ACCESS_SESSION_SIZE);
	return 0;
}
