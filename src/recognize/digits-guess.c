/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which pictures agree depends on which is believed first, so each takes its turn: what it teaches
 * judges the others, one after the other. There are few of them, and it happens seldom.
 */
#include "recognize/digits-guess.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHARACTERS "0123456789.,"

struct guess {
	struct crop crop;
	char text[DIGITS_MAX + 1];
	bool agrees;   /* with the others */
	bool believed; /* … and each character has witnesses */
	bool told;
};

struct guesses {
	int n;
	struct guess guesses[GUESSES_MAX]; /* oldest first */
};

int guesses_new(struct guesses **ret)
{
	struct guesses *g = calloc(1, sizeof(*g));

	if (!g)
		return -ENOMEM;
	*ret = g;
	return 0;
}

struct guesses *guesses_free(struct guesses *g)
{
	for (int i = 0; g && i < g->n; i++)
		crop_deinit(&g->guesses[i].crop);
	free(g);
	return NULL;
}

static int teach(struct digits *d, const struct guess *guess)
{
	return digits_learn_guess(d, &guess->crop.picture, guess->crop.rect, guess->text);
}

/* Bits of the guesses that agree when the first one is believed first. */
static int find_agreement(const struct guesses *g, int first, unsigned *ret)
{
	_cleanup_(digits_freep) struct digits *d = NULL;
	int r = digits_new(&d);

	*ret = 0;
	for (int i = 0; r >= 0 && i < g->n; i++) {
		int k = (first + i) % g->n;

		r = teach(d, &g->guesses[k]);
		if (r == 0 || r == -ENOSPC)
			*ret |= 1U << k;
		if (r != -ENOMEM)
			r = 0;
		if (i == 0 && !*ret)
			break;
	}
	return r;
}

static int agree(struct guesses *g)
{
	unsigned best = 0, seen = 0;

	for (int i = 0; i < g->n; i++) {
		unsigned bits;
		int r;

		/* Who belongs to a set finds the same one. */
		if (seen >> i & 1)
			continue;
		r = find_agreement(g, i, &bits);
		if (r < 0)
			return r;
		seen |= bits;
		if (__builtin_popcount(bits) > __builtin_popcount(best))
			best = bits;
	}
	for (int i = 0; i < g->n; i++)
		g->guesses[i].agrees = best >> i & 1;
	return 0;
}

/* Whether the first of the guesses with this text. */
static bool is_first(const struct guesses *g, int i)
{
	for (int k = 0; k < i; k++)
		if (g->guesses[k].agrees && strcmp(g->guesses[k].text, g->guesses[i].text) == 0)
			return false;
	return true;
}

/* Whether whoever guesses can read this font: then one number is enough. */
static bool is_proven(const struct guesses *g)
{
	int numbers = 0;

	for (int i = 0; i < g->n; i++) {
		if (!g->guesses[i].agrees)
			return false;
		numbers += is_first(g, i);
	}
	return numbers >= GUESS_PROOF;
}

/* Guesses that do not agree speak against each of their characters. */
static bool has_witnesses(const struct guesses *g, char character, bool proven)
{
	int pictures = 0, numbers = 0, against = 0;

	for (int i = 0; i < g->n; i++) {
		if (!strchr(g->guesses[i].text, character))
			continue;
		pictures += g->guesses[i].agrees;
		numbers += g->guesses[i].agrees && is_first(g, i);
		against += !g->guesses[i].agrees;
	}
	return pictures >= GUESS_PICTURES && (proven || numbers >= GUESS_NUMBERS) &&
	       2 * against <= pictures;
}

static void believe(struct guesses *g)
{
	bool proven = is_proven(g);

	for (int i = 0; i < g->n; i++) {
		struct guess *guess = &g->guesses[i];

		guess->believed = guess->agrees;
		for (const char *p = guess->text; *p && guess->believed; p++)
			guess->believed = has_witnesses(g, *p, proven);
	}
}

/* A place at the end. What agrees with nothing goes first, then what is oldest. */
static struct guess *make_room(struct guesses *g)
{
	int gone = 0;

	if (g->n < GUESSES_MAX)
		return &g->guesses[g->n++];
	for (int i = g->n - 1; i >= 0; i--)
		if (!g->guesses[i].agrees)
			gone = i;
	crop_deinit(&g->guesses[gone].crop);
	memmove(&g->guesses[gone], &g->guesses[gone + 1],
		(size_t) (g->n - 1 - gone) * sizeof(g->guesses[0]));
	return &g->guesses[g->n - 1];
}

/* Whether the picture can be taken apart into the text at all. */
static int check(const struct guess *guess)
{
	_cleanup_(digits_freep) struct digits *d = NULL;
	int r = digits_new(&d);

	return r < 0 ? r : teach(d, guess);
}

int guesses_add(struct guesses *g, const struct grey *picture, struct rect r, const char *text)
{
	struct guess guess = { 0 };
	int count = 0, err;

	if (!*text || strlen(text) > DIGITS_MAX || text[strspn(text, CHARACTERS)])
		return -EINVAL;
	for (int i = 0; i < g->n; i++)
		count += strcmp(g->guesses[i].text, text) == 0;
	if (count >= GUESS_EACH)
		return -EALREADY;
	err = crop_take(&guess.crop, picture, r);
	if (err < 0)
		return err;
	memcpy(guess.text, text, strlen(text));
	err = check(&guess);
	if (err < 0) {
		crop_deinit(&guess.crop);
		return err;
	}
	*make_room(g) = guess;
	err = agree(g);
	believe(g);
	return err;
}

bool guesses_next(struct guesses *g, struct guess_lesson *ret)
{
	for (int i = 0; i < g->n; i++) {
		struct guess *guess = &g->guesses[i];

		if (!guess->believed || guess->told)
			continue;
		guess->told = true;
		*ret = (struct guess_lesson){ &guess->crop, guess->text };
		return true;
	}
	return false;
}

void guesses_rewind(struct guesses *g)
{
	for (int i = 0; i < g->n; i++)
		g->guesses[i].told = false;
}

int guesses_count(const struct guesses *g, int *ret_believed)
{
	int believed = 0;

	for (int i = 0; i < g->n; i++)
		believed += g->guesses[i].believed;
	if (ret_believed)
		*ret_believed = believed;
	return g->n;
}
