/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What repeats for ever must not fill the journal. Each thing that is told about (a "subject": the
 * input, one output, one webhook) has a bucket of tokens: a line that is told takes one, a line for
 * which there is none is held back, as LOG_DEBUG, and counted. What was held back last is told as
 * soon as there is a token, so that the journal ends with how things are. Each line says how many
 * were left out before it, in words and as EGM_REPEATS.
 *
 *	trouble      6 lines at once, then one each 20 minutes: at most 9 in the first hour, 3 in
 *	             each hour after it
 *	the screen   what was there for 2 s is news: what follows it is told, and so is what was
 * held back for so long, and nothing is taken; else, and when a card without a signal is the
 * reason, 10 lines at once, then one each 6 minutes: 20, and 10
 *
 * A bucket that is left alone is full again within two hours.
 *
 * Any thread. Nothing blocks for longer than a line to the journal takes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/cleanup.h"

#define REPEATS_SUBJECTS_MAX 64 /* beyond that the one that was quiet for longest is forgotten */
#define REPEATS_FIELDS_MAX 6

/* The rule itself, pure: burst at once, then one each every_usec. */
struct repeats_rule {
	unsigned burst;
	uint64_t every_usec;
	uint64_t full_usec; /* when all tokens are there again; begin with 0 */
};

/* Whether a line may be told now; takes a token if so. Time must not go back. */
bool repeats_may(struct repeats_rule *rule, uint64_t now_usec);

/* Of trouble; what who has no struct repeats may use by itself. */
#define REPEATS_TROUBLE ((struct repeats_rule){ 6, 20 * 60 * UINT64_C(1000000), 0 })

struct repeats;

/* clock: usec_now(), or a test's own. */
int repeats_new(struct repeats **ret, uint64_t (*clock)(void));

/* Tells what is held back. NULL is fine. */
struct repeats *repeats_free(struct repeats *r);
DEFINE_CLEANUP(struct repeats *, repeats_free)

enum repeats_kind {
	REPEATS_OF_TROUBLE,
	REPEATS_OF_SCREEN,
};

struct repeats_line {
	const char *subject; /* copied */
	enum repeats_kind kind;
	bool trouble; /* of the screen, but no news however long it was there */
	int level;
	const char *message_id;    /* by reference, for ever */
	const char *const *fields; /* LOG_FIELDS(…) or NULL; names by reference, for ever, values
				    * copied; at most REPEATS_FIELDS_MAX */
};

/* Something has changed. True: the line was told, not held back. */
bool repeats_tell(struct repeats *r, const struct repeats_line *line, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/* The same as was told, once more: LOG_DEBUG and counted, nothing is held back. */
void repeats_same(struct repeats *r, const struct repeats_line *line, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/* Tells what was held back and may be told now. Each second or so. */
void repeats_tick(struct repeats *r);
