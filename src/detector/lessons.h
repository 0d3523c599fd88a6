/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Learnt digits as a file beside the references, FOLDER/digits.json: what the daemon found out from
 * the live picture, so that it need not do so after each start, and another card not at all. It
 * keeps no result of learning but what was learnt from: small pictures of a number and what it
 * shows there, as they were seen. So a picture of one size serves every other one, as with
 * references, and what a later version makes of them is its own affair:
 *
 *	{ "format": 1, "version": 1, "numbers": { "CREDIT": {
 *	    "screen": [ 640, 480 ], "rect": [ 130, 428, 125, 44 ],	as in the rules
 *	    "pictures": [ { "shows": "123456", "size": [ 152, 72 ], "rect": [ 14, 14, 125, 44 ],
 *	        "limited": true, "grey": "…" }, … ] }, … } }
 *
 * "rect" is where the number stands in the picture, "limited" whether black is 16, "grey" its
 * samples in base64. "version" tells how pictures are cut out (LESSONS_VERSION). What was learnt
 * for a number that the rules do not have, or have elsewhere, is void.
 *
 * What is in a file is believed less than references with known numbers: it is taught after them
 * and as by somebody who may err, so what contradicts them teaches nothing.
 *
 * Bounded: LESSONS_EACH pictures of each character, LESSONS_BYTES_MAX all together. One thread at a
 * time for each object; blocks where a path is given.
 */
#pragma once

#include <stddef.h>

#include "common/cleanup.h"
#include "recognize/crop.h"
#include "recognize/recogniser.h"

#define LESSONS_FILE "digits.json"
#define LESSONS_FORMAT 1
#define LESSONS_VERSION 1
#define LESSONS_EACH 2              /* pictures that show a character; what teaches none is left */
#define LESSONS_MAX 24              /* pictures of a number: enough for each of 0-9 , . */
#define LESSONS_BYTES_MAX (4 << 20) /* of samples; each number of the rules has its share */
#define LESSONS_TEXT_MAX (8 << 20)  /* bytes of a file */
#define LESSONS_WHY_SIZE 256

struct lesson {
	struct crop crop;
	char text[DIGITS_MAX + 1];
};

struct lessons;

/* None yet. The rules must outlive it. 0, -ENOMEM. */
int lessons_new(struct lessons **ret, const struct rules *rules);
struct lessons *lessons_free(struct lessons *l);
DEFINE_CLEANUP(struct lessons *, lessons_free)

/* Of a file's text. 0; -EBADMSG: broken; -ENOTSUP: of another format or version; -EFBIG; -ENOMEM;
 * why gets one line without control characters. */
int lessons_parse(struct lessons **ret, const struct rules *rules, const char *text, size_t size,
	char *why, size_t why_size);

/* Of the folder's file, which may be missing: 0 and none. The folder stays open: what is written
 * later goes into this one, and not into another one that has taken its name (a game pack's). Else
 * as lessons_parse(), or why it cannot be read. */
int lessons_open(struct lessons **ret, const struct rules *rules, const char *folder, char *why,
	size_t why_size);
/* None, as if the folder had no such file; one that is there is kept as digits.json.refused when
 * another one is written. */
int lessons_open_anew(struct lessons **ret, const struct rules *rules, const char *folder);

/* Keeps a copy. 0; -EALREADY: nothing in it that is not there often enough; -ENOSPC; -EFBIG: too
 * large a picture; -EINVAL: no number's text; -ENOMEM. */
int lessons_add(
	struct lessons *l, int number, const struct grey *picture, struct rect r, const char *text);

/* In the order they were added. */
int lessons_count(const struct lessons *l, int number);
const struct lesson *lessons_get(const struct lessons *l, int number, int i);
void lessons_remove(struct lessons *l, int number, int i);

/* Bit n: the digit n is in them. */
unsigned lessons_digits(const struct lessons *l, int number);

/* A number of the file that these rules have not, or elsewhere; NULL: there is none. */
const char *lessons_left_out(const struct lessons *l);

/* Teaches all of them to r, as guesses. What contradicts is told, and goes. 0, -ENOMEM. */
int lessons_teach(struct lessons *l, struct recogniser *r,
	void (*refused)(const char *why, void *userdata), void *userdata);

/* As a file's text, the same for the same lessons; the caller frees. NULL: no memory. */
char *lessons_format(const struct lessons *l, size_t *ret_size);

/* What shall be written, apart from the lessons, so that they can be used meanwhile. Any thread. */
struct lessons_image {
	char *text;
	size_t size;
	char *folder; /* its name; for a message as well */
	int fd;       /* the folder; -1: it was not there */
	bool refused; /* there is a file that must be kept */
};

/* Of lessons that were opened. The first one keeps what was refused. 0, -ENOMEM, -EMFILE … */
int lessons_image(struct lessons *l, struct lessons_image *ret);
/* Replaces the file, atomically; makes the folder when it was not there, and still is not. */
int lessons_image_write(struct lessons_image *i);
/* That folder is the lessons' from then on. */
void lessons_image_done(struct lessons *l, struct lessons_image *i);
void lessons_image_deinit(struct lessons_image *i);
