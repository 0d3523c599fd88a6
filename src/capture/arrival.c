/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/arrival.h"

#include <stdbool.h>

#include "common/usec.h"

const char *arrival_name(enum arrival_fact fact)
{
	static const char *const names[_ARRIVAL_MAX] = {
		[ARRIVAL_UNKNOWN] = "unknown",
		[ARRIVAL_OK] = "ok",
		[ARRIVAL_LOW_RATE] = "low",
	};

	return names[fact];
}

static void begin(struct arrival *a, uint64_t count, uint64_t now)
{
	a->usec = now;
	a->count = count;
}

/* The time since which something is so, or 0. */
static uint64_t since(uint64_t before, bool is, uint64_t window_began)
{
	return !is ? 0 : before ? before : window_began;
}

static bool lasts(uint64_t since_usec, uint64_t now, uint64_t bound)
{
	return since_usec && now - since_usec >= bound;
}

static void decide(struct arrival *a, uint64_t began, uint64_t now)
{
	a->low_usec = since(a->low_usec, a->measured < a->promised * ARRIVAL_LOW, began);
	a->good_usec = since(a->good_usec, a->measured > a->promised * ARRIVAL_GOOD, began);
	if (a->measured <= 0) {
		a->fact = ARRIVAL_UNKNOWN;
		a->low_usec = 0;
	} else if (lasts(a->low_usec, now, ARRIVAL_LOW_USEC)) {
		a->fact = ARRIVAL_LOW_RATE;
	} else if (a->fact != ARRIVAL_LOW_RATE || lasts(a->good_usec, now, ARRIVAL_GOOD_USEC)) {
		a->fact = ARRIVAL_OK;
	}
}

enum arrival_fact arrival_push(
	struct arrival *a, uint64_t count, uint64_t opens, double promised, uint64_t now_usec)
{
	uint64_t began = a->usec;
	double elapsed = (double) (now_usec - began) / USEC_PER_SEC;

	if (began == 0 || opens != a->opens || count < a->count || promised <= 0 ||
		promised != a->promised) {
		*a = (struct arrival){ .opens = opens, .promised = promised };
		begin(a, count, now_usec);
		return a->fact;
	}
	if (now_usec - began < ARRIVAL_WINDOW_USEC || elapsed * promised < ARRIVAL_WINDOW_PICTURES)
		return a->fact;
	a->measured = (double) (count - a->count) / elapsed;
	begin(a, count, now_usec);
	decide(a, began, now_usec);
	return a->fact;
}
