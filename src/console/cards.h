/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cards of this machine, as their services tell on D-Bus: who is there, what each is for and
 * how it does. A card that goes stays in the list as one that is away, so that who asks for it
 * hears that and not that it never was. Nothing here waits for an answer; what a peer or the bus
 * does costs nobody anything. The loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/card.h"
#include "common/cleanup.h"

#define CARDS_MAX 64
#define CARDS_WORD_MAX 64
#define CARDS_TEXT_MAX 256

struct cards;
struct loop;

struct card {
	char name[CARD_NAME_MAX];
	bool alive;                   /* its service has its name on the bus, and we hear the bus */
	bool known;                   /* … and has told what follows */
	char role[CARDS_WORD_MAX];    /* what was told last, also of one that is away */
	char machine[CARDS_WORD_MAX]; /* likewise */
	char state[CARDS_WORD_MAX];   /* of the service: running, stopped …; "away", "unknown" */
	bool input_live;
	char input_reason[CARDS_TEXT_MAX];
	bool recognises; /* likewise: it has states or numbers to look for */
};

/* changed (may be NULL) is called from the loop after something of a card has. */
int cards_new(
	struct cards **ret, struct loop *loop, void (*changed)(void *userdata), void *userdata);
struct cards *cards_free(struct cards *c);
DEFINE_CLEANUP(struct cards *, cards_free)

/* In the order of their names; valid until the loop goes on. */
size_t cards_count(const struct cards *c);
const struct card *cards_at(const struct cards *c, size_t i);
const struct card *cards_find(const struct cards *c, const char *name); /* NULL: none */

/* Whether the bus has told who is there, and can be heard. */
bool cards_heard(const struct cards *c);

/* Each second: asks those again that have not told anything. */
void cards_tick(struct cards *c);
