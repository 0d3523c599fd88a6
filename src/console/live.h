/* SPDX-License-Identifier: GPL-2.0-or-later */
/* WebSockets through the console to the cards: the card shakes hands, and then bytes go both ways.
 */
#pragma once

#include <stddef.h>

#include "common/cleanup.h"
#include "http/request.h"

#define LIVES_CARD_MAX 256 /* to one card at once */

struct lives;
struct loop;

int lives_new(struct lives **ret, struct loop *loop);

/* All servers whose requests came here are to be freed before. */
struct lives *lives_free(struct lives *l);
DEFINE_CLEANUP(struct lives *, lives_free)

/* Answers the request, which wants a WebSocket, or defers it. card: for words. Returns what an
 * answer does. */
int lives_open(struct lives *l, struct http_request *q, const char *card, const char *socket,
	const char *target);

size_t lives_count(const struct lives *l);
