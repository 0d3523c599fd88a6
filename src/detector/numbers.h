/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers whose font nobody has taught: while some digits are not known, parts of the live picture
 * in which a number stands still and cannot be read are handed to the thread "numbers", which has
 * tesseract read them; what it says in several pictures alike becomes lessons (digits-guess.h), and
 * the recogniser's thread learns those between two pictures. So OCR never decides what a number is,
 * and never delays a decision. It is tried at most twice for what is to be seen, and less and less
 * often when it leads to nothing.
 *
 * Somebody who knows what is shown can say so: that is learnt as it is.
 *
 * What has been learnt is kept in the file of the lessons (lessons.h) that it was given, where
 * there are any, so that it is known after a restart. The thread "numbers" writes it, at once the
 * first time, then every NUMBERS_SAVE_USEC at most, and at the end.
 */
#pragma once

#include <stdint.h>

#include "detector/lessons.h"
#include "detector/ocr.h"
#include "recognize/recogniser.h"

#define NUMBERS_SAVE_USEC (UINT64_C(30) * 1000000)

struct numbers_settings {
	const struct rules *rules; /* must outlive it */
	/* Reads instead of tesseract, as ocr_read(); NULL: tesseract. On the thread "numbers". */
	int (*read)(void *userdata, const struct grey *g, struct rect r, struct ocr_text *ret);
	/* Hears what becomes of it, in words, with a level of syslog's and the name of the number;
	 * "": of all. On the thread "numbers" or that of numbers_follow(), now and then with a lock
	 * held: short, must not call back. NULL: nobody wants to. */
	void (*said)(void *userdata, int level, const char *number, const char *words);
	void *userdata;
};

struct numbers;

int numbers_new(struct numbers **ret, const struct numbers_settings *settings);

/* Starts the thread. Without it nothing is read but by numbers_work(). */
int numbers_start(struct numbers *n);

/* After each decision, on the thread of the recogniser: hands over what could not be read, and
 * teaches r what has been found out since. Blocks for no longer than a lesson takes. Returns how
 * many digits r knows more than before. */
int numbers_follow(
	struct numbers *n, struct recogniser *r, const struct frame *f, const struct decision *d);

/* A picture to learn from besides the live one: a reference whose number nobody knows. Any thread.
 * 0, -ENOMEM; what cannot be used is passed over. */
int numbers_show(struct numbers *n, const struct frame *picture);

/* Another recogniser takes the place of the one before: all that was found out again. lessons: what
 * it was taught already, of the folder that what will be learnt belongs to; taken over; NULL: as
 * before, at first none. Any thread, never blocks. */
void numbers_again(struct numbers *n, struct lessons *lessons);

/* Somebody says that the number shows text now. It is learnt from the next picture that is
 * followed, or not, and said so. Any thread, never blocks. 0; -ENOENT: no such
 * number; -EINVAL: no number's text; -ENOSPC: too much was told since the last picture. */
int numbers_tell(struct numbers *n, const char *name, const char *text);

/* For who has not started the thread: does here and now what there is to read for it. */
void numbers_work(struct numbers *n);

/* Ends the thread by the monotonic time; -ETIMEDOUT when it had to be abandoned. NULL is fine. */
int numbers_free(struct numbers *n, uint64_t until_usec);
