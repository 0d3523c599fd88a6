/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A short list of who has which name, one line each: "NAME WHERE NOTE". Used twice, see
 * udev/card-assign.h. Pure; the caller owns it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "udev/card-name.h"

/* When all are taken, the line that was added or moved longest ago goes. */
#define CARD_REGISTER_MAX 256
#define CARD_WHERE_MAX 512
#define CARD_NOTE_MAX 16
#define CARD_REGISTER_BYTES (CARD_REGISTER_MAX * (CARD_NAME_MAX + CARD_WHERE_MAX + CARD_NOTE_MAX))

struct card_line {
	char name[CARD_NAME_MAX];
	char where[CARD_WHERE_MAX];
	char note[CARD_NOTE_MAX];
};

struct card_register {
	struct card_line lines[CARD_REGISTER_MAX];
	size_t n;
	bool changed; /* since it was read */
};

/* Adds what the text says; lines that are not understood, such as comments, are left out. */
void card_register_parse(struct card_register *r, const char *text);

/* Returns the length; size is CARD_REGISTER_BYTES at least. */
size_t card_register_format(const struct card_register *r, char *ret, size_t size);

struct card_line *card_register_find(struct card_register *r, const char *name);
struct card_line *card_register_find_where(struct card_register *r, const char *where);

/* Adds the name, or changes what was there. Words without white space; too long ones are cut. */
void card_register_set(
	struct card_register *r, const char *name, const char *where, const char *note);

/* A line of r; later ones move up. */
void card_register_remove(struct card_register *r, struct card_line *line);
