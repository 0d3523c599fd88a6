/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/encoder-choice.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Of a picture's time; what is left must do for reading and converting it. */
#define SLOW_PERCENT 90

static void add(struct choice *c, const struct encoder_kind *k)
{
	if (c->n < CHOICE_MAX)
		c->list[c->n++] = (struct choice_candidate){ .kind = k,
			.works = !encoder_kind_is_hardware(k) };
}

static void add_family(struct choice *c, enum encoder_family family, bool hardware)
{
	const struct encoder_kind *k;

	for (size_t i = 0; (k = encoder_kind_at(family, i)); i++)
		if (hardware || !encoder_kind_is_hardware(k))
			add(c, k);
}

int choice_init(struct choice *c, const char *wanted)
{
	const struct encoder_kind *k;

	*c = (struct choice){ .n = 0 };
	if (strcmp(wanted, "auto") == 0 || strcmp(wanted, "hevc") == 0) {
		add_family(c, *wanted == 'a' ? ENCODER_H264 : ENCODER_HEVC, true);
		return 0;
	}
	k = encoder_kind_find(wanted);
	if (!k)
		return -ENOSYS;
	c->named = true;
	add(c, k);
	if (encoder_kind_is_hardware(k))
		add_family(c, k->family, false);
	return 0;
}

bool choice_must_probe(const struct choice *c)
{
	return !c->list[c->at].works;
}

/* The last one stays, whatever is wrong with it. */
static bool give_up(struct choice *c, const char *why)
{
	struct choice_candidate *l = &c->list[c->at];

	if (c->at + 1 >= c->n)
		return false;
	l->bad = true;
	snprintf(l->why, sizeof(l->why), "%s", why);
	c->at++;
	return true;
}

void choice_probed(struct choice *c, int error, const char *why)
{
	if (error < 0)
		(void) give_up(c, why);
	else
		c->list[c->at].works = true;
}

bool choice_trouble(struct choice *c, uint64_t now_usec, const char *why)
{
	struct choice_candidate *l = &c->list[c->at];
	int kept = 0;

	for (int i = 0; i < l->n_troubles; i++)
		if (now_usec - l->troubles[i] < CHOICE_TROUBLE_USEC)
			l->troubles[kept++] = l->troubles[i];
	l->n_troubles = kept;
	if (l->n_troubles < CHOICE_TROUBLES_MAX)
		l->troubles[l->n_troubles++] = now_usec;
	if (l->n_troubles < CHOICE_TROUBLES_MAX)
		return false;
	l->n_troubles = 0;
	return choice_slow(c, why);
}

bool choice_slow(struct choice *c, const char *why)
{
	bool next = give_up(c, why);

	c->demotions += next;
	return next;
}

const char *choice_words(const struct choice *c, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < c->at && used < size; i++) {
		int n = snprintf(buf + used, size - used, "%s%s: %s", i ? "; " : "",
			c->list[i].kind->name, c->list[i].why);

		used += n > 0 ? (size_t) n : 0;
	}
	return buf;
}

void slowness_init(struct slowness *s, unsigned window)
{
	*s = (struct slowness){ .window = window ? window : SLOWNESS_WINDOW };
}

bool slowness_add(struct slowness *s, uint64_t busy_usec, uint64_t period_usec)
{
	uint64_t whole = period_usec * s->window;

	s->pictures++;
	s->busy_usec += busy_usec;
	/* One that takes seconds for a picture need not do so for a whole window of them. */
	if (s->pictures < s->window && s->busy_usec < whole)
		return false;
	s->mean_usec = s->busy_usec / s->pictures;
	if (s->mean_usec * 100 > period_usec * SLOW_PERCENT)
		s->slow_windows++;
	else
		s->slow_windows = 0;
	s->pictures = 0;
	s->busy_usec = 0;
	return s->slow_windows >= 2;
}
