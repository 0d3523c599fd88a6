/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers in fonts that nobody has taught, read by tesseract. It takes tens of milliseconds for one
 * number and it errs, so it never decides what a number is: it only proposes what digits are learnt
 * from (digits-guess.h). The library is loaded when it is needed; without it, or without its data
 * for English, the program does all else. One thread for each object; blocks.
 */
#pragma once

#include <stddef.h>

#include "common/cleanup.h"
#include "recognize/digits.h"
#include "recognize/grey.h"

struct ocr;

/* 0; -ENOENT: the library or its data is missing or of another version; -ENOMEM. why gets one line.
 */
int ocr_new(struct ocr **ret, char *why, size_t why_size);
struct ocr *ocr_free(struct ocr *o);
DEFINE_CLEANUP(struct ocr *, ocr_free)

struct ocr_text {
	char text[DIGITS_MAX + 1]; /* of 0-9 , . without spaces; "" for none */
	double confidence;         /* 0 … 1, of the worst character */
};

/* Reads the rectangle as one line. 0; -EINVAL when there is nothing to look at; -EIO. */
int ocr_read(struct ocr *o, const struct grey *g, struct rect r, struct ocr_text *ret);
