/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers in a fixed font: glyphs are learnt from pictures whose number is known, and a region is
 * read by finding glyphs and comparing each with what was learnt. Unsure is said, never guessed.
 * Independent of resolution, brightness, contrast and small shifts. Pure; one thread for each
 * object.
 */
#pragma once

#include "common/cleanup.h"
#include "recognize/grey.h"

#define DIGITS_MAX 16     /* glyphs in a number */
#define DIGITS_UNSURE '?' /* stands for a glyph that is to be seen, but not for sure */

struct digits;

int digits_new(struct digits **ret);
struct digits *digits_free(struct digits *d);
DEFINE_CLEANUP(struct digits *, digits_free)

/* Learns from the rectangle, which shows text (of 0-9 , . and space). 0; -EBADMSG when as many
 * glyphs as it has cannot be told apart there (nothing is learnt then); -ENOSPC when enough is
 * known; -EINVAL for another text; -ENOMEM. */
int digits_learn(struct digits *d, const struct grey *g, struct rect r, const char *text);

/* The same with a text from somebody who may err. -EBADMSG also when a character would look
 * otherwise than the same one beside it or the one that is known: one of both texts is wrong then.
 */
int digits_learn_guess(struct digits *d, const struct grey *g, struct rect r, const char *text);

/* Bit n: the digit n has been learnt. */
unsigned digits_known(const struct digits *d);

struct digits_reading {
	char text[DIGITS_MAX + 1]; /* "" when nothing is to be seen or not sure */
	char seen[DIGITS_MAX + 1]; /* the same with DIGITS_UNSURE for each glyph that is not sure;
				      "" when no whole line of glyphs is to be seen */
	bool sure;
	double confidence; /* 0 … 1, of the worst glyph */
	double contrast;   /* of text to background; 1: as in what was learnt */
};

/* Reads one picture. 0. Allocates nothing. */
int digits_read(
	const struct digits *d, const struct grey *g, struct rect r, struct digits_reading *ret);

/* Does the text look as the format says? "9" stands for any digit, others for themselves; NULL is
 * for all texts. */
bool digits_has_format(const char *text, const char *format);
