/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only place that knows GnuTLS. Pure; any thread. */
#pragma once

#include <stddef.h>

#define HMAC_HEX_SIZE (2 * 32 + 1)

/* HMAC-SHA256 (RFC 2104, RFC 6234) of data, as lower-case hexadecimal digits. 0 or -EIO. */
int hmac_sha256_hex(
	const void *key, size_t key_size, const void *data, size_t size, char ret[HMAC_HEX_SIZE]);
