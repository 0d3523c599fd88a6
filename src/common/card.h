/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A card's name: [a-z][a-z0-9_]*, at most 31 bytes. The same text is the instance of its service, a
 * part of file and bus names, and a field in the journal, so that everybody has to mean the same.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define CARD_NAME_MAX 32 /* with the end */
#define CARD_UNIT_BEGIN "egm-streamer@"
#define CARD_UNIT_END ".service"
#define CARD_UNITS CARD_UNIT_BEGIN "*" CARD_UNIT_END /* all of them, as systemd takes patterns */
#define CARD_UNIT_MAX (sizeof(CARD_UNITS) + CARD_NAME_MAX)

static inline bool card_is_name(const char *text)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return *text >= 'a' && *text <= 'z' && !text[n] && n < CARD_NAME_MAX;
}

/* The unit of a card's service. Returns ret. */
static inline const char *card_unit(const char *card, char ret[static CARD_UNIT_MAX])
{
	snprintf(ret, CARD_UNIT_MAX, CARD_UNIT_BEGIN "%.*s" CARD_UNIT_END, CARD_NAME_MAX - 1, card);
	return ret;
}

/* Which card's unit it is; false: it is another one. */
static inline bool card_of_unit(const char *unit, char ret[static CARD_NAME_MAX])
{
	const size_t begin = strlen(CARD_UNIT_BEGIN), end = strlen(CARD_UNIT_END), n = strlen(unit);
	char name[CARD_NAME_MAX];

	if (n <= begin + end || n - begin - end >= sizeof(name) ||
		strncmp(unit, CARD_UNIT_BEGIN, begin) != 0 ||
		strcmp(unit + n - end, CARD_UNIT_END) != 0)
		return false;
	memcpy(name, unit + begin, n - begin - end);
	name[n - begin - end] = '\0';
	if (!card_is_name(name))
		return false;
	memcpy(ret, name, sizeof(name));
	return true;
}
