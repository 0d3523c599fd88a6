/* SPDX-License-Identifier: GPL-2.0-or-later */
/* URLs with secrets and templates. Pure, any thread. */
#pragma once

#include <stddef.h>

/*
 * A copy fit to be shown: the password of user:password@host, the value of every query parameter but
 * a few known to be harmless (vhost, mode, latency, transtype, pkt_size …), and for rtmp the last
 * path component's stream key become "***"; where a template named the path (see below), the key is
 * the whole query only. Text that is no URL comes back as it is. The caller frees it; NULL: no memory.
 */
char *url_mask(const char *url);

/* url_mask() for every URL inside a longer text, such as a message of a library. Caller frees. */
char *url_mask_text(const char *text);

/* Looks up ${name}; returns a value that lives as long as the call needs it, or NULL. */
typedef const char *(*url_lookup_fn)(const char *name, void *userdata);

/*
 * Expands ${name} and ${credential:NAME}, the latter read from the file NAME in the folder that
 * systemd names in $CREDENTIALS_DIRECTORY (at most 4 KiB, trailing white space cut). "$$" is one "$". An
 * unknown name or a missing credential is -ENOKEY with its name in why. The caller frees *ret.
 */
int url_expand(const char *text, url_lookup_fn lookup, void *userdata, char **ret, char *why,
	size_t why_size);
