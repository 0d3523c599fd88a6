/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames of a WebSocket, as a peer sends them that has shaken hands. What comes back are whole
 * frames of a server. */
#include <string.h>

#include "common/cleanup.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/web-peer.h"

static const char head[] = "GET /api/v1/live HTTP/1.1\r\n"
			   "Host: localhost\r\n"
			   "Authorization: Bearer " WEB_PEER_TOKEN "\r\n"
			   "Connection: Upgrade\r\n"
			   "Upgrade: websocket\r\n"
			   "Sec-WebSocket-Version: 13\r\n"
			   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
			   "\r\n";

/* Size of the frame at data, 0: it is not whole. */
static size_t frame_size(const uint8_t *data, size_t size)
{
	size_t begin = 2, n;

	if (size < 2)
		return 0;
	must(!(data[1] & 0x80)); /* not masked */
	must(!(data[0] & 0x70)); /* nothing reserved */
	n = data[1] & 0x7f;
	if (n == 126) {
		if (size < 4)
			return 0;
		n = (size_t) data[2] << 8 | data[3];
		begin = 4;
	}
	must(n != 127); /* there is nothing so long to be said */
	return begin + n <= size ? begin + n : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(freep) char *answer = NULL, *sent = malloc(strlen(head) + size + 1);
	const uint8_t *at;
	const char *body;
	size_t n, frame;

	must(sent);
	web_peer_start();
	memcpy(sent, head, strlen(head));
	memcpy(sent + strlen(head), data, size);
	answer = web_peer_talk(sent, strlen(head) + size, &n);
	must(n > 12 && memcmp(answer, "HTTP/1.1 101", 12) == 0);
	body = memmem(answer, n, "\r\n\r\n", 4);
	must(body);
	at = (const uint8_t *) body + 4;
	n -= (size_t) (body + 4 - answer);
	while ((frame = frame_size(at, n)) > 0) {
		at += frame;
		n -= frame;
	}
	return 0;
}
