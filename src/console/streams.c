/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "console/streams.h"

#include <string.h>

static bool has_role(const struct card *c)
{
	return c->role[0] != '\0';
}

/* Is the role that of one before? */
static bool is_second(const struct cards *cards, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (strcmp(cards_at(cards, j)->role, cards_at(cards, i)->role) == 0)
			return true;
	return false;
}

static bool is_role(const struct cards *cards, const char *name)
{
	for (size_t i = 0; i < cards_count(cards); i++)
		if (strcmp(cards_at(cards, i)->role, name) == 0)
			return true;
	return false;
}

const char *streams_name(const struct cards *cards, size_t i, char buf[STREAMS_NAME_MAX])
{
	const struct card *c = cards_at(cards, i);

	if (has_role(c) && !is_second(cards, i))
		snprintf(buf, STREAMS_NAME_MAX, "%s", c->role);
	else if (!is_role(cards, c->name))
		snprintf(buf, STREAMS_NAME_MAX, "%s", c->name);
	else
		snprintf(buf, STREAMS_NAME_MAX, "%s.%s", c->role, c->name);
	return buf;
}

const struct card *streams_find(const struct cards *cards, const char *name)
{
	char buf[STREAMS_NAME_MAX];

	for (size_t i = 0; i < cards_count(cards); i++)
		if (strcmp(streams_name(cards, i, buf), name) == 0)
			return cards_at(cards, i);
	return NULL;
}

static bool recognises(const struct card *c)
{
	return c->recognises;
}

static bool is_game(const struct card *c)
{
	return strcmp(c->role, "game") == 0;
}

/* The first that is fit and there, or fit. */
static const struct card *first(const struct cards *cards, bool (*fits)(const struct card *c))
{
	const struct card *away = NULL;

	for (size_t i = 0; i < cards_count(cards); i++) {
		const struct card *c = cards_at(cards, i);

		if (!fits(c))
			continue;
		if (c->alive)
			return c;
		away = away ? away : c;
	}
	return away;
}

static bool any(const struct card *c)
{
	(void) c;
	return true;
}

const struct card *streams_recogniser(const struct cards *cards)
{
	const struct card *c = first(cards, recognises);

	return c ? c : first(cards, any);
}

const struct card *streams_picture(const struct cards *cards)
{
	const struct card *c = first(cards, is_game);

	return c ? c : streams_recogniser(cards);
}
