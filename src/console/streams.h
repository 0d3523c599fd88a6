/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The original's view of a machine: streams that go by what they are for, and one recogniser. Which
 * card that is, of those in the list. Pure; the owner's thread.
 */
#pragma once

#include <stddef.h>

#include "console/cards.h"

#define STREAMS_NAME_MAX (CARDS_WORD_MAX + CARD_NAME_MAX)

/* The stream's name of the i-th card, into buf: its role; of those with the same role the first one
 * has it, the others go by their cards, and if that is a stream already by both. Returns buf. */
const char *streams_name(const struct cards *cards, size_t i, char buf[STREAMS_NAME_MAX]);

/* NULL: there is none of that name. */
const struct card *streams_find(const struct cards *cards, const char *name);

/* The card that recognises the screen: the first one that does, rather one that is there than one
 * that is away; else the first that is there; NULL: there are no cards. */
const struct card *streams_recogniser(const struct cards *cards);

/* The card whose picture is asked for: of the role game, else the recogniser, with the same rules.
 */
const struct card *streams_picture(const struct cards *cards);
