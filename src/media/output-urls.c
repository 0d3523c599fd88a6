/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/output-urls.h"

#include "common/cleanup.h"
#include "common/usec.h"

#define EVERY_MAX_USEC (5 * USEC_PER_SEC)
#define EVERY_MIN_USEC (100 * USEC_PER_MSEC)
#define PROBE_MAX_USEC (30 * USEC_PER_SEC)

void output_urls_init(struct output_urls *u, unsigned n, uint64_t backoff_min_usec,
	uint64_t backoff_max_usec, uint64_t hold_usec, uint32_t seed)
{
	*u = (struct output_urls){ .n = n, .factor = 1 };
	for (unsigned i = 0; i < n; i++)
		u->url[i].backoff.seed = seed + i;
	output_urls_set(u, backoff_min_usec, backoff_max_usec, hold_usec);
}

void output_urls_set(struct output_urls *u, uint64_t backoff_min_usec, uint64_t backoff_max_usec,
	uint64_t hold_usec)
{
	u->hold_usec = hold_usec;
	for (unsigned i = 0; i < u->n; i++) {
		u->url[i].backoff.min_usec = backoff_min_usec;
		u->url[i].backoff.max_usec = backoff_max_usec;
	}
}

/* How long a server that is busy is left alone. */
static uint64_t busy_wait(struct output_url *l, uint64_t now_usec)
{
	struct backoff often = { .min_usec = MIN(OUTPUT_BUSY_EVERY_USEC, l->backoff.max_usec),
		.max_usec = OUTPUT_BUSY_EVERY_USEC,
		.seed = l->backoff.seed };
	uint64_t wait;

	if (l->busy_usec == 0)
		l->busy_usec = now_usec;
	if (now_usec - l->busy_usec >= OUTPUT_BUSY_USEC)
		return backoff_next(&l->backoff);
	wait = backoff_next(&often);
	l->backoff.seed = often.seed;
	return wait;
}

/* The first in order behind the one that was lost that may be tried now, else the one that may
 * soon.
 */
static unsigned choose(const struct output_urls *u, uint64_t now_usec)
{
	unsigned best = 0;
	uint64_t soonest = USEC_INFINITY;

	for (unsigned k = 1; k <= u->n; k++) {
		unsigned i = (u->used + k) % u->n;
		uint64_t at = MAX(u->url[i].until_usec, now_usec);

		if (at < soonest) {
			best = i;
			soonest = at;
		}
	}
	return best;
}

uint64_t output_urls_lost(struct output_urls *u, enum output_end end, uint64_t now_usec)
{
	struct output_url *l = &u->url[u->used];
	uint64_t wait = end == OUTPUT_END_BUSY ? busy_wait(l, now_usec) : backoff_next(&l->backoff);

	if (u->used == 0 && u->return_usec && now_usec - u->return_usec < output_urls_hold(u))
		u->factor = MIN(u->factor * 2, OUTPUT_HOLD_FACTOR);
	l->until_usec = now_usec + wait;
	u->used = choose(u, now_usec);
	return MAX(u->url[u->used].until_usec, now_usec);
}

void output_urls_flowed(
	struct output_urls *u, uint64_t flow_usec, uint64_t stable_usec, uint64_t now_usec)
{
	struct output_url *l = &u->url[u->used];

	if (flow_usec >= OUTPUT_BRIEF_USEC)
		l->busy_usec = 0;
	if (flow_usec >= stable_usec) {
		backoff_reset(&l->backoff);
		l->until_usec = 0;
	}
	if (u->used == 0 && (!u->return_usec || now_usec - u->return_usec >= output_urls_hold(u)) &&
		flow_usec >= u->hold_usec)
		u->factor = 1;
}

bool output_urls_spare(const struct output_urls *u, uint64_t now_usec)
{
	for (unsigned i = 0; i < u->n; i++)
		if (i != u->used && u->url[i].until_usec <= now_usec)
			return true;
	return false;
}

uint64_t output_urls_hold(const struct output_urls *u)
{
	return u->hold_usec >= USEC_INFINITY / OUTPUT_HOLD_FACTOR ? USEC_INFINITY
								  : u->hold_usec * u->factor;
}

bool output_urls_returns(const struct output_urls *u, uint64_t good_since_usec, uint64_t now_usec)
{
	uint64_t hold = output_urls_hold(u);

	return u->used > 0 && good_since_usec && hold != USEC_INFINITY &&
	       now_usec >= good_since_usec && now_usec - good_since_usec >= hold;
}

void output_urls_return(struct output_urls *u, uint64_t now_usec)
{
	u->used = 0;
	u->return_usec = now_usec;
}

void output_probing_init(struct output_probing *p, uint64_t hold_usec, uint32_t seed)
{
	uint64_t every = CLAMP(hold_usec / 4, EVERY_MIN_USEC, EVERY_MAX_USEC);

	*p = (struct output_probing){ .every_usec = every,
		.backoff = { .min_usec = every, .max_usec = PROBE_MAX_USEC, .seed = seed } };
}

void output_probing_result(
	struct output_probing *p, bool good, uint64_t begin_usec, uint64_t now_usec)
{
	if (good && !p->good_usec)
		p->good_usec = begin_usec;
	else if (!good)
		p->good_usec = 0;
	if (good)
		backoff_reset(&p->backoff);
	p->next_usec = now_usec + (good ? p->every_usec : backoff_next(&p->backoff));
}
