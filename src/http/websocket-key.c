/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "http/websocket-key.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define KEY_LENGTH 24 /* 16 bytes in base64 */

int websocket_key_accept(const char *key, char ret[WEBSOCKET_ACCEPT_SIZE])
{
	char text[KEY_LENGTH + sizeof(GUID)];
	uint8_t digest[20];
	gnutls_datum_t raw = { digest, sizeof(digest) }, encoded;

	if (strlen(key) != KEY_LENGTH)
		return -EINVAL;
	snprintf(text, sizeof(text), "%s" GUID, key);
	if (gnutls_hash_fast(GNUTLS_DIG_SHA1, text, strlen(text), digest) < 0 ||
		gnutls_base64_encode2(&raw, &encoded) < 0)
		return -EINVAL;
	snprintf(ret, WEBSOCKET_ACCEPT_SIZE, "%.*s", (int) encoded.size, (char *) encoded.data);
	gnutls_free(encoded.data);
	return 0;
}
