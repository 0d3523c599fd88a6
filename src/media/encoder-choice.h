/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which encoder is to be used: a list of candidates, of which each is used until it proves bad, and
 * the last, which is software, for ever. Hardware must be probed first. Pure: it is told what has
 * happened and when. One owner.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/encoder-kind.h"

#define CHOICE_MAX 8
#define CHOICE_WHY_MAX 160
#define CHOICE_WORDS_MAX 400
#define CHOICE_TROUBLES_MAX 2 /* so many within the time, and the next one is used */
#define CHOICE_TROUBLE_USEC (UINT64_C(600) * 1000 * 1000)

struct choice_candidate {
	const struct encoder_kind *kind;
	bool works; /* has been probed, or is software */
	bool bad;
	char why[CHOICE_WHY_MAX]; /* it is bad */
	uint64_t troubles[CHOICE_TROUBLES_MAX];
	int n_troubles;
};

struct choice {
	struct choice_candidate list[CHOICE_MAX];
	size_t n, at;
	bool named;         /* somebody wants the first one, and no other */
	unsigned demotions; /* of what had been in use */
};

/* wanted: "auto" (H.264), "hevc" (the same of HEVC), or the name of an encoder; then only that, and
 * behind hardware the software that makes the same. -ENOSYS: unknown. */
int choice_init(struct choice *c, const char *wanted);

static inline const struct encoder_kind *choice_kind(const struct choice *c)
{
	return c->list[c->at].kind;
}

/* Is the one at hand to be probed before it is used? */
bool choice_must_probe(const struct choice *c);

/* What became of that: 0, or a negative errno with words; then the next one is at hand. */
void choice_probed(struct choice *c, int error, const char *why);

/* The one in use could not be opened, or made nothing but errors. True: the next one is to be used;
 * false: it is to be opened again. */
bool choice_trouble(struct choice *c, uint64_t now_usec, const char *why);

/* The one in use does not keep up. As above. */
bool choice_slow(struct choice *c, const char *why);

/* Why it is this one: what is wrong with those before it, "" when there are none. Returns buf. */
const char *choice_words(const struct choice *c, char *buf, size_t size);

/*
 * Does an encoder keep up? It must have time left over with its pictures, on average over a window
 * of them, two windows in a row: one may be a machine that was busy with something else.
 */
struct slowness {
	unsigned window; /* pictures */
	unsigned pictures, slow_windows;
	uint64_t busy_usec;
	uint64_t mean_usec; /* of the last window */
};

#define SLOWNESS_WINDOW 150

void slowness_init(struct slowness *s, unsigned window);

/* One more picture, which took so long. True: it is too slow. */
bool slowness_add(struct slowness *s, uint64_t busy_usec, uint64_t period_usec);
