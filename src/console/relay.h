/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A request handed on to a card, and its answer handed back, as it comes. The loop's thread. */
#pragma once

#include <stdbool.h>

#include "http/request.h"

struct upstreams;

struct relay_target {
	const char *card;   /* for words */
	const char *socket; /* path */
	const char *target; /* path and query, as they are sent */
	bool lasting;       /* the answer has no end */
	/* Instead of a fault when the card gives no answer: an answer of the caller's own, with the
	 * words of the fault. NULL: the fault. */
	int (*no_answer)(struct http_request *q, const char *words);
};

/* Hands on method, body and the headers that matter; answers, or defers. Returns what an answer
 * does. */
int relay_start(struct upstreams *all, struct http_request *q, const struct relay_target *to);

/* The answer when a card gives none: error as of upstream's failed(), -EBUSY, … */
int relay_fault(struct http_request *q, const char *card, int error);

/* The words of it, into buf. Returns the status. */
unsigned relay_words(const char *card, int error, char *buf, size_t size);
