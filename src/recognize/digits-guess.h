/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From guesses to lessons: somebody who errs now and then (OCR) says what is to be read in some
 * pictures of a number. The largest set of them that agree is believed: in it every character looks
 * like itself and unlike the others, as in a fixed font it must. A picture becomes a lesson once
 * each of its characters has been named in GUESS_PICTURES of that set, under different numbers, and
 * few others contradict. A fault that comes back with the same number is no agreement, unless
 * nobody has erred yet in GUESS_PROOF numbers.
 *
 * Pure; one thread for each object. Bounded: GUESSES_MAX small pictures.
 */
#pragma once

#include "recognize/crop.h"
#include "recognize/digits.h"

#define GUESSES_MAX 16
#define GUESS_PICTURES 2 /* that must name a character … */
#define GUESS_NUMBERS 2  /* … under so many different numbers */
#define GUESS_PROOF 4    /* numbers without a contradiction after which one is enough */
#define GUESS_EACH 2     /* pictures of one number that are of use */

struct guesses;

int guesses_new(struct guesses **ret);
struct guesses *guesses_free(struct guesses *g);
DEFINE_CLEANUP(struct guesses *, guesses_free)

/* Somebody reads text in the rectangle of the picture, of which a copy is kept. 0; -EALREADY when
 * there are enough of this number; -EBADMSG when it cannot be taken apart into such a text; -EFBIG;
 * -EINVAL for a text that is no number; -ENOMEM. */
int guesses_add(struct guesses *g, const struct grey *picture, struct rect r, const char *text);

struct guess_lesson {
	const struct crop *crop;
	const char *text;
};

/* The next lesson that can be believed and has not been told yet; valid until the next call of
 * guesses_add(). For digits_learn_guess(). Returns whether there is one. */
bool guesses_next(struct guesses *g, struct guess_lesson *ret);

/* Tells all lessons again, to somebody new. */
void guesses_rewind(struct guesses *g);

/* How many pictures are in it, and how many of them are believed. */
int guesses_count(const struct guesses *g, int *ret_believed);
