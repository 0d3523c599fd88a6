/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/hmac.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdint.h>
#include <stdio.h>

int hmac_sha256_hex(
	const void *key, size_t key_size, const void *data, size_t size, char ret[HMAC_HEX_SIZE])
{
	uint8_t digest[32];

	if (gnutls_hmac_fast(GNUTLS_MAC_SHA256, key, key_size, data, size, digest) < 0)
		return -EIO;
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(ret + 2 * i, 3, "%02x", digest[i]);
	return 0;
}
