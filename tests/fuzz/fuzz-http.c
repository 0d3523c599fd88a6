/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whatever comes to a port: heads, paths, queries, headers, bodies, one request after another. What
 * is answered is HTTP, and never a word of what only the token opens. */
#include <string.h>

#include "common/cleanup.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/web-peer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(freep) char *answer = NULL;
	size_t n;

	web_peer_start();
	answer = web_peer_talk(data, size, &n);
	must(n == 0 || (n > 12 && memcmp(answer, "HTTP/1.", 7) == 0));
	must(!memmem(answer, n, WEB_PEER_TOKEN, strlen(WEB_PEER_TOKEN)) ||
		memmem(data, size, WEB_PEER_TOKEN, strlen(WEB_PEER_TOKEN)));
	return 0;
}
