/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may do what: tokens, networks, client certificates. Pure but for reading token files when it
 * is made; any thread, one at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/cleanup.h"

struct sockaddr;

/* Flags. Those who operate or teach may view. */
enum access_role {
	ACCESS_VIEW = 1 << 0,
	ACCESS_OPERATE = 1 << 1,
	ACCESS_TEACH = 1 << 2,
};

#define ACCESS_ALL (ACCESS_VIEW | ACCESS_OPERATE | ACCESS_TEACH)
#define ACCESS_TOKENS_MAX 64
#define ACCESS_NETWORKS_MAX 64
#define ACCESS_TOKEN_MIN 16 /* characters: a shorter one could be guessed */
#define ACCESS_TOKEN_MAX 512
#define ACCESS_NAME_MAX 64
#define ACCESS_SESSION_SIZE 65 /* of the text of a session, NUL included */

struct access;

/* Without anything added nobody gets in. */
int access_new(struct access **ret);
struct access *access_free(struct access *a);
DEFINE_CLEANUP(struct access *, access_free)

/* "view", "operate", "teach"; 0 for another word. */
unsigned access_role_of(const char *word);

/* Whoever has the token has the roles. Copied, and wiped when freed. -EINVAL: too short, too long,
 * or with bytes that no header can carry; -EEXIST: that name or token is there; -E2BIG. */
int access_add_token(struct access *a, const char *name, const char *token, unsigned roles);

/* "192.168.43.0/24", "::1" …: whoever comes from there has the roles. -EINVAL: no network;
 * -E2BIG. */
int access_add_network(struct access *a, const char *network, unsigned roles);

/* Roles of whoever has a certificate that the client_ca has signed; 0: none. */
void access_set_certificate_roles(struct access *a, unsigned roles);

/* Could anybody get in? */
bool access_is_open(const struct access *a);

struct access_claim {
	const struct sockaddr *peer; /* NULL: a Unix socket, which lets in whoever may open it */
	const char *token;           /* NULL: none */
	const char *session;         /* text of a cookie; NULL: none */
	const char *certificate;     /* verified name; NULL: none */
};

enum access_by {
	ACCESS_BY_NONE,
	ACCESS_BY_SOCKET,
	ACCESS_BY_TOKEN,
	ACCESS_BY_CERTIFICATE,
	ACCESS_BY_NETWORK,
};

struct access_grant {
	unsigned roles; /* 0: nothing is allowed */
	enum access_by by;
	char name[ACCESS_NAME_MAX]; /* of the token, the network or the certificate; "" */
};

/* What the claim is good for, all of it taken together. Tokens and sessions are compared in a time
 * that does not tell how much of one fits. */
void access_check(
	const struct access *a, const struct access_claim *claim, struct access_grant *ret);

const char *access_by_name(enum access_by by); /* "none", "socket" … */

/* The text of a session for the holder of a token: an HMAC, nothing is kept, and it ends with the
 * token. -ENOENT: there is no such token. */
int access_session(const struct access *a, const char *token, char ret[ACCESS_SESSION_SIZE]);
