/* SPDX-License-Identifier: GPL-2.0-or-later */
/* URLs with secrets and templates. Any thread; only url_expand() touches a file. */
#pragma once

#include <stddef.h>

/*
 * A copy fit to be shown. What an operator needs is kept, the rest becomes "***":
 *
 *   kept: scheme, user of user:password@, host, port; the path, of rtmp and its kin only the first
 *   component (the application); the names of query parameters; the values of a few that are
 *   known to be harmless (vhost, mode, latency, transtype, pkt_size …).
 *
 *   masked: passwords; a user without a password (it may be a token); every other query value; for
 *   rtmp all that follows the application, since it is a stream key as often as a name; fragments.
 *
 * References of a template such as ${machine} are no secrets and are kept wherever a masked part
 * consists of them alone. A URL whose host and port cannot be told apart from a password with odd
 * characters is masked whole behind its scheme. Text that does not begin with a URL is treated by
 * url_mask_text(), hence text without any comes back as it is. Masking twice changes nothing more.
 * The caller frees the result; NULL: no memory.
 */
char *url_mask(const char *url);

/* url_mask() for every URL inside a longer text, such as a message of a library: a URL ends at
 * white space there. Caller frees; NULL: no memory. */
char *url_mask_text(const char *text);

/* The same for a text that is a secret as a whole: "***", but for one that is empty or consists of
 * references. */
char *url_mask_password(const char *password);

/* Looks up ${name}; returns a value that lives as long as the call needs it, or NULL. */
typedef const char *(*url_lookup_fn)(const char *name, void *userdata);

/*
 * Expands ${name} and ${credential:NAME}, the latter read from the file NAME, or keys_NAME (an
 * entry of a folder that was loaded as "keys"), in the folder that systemd names in
 * $CREDENTIALS_DIRECTORY (at most 4 KiB, trailing white space cut). "$$" is one "$". An unknown
 * name or a missing or unfit credential is -ENOKEY with its name in why, never with its value; "${"
 * without "}" is -EINVAL; a result of 16 KiB or more -E2BIG. The caller frees *ret.
 */
int url_expand(const char *text, url_lookup_fn lookup, void *userdata, char **ret, char *why,
	size_t why_size);

/* Checks a template as url_expand() would, but takes every credential for present: what can be said
 * without being the service. */
int url_check(const char *text, url_lookup_fn lookup, void *userdata, char *why, size_t why_size);
