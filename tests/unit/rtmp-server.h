/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An RTMP server on a free port of the loopback, in a thread, which takes one publisher after the
 * other and does with each what it is told to. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rtmp_server_kind {
	RTMP_SERVER_TAKES,  /* all of it, with window, bandwidth, pings and a question of its own */
	RTMP_SERVER_BUSY,   /* refuses the stream: BadName, with its key in the words */
	RTMP_SERVER_NO_APP, /* refuses the application */
	RTMP_SERVER_REDIRECTS, /* to the URL that is set */
	RTMP_SERVER_KICKS,     /* takes the stream, and says why it ends after the first picture */
	RTMP_SERVER_CLOSES,    /* … without a word */
	RTMP_SERVER_LEAVES,    /* in front of an answer */
	RTMP_SERVER_GARBAGE,   /* instead of one */
	RTMP_SERVER_HUGE,      /* … a message of 16 MiB */
	RTMP_SERVER_WEB,       /* is no RTMP server */
};

struct rtmp_server;

struct rtmp_server *rtmp_server_new(enum rtmp_server_kind kind, const char *redirect);
const char *rtmp_server_url(const struct rtmp_server *s); /* rtmp://127.0.0.1:PORT/live */

/* What the sessions up to now have brought. */
struct rtmp_server_seen {
	int sessions, pictures, blocks, pongs, acks, windows, checks;
	uint32_t sum; /* of all that the pictures and blocks held */
	char app[64], tc_url[64], stream[64];
	bool metadata, unpublished, deleted, ended; /* the peer closed in its turn */
};

/* Waits for the end of the thread, which is when the last session is over. */
void rtmp_server_end(struct rtmp_server *s, struct rtmp_server_seen *ret);
uint32_t rtmp_server_sum(uint32_t sum, const uint8_t *data, size_t size);
