/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debounce of a number over pictures, digit by digit: a digit is certain once it has been read
 * alike `need` times in a row, and stays so while it cannot be made out for a moment - it blinks,
 * it rolls, there is noise. A number is handed on by a picture in which all of it is read, once
 * each of its digits is certain. So a digit that flickers does not make the others begin anew: not
 * all of them need to be read well at the same time more than once.
 *
 * Digits are counted apart, but never put together: only pictures that agree count, those in which
 * no digit is read otherwise and none is missing. Would the digits that stand stay certain while
 * another one changes, then 1299, 1300 could end as 1200: the 2 was certain, the zeros are new, and
 * one bad look at the 3 completes a number that was never shown. With this rule each digit of what
 * is handed on has been read `need` times in a row since any digit was last read otherwise, and all
 * of it at once in the last picture: no digit gets by with less than if the whole number had to be
 * the same. It costs nothing: the digit that changed needs those pictures anyway.
 *
 * A number that fades in or out is not there yet, or no more: contrast that changes begins anew, as
 * does a picture without a whole line of glyphs. A digit that was not read for more than
 * FILTER_HOLD pictures is not certain any more.
 */
#pragma once

#include "recognize/digits.h"

#define FILTER_HOLD 4 /* pictures in a row in which a digit may be unsure */

struct digits_filter {
	int need; /* readings of a digit in a row; 1 or less: each picture stands for itself */
	char agreed[DIGITS_MAX + 1]; /* by the pictures that count; DIGITS_UNSURE: no digit yet */
	int counts[DIGITS_MAX], unread[DIGITS_MAX]; /* of each of its digits */
	double contrast;                            /* of the picture before */
	char text[DIGITS_MAX + 1];                  /* the answer, which stays; "" for none yet */
	bool shown; /* the picture pushed last shows the answer, for sure */
};

/* Zero it before the first call; need may be another one each time. Returns whether the answer
 * changed. */
bool digits_filter_push(struct digits_filter *f, const struct digits_reading *r);
