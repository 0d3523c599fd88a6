/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "udev/card-register.h"

#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"

#define LINE_MAX_BYTES (CARD_NAME_MAX + CARD_WHERE_MAX + CARD_NOTE_MAX + 3)

static void parse_line(struct card_register *r, const char *line)
{
	char name[CARD_NAME_MAX], where[CARD_WHERE_MAX], note[CARD_NOTE_MAX], more;

	if (sscanf(line, "%31s %511s %15s %c", name, where, note, &more) != 3)
		return;
	if (card_is_name(name))
		card_register_set(r, name, where, note);
}

void card_register_parse(struct card_register *r, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, "\n");
		char line[LINE_MAX_BYTES];

		if (length < sizeof(line)) {
			memcpy(line, text, length);
			line[length] = '\0';
			parse_line(r, line);
		}
		text += length + (text[length] == '\n');
	}
	r->changed = false;
}

size_t card_register_format(const struct card_register *r, char *ret, size_t size)
{
	size_t n = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < r->n; i++) {
		const struct card_line *l = &r->lines[i];
		int length = snprintf(ret + n, size - n, "%s %s %s\n", l->name, l->where, l->note);

		if (length < 0 || (size_t) length >= size - n)
			break;
		n += (size_t) length;
	}
	return n;
}

struct card_line *card_register_find(struct card_register *r, const char *name)
{
	for (size_t i = 0; i < r->n; i++)
		if (!strcmp(r->lines[i].name, name))
			return &r->lines[i];
	return NULL;
}

struct card_line *card_register_find_where(struct card_register *r, const char *where)
{
	for (size_t i = 0; i < r->n; i++)
		if (!strcmp(r->lines[i].where, where))
			return &r->lines[i];
	return NULL;
}

void card_register_remove(struct card_register *r, struct card_line *line)
{
	size_t i = (size_t) (line - r->lines);

	memmove(line, line + 1, (r->n - i - 1) * sizeof(*line));
	r->n--;
	r->changed = true;
}

void card_register_set(
	struct card_register *r, const char *name, const char *where, const char *note)
{
	struct card_line line, *old = card_register_find(r, name);

	snprintf(line.name, sizeof(line.name), "%s", name);
	snprintf(line.where, sizeof(line.where), "%s", where);
	snprintf(line.note, sizeof(line.note), "%s", note);
	if (old && !strcmp(old->where, line.where) && !strcmp(old->note, line.note))
		return;
	if (old)
		card_register_remove(r, old);
	else if (r->n == ARRAY_SIZE(r->lines))
		card_register_remove(r, &r->lines[0]);
	r->lines[r->n++] = line;
	r->changed = true;
}
