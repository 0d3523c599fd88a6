/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TCP peers that misbehave, on a free port of the loopback, each in a thread of its own. */
#pragma once

enum peer_kind {
	PEER_SILENT,  /* accepts and never says a word */
	PEER_RESETS,  /* accepts and resets a moment later */
	PEER_CRAWLS,  /* reads a byte at a time, seldom */
	PEER_SPEAKS,  /* answers an RTMP publisher's handshake, then never reads again */
	PEER_LISTENS, /* … and reads all, one client at a time */
	PEER_REFUSES  /* nobody listens */
};

struct peer;

struct peer *peer_new(enum peer_kind kind);

/* rtmp://127.0.0.1:PORT/live/key; lives as long as the peer. */
const char *peer_url(const struct peer *p);

/* Connections accepted up to now. */
int peer_accepted(struct peer *p);
void peer_free(struct peer *p);
