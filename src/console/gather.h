/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The same question to several cards at once, and their answers together, each within the time or
 * not at all. The loop's thread; nothing blocks.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/card.h"
#include "common/cleanup.h"
#include "console/cards.h"

struct gather;
struct upstreams;

struct gather_card {
	char card[CARD_NAME_MAX];
	/* 0; else as of upstream's failed(), or -EMSGSIZE: it was too much, or -EREMOTEIO: it was
	 * no 200 */
	int error;
	char *text; /* ends with a zero; NULL on an error */
	size_t size;
};

struct gather_ask {
	const char *run_dir; /* of the folders of cards */
	const char *target;
	uint64_t time_usec; /* for each, all together */
	size_t max;         /* bytes of each answer */
};

/* Asks all of the list. done is called from the loop, also when there is none; cards are in the
 * order of the list. The gather is freed after done, or by gather_free() before. */
int gather_new(struct gather **ret, struct upstreams *all, const struct cards *cards,
	const struct gather_ask *ask,
	void (*done)(struct gather_card *cards, size_t n, void *userdata), void *userdata);
struct gather *gather_free(struct gather *g);
DEFINE_CLEANUP(struct gather *, gather_free)

/* The path of a card's socket, into buf. Returns buf. */
const char *gather_socket(const char *run_dir, const char *card, char *buf, size_t size);
