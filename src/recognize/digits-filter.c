/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/digits-filter.h"

#include <math.h>
#include <string.h>

#define STEADY 0.05 /* change of contrast between two pictures of a number that stays */

static void begin(struct digits_filter *f, const char *seen)
{
	memset(f->agreed, 0, sizeof(f->agreed));
	memset(f->counts, 0, sizeof(f->counts));
	memset(f->unread, 0, sizeof(f->unread));
	memset(f->agreed, DIGITS_UNSURE, strlen(seen));
}

/* Whether no digit is another one. */
static bool agrees(const char *agreed, const char *seen)
{
	for (; *agreed && *seen; agreed++, seen++)
		if (*agreed != *seen && *agreed != DIGITS_UNSURE && *seen != DIGITS_UNSURE)
			return false;
	return *agreed == *seen;
}

static void count_digit(struct digits_filter *f, int i, char seen)
{
	int need = MAX(f->need, 1);

	if (seen != DIGITS_UNSURE) {
		f->agreed[i] = seen;
		f->counts[i] = MIN(f->counts[i] + 1, need);
		f->unread[i] = 0;
	} else if (f->counts[i] < need || ++f->unread[i] > FILTER_HOLD) {
		/* What it was still counts against another digit. */
		f->counts[i] = 0;
	}
}

bool digits_filter_push(struct digits_filter *f, const struct digits_reading *r)
{
	const char *seen = r->sure ? r->text : r->seen;
	bool steady = fabs(r->contrast - f->contrast) < STEADY * f->contrast, all = true;

	if (f->need <= 1 || !steady || !agrees(f->agreed, seen))
		begin(f, seen);
	f->contrast = r->contrast;
	for (int i = 0; seen[i]; i++) {
		count_digit(f, i, seen[i]);
		all = all && f->counts[i] >= f->need;
	}
	f->shown = r->sure && *seen && all;
	if (!f->shown || strcmp(f->text, r->text) == 0)
		return false;
	memcpy(f->text, r->text, sizeof(f->text));
	return true;
}
