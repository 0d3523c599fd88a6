/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/bitrate.h"

#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/usec.h"

#define STANDING_USEC (800 * USEC_PER_MSEC)
#define RATE_USEC USEC_PER_SEC             /* over which the throughput is measured at least */
#define LUMPS 3                            /* … and so many steps of it */
#define SETTLE_USEC (1200 * USEC_PER_MSEC) /* until a fall shows */
#define DRAINING_USEC (8 * USEC_PER_SEC)   /* for so long a fall explains what still waits */
#define ENOUGH 0.8                         /* of what goes through is made: what waits goes away */
#define DRAIN_SEC 3.                       /* in which what waits is to be gone */
#define STEP_USEC (2 * USEC_PER_SEC)       /* between two rises */
#define PROVEN_USEC (5 * USEC_PER_SEC)     /* a rate that works for so long works */
#define WAIT_MIN_USEC (4 * USEC_PER_SEC)
#define WAIT_MAX_USEC (60 * USEC_PER_SEC)
#define BLAME_USEC (15 * USEC_PER_SEC) /* a fall so soon after a rise is due to it */
#define BASE_USEC (10 * USEC_PER_SEC)
#define MEMORY_USEC (60 * USEC_PER_SEC)
#define EPISODE_USEC (10 * USEC_PER_SEC)
#define HIGH_MIN_USEC (60 * USEC_PER_MSEC)
#define HIGH_MAX_USEC (200 * USEC_PER_MSEC)
#define DELAY_MAX_USEC (10 * USEC_PER_SEC)
#define UTILISATION 0.95 /* of what was seen to go through */
#define DRAIN_MAX 0.35   /* of it, to drain with */
#define ROUND 1000       /* bit/s */

const char *bitrate_state_name(enum bitrate_state state)
{
	static const char *const names[_BITRATE_STATE_MAX] = {
		[BITRATE_OFF] = "off",
		[BITRATE_FULL] = "full",
		[BITRATE_LOWERED] = "lowered",
		[BITRATE_RISING] = "rising",
	};

	return state < _BITRATE_STATE_MAX ? names[state] : "?";
}

static bool is_off(const struct bitrate_limits *l)
{
	return l->floor <= 0 || l->floor >= l->ceiling;
}

static int64_t target_of(const struct bitrate_link *l, const struct bitrate_limits *limits)
{
	return l->lowered ? CLAMP(l->target, limits->floor, limits->ceiling) : limits->ceiling;
}

/* ---- what the samples say ---- */

/* The sample that is so many before the last one. */
static size_t back(const struct bitrate_link *l, size_t i)
{
	return (l->n - 1 - i) % BITRATE_SAMPLES;
}

/* How many of the last samples are not older than that. */
static size_t within(const struct bitrate_link *l, uint64_t now, uint64_t usec)
{
	size_t i = 0;

	while (i < MIN(l->n, (size_t) BITRATE_SAMPLES) && now - l->samples[back(l, i)].usec <= usec)
		i++;
	return i;
}

static bool grew(const struct bitrate_link *l, size_t i)
{
	return l->samples[back(l, i)].delivered_bytes > l->samples[back(l, i + 1)].delivered_bytes;
}

/* Bit/s that were delivered lately. A peer that reads slowly opens its window in lumps, up to a
 * second apart; so it is counted from lump to lump, within the window, or in as many samples as it
 * takes to have some. A silence after the last one counts when it is long. False: too soon to say.
 */
static bool throughput(const struct bitrate_link *l, uint64_t now, uint64_t window, double *ret)
{
	size_t n = MIN(l->n, (size_t) BITRATE_SAMPLES), last = n, first = n, lumps = 0;
	uint64_t usec, silence, bytes;

	for (size_t i = 0; i + 1 < n; i++) {
		if (now - l->samples[back(l, i)].usec > window && lumps > LUMPS)
			break;
		if (!grew(l, i))
			continue;
		last = lumps++ == 0 ? i : last;
		first = i;
	}
	if (n < 2 || now - l->samples[back(l, n - 1)].usec < RATE_USEC / 2)
		return false;
	if (lumps < 2) {
		*ret = 0;
		return true;
	}
	bytes = l->samples[back(l, last)].delivered_bytes -
		l->samples[back(l, first)].delivered_bytes;
	usec = l->samples[back(l, last)].usec - l->samples[back(l, first)].usec;
	silence = now - l->samples[back(l, last)].usec;
	if (silence > usec)
		usec += silence;
	*ret = (double) bytes * 8 * USEC_PER_SEC / (double) usec;
	return true;
}

/* The least delay of the last moments. */
static bool standing_delay(const struct bitrate_link *l, uint64_t now, uint64_t *ret)
{
	size_t n = within(l, now, STANDING_USEC);
	uint64_t least = UINT64_MAX;

	if (n < 2 || now - l->samples[back(l, n - 1)].usec < STANDING_USEC / 2)
		return false;
	for (size_t i = 0; i < n; i++)
		least = MIN(least, l->samples[back(l, i)].delay_usec);
	*ret = least;
	return true;
}

/* Time that the kernel's part takes, beyond what it always takes: what is on its way. That is the
 * least that it took in the last ten to twenty seconds, also after the way has become longer; but
 * when there was nothing to send for a moment, the round trip counts. */
static uint64_t held_delay(struct bitrate_link *l, uint64_t now, uint64_t held, uint64_t round)
{
	if (l->base_since_usec == 0 || now - l->base_since_usec >= BASE_USEC) {
		l->base_usec[1] = l->base_since_usec ? l->base_usec[0] : held;
		l->base_usec[0] = held;
		l->base_since_usec = now;
	}
	l->base_usec[0] = MIN(l->base_usec[0], held);
	return held - MIN(held, MAX(round, MIN(l->base_usec[0], l->base_usec[1])));
}

static void note(struct bitrate *b, struct bitrate_link *l, const struct bitrate_sample *s)
{
	double least = (double) (b->limits.floor + b->limits.sound) / 8, rate = 0;
	uint64_t held;

	if (l->n == 0 || s->session != l->session || s->by_packet != l->by_packet) {
		l->session = s->session;
		l->by_packet = s->by_packet;
		l->drops = s->drops;
		l->n = 0;
		l->base_since_usec = l->clear_usec = 0;
	}
	(void) throughput(l, b->now_usec, RATE_USEC, &rate);
	held = (uint64_t) MIN((double) s->held_bytes * USEC_PER_SEC / MAX(rate / 8, least),
		(double) DELAY_MAX_USEC);
	l->n++;
	l->samples[back(l, 0)].usec = b->now_usec;
	l->samples[back(l, 0)].delivered_bytes = s->delivered_bytes;
	l->samples[back(l, 0)].delay_usec =
		s->queue_usec + held_delay(l, b->now_usec, held, s->round_usec);
}

/* ---- down ---- */

static uint64_t high_usec(const struct bitrate_limits *l)
{
	return CLAMP(l->queue_usec / 4, HIGH_MIN_USEC, HIGH_MAX_USEC);
}

/* Is the target to fall, and for what delay? */
static bool congested(struct bitrate *b, struct bitrate_link *l, const struct bitrate_sample *s,
	uint64_t *ret_delay)
{
	double rate;
	bool dropped = s->drops != l->drops, known = standing_delay(l, b->now_usec, ret_delay);

	l->drops = s->drops;
	if (dropped || s->queue_usec > b->limits.queue_usec / 2)
		*ret_delay = MAX(known ? *ret_delay : 0, s->queue_usec);
	else if (!known || *ret_delay <= high_usec(&b->limits))
		return false;
	if (b->now_usec < l->settled_usec)
		return false;
	/* Neither does it shrink nor grow, and it is none of ours: the way has become longer. */
	if (!dropped && s->queue_usec < high_usec(&b->limits) / 2 && l->fell_usec &&
		b->now_usec -
			l->fell_usec<2 * BASE_USEC && * ret_delay> l->settled_delay * 9 / 10 &&
		*ret_delay < l->settled_delay * 11 / 10)
		return false;
	/* What was done is enough: less is made than goes through. */
	if (!dropped && l->fell_usec && b->now_usec - l->fell_usec < DRAINING_USEC &&
		throughput(l, b->now_usec, USEC_INFINITY, &rate) &&
		(double) (target_of(l, &b->limits) + b->limits.sound) < rate * ENOUGH)
		return false;
	/* It shrinks: so it is. */
	if (l->settled_usec && !dropped && b->now_usec - l->settled_usec < SETTLE_USEC &&
		*ret_delay < l->settled_delay * 9 / 10) {
		l->settled_usec = b->now_usec + SETTLE_USEC / 2;
		l->settled_delay = *ret_delay;
		return false;
	}
	return true;
}

static void double_wait(struct bitrate_link *l, uint64_t now)
{
	if (!l->fell_usec || now - l->fell_usec > 2 * WAIT_MAX_USEC)
		l->wait_usec = WAIT_MIN_USEC;
	else if (l->rose_usec > l->fell_usec && now - l->rose_usec < BLAME_USEC)
		l->wait_usec = MIN(2 * l->wait_usec, WAIT_MAX_USEC);
}

static void fall(struct bitrate *b, struct bitrate_link *l, uint64_t delay)
{
	int64_t now = MIN(target_of(l, &b->limits), b->in_use ? b->in_use : INT64_MAX), fit;
	double drain = MIN((double) delay / USEC_PER_SEC / DRAIN_SEC, DRAIN_MAX), rate, longer;

	l->settled_usec = b->now_usec + SETTLE_USEC;
	l->settled_delay = delay;
	l->clear_usec = 0;
	if (now <= b->limits.floor || !throughput(l, b->now_usec, RATE_USEC, &rate))
		return;
	/* Behind another one what is measured in so short a time is not sure enough. */
	if (l->fell_usec && b->now_usec - l->fell_usec < DRAINING_USEC &&
		throughput(l, b->now_usec, USEC_INFINITY, &longer))
		rate = MAX(rate, longer);
	double_wait(l, b->now_usec);
	fit = (int64_t) (rate * (UTILISATION - drain)) - b->limits.sound;
	fit = CLAMP(fit, now / 2, now * 19 / 20);
	l->target = MAX(fit / ROUND * ROUND, b->limits.floor);
	l->proven = MAX((int64_t) rate - b->limits.sound, l->target);
	l->above_usec = 0;
	l->lowered = true;
	l->rising = false;
	l->fell_usec = b->now_usec;
	b->falls++;
}

/* ---- up ---- */

/* The next target, or the present one. */
static int64_t next_up(struct bitrate *b, struct bitrate_link *l, int64_t now)
{
	int64_t fit = (int64_t) ((double) l->proven * UTILISATION);

	if (l->above_usec && b->now_usec - l->above_usec >= PROVEN_USEC &&
		b->now_usec - l->clear_usec >= PROVEN_USEC)
		l->proven = 0;
	if (!l->proven)
		return now + b->limits.ceiling / 10;
	if (now + ROUND < fit)
		return MIN(now + b->limits.ceiling / 10, fit);
	if (b->now_usec - l->fell_usec < l->wait_usec)
		return now;
	return now + MAX(now / 20, (int64_t) ROUND);
}

static void rise(struct bitrate *b, struct bitrate_link *l)
{
	int64_t now = target_of(l, &b->limits), next;
	uint64_t changed = MAX(l->fell_usec, l->rose_usec);

	if (!l->lowered || b->now_usec - l->clear_usec < STEP_USEC ||
		b->now_usec - changed < STEP_USEC)
		return;
	/* Not put to the proof: somebody else is slower. */
	if (b->in_use && b->in_use < now * 19 / 20)
		return;
	next = next_up(b, l, now);
	if (next <= now)
		return;
	l->rising = true;
	l->rose_usec = b->now_usec;
	l->target = next / ROUND * ROUND;
	if (!l->above_usec && l->target * 20 > l->proven * 21)
		l->above_usec = b->now_usec;
	if (next >= b->limits.ceiling)
		l->lowered = false;
}

/* ---- the round ---- */

static struct bitrate_link *find(struct bitrate *b, const char *name)
{
	struct bitrate_link *free = &b->links[0];

	for (size_t i = 0; i < BITRATE_LINKS_MAX; i++) {
		struct bitrate_link *l = &b->links[i];

		if (strcmp(l->name, name) == 0)
			return l;
		if (free->name[0] && (!l->name[0] || l->seen_usec < free->seen_usec))
			free = l;
	}
	*free = (struct bitrate_link){ .wait_usec = WAIT_MIN_USEC };
	snprintf(free->name, sizeof(free->name), "%s", name);
	return free;
}

void bitrate_begin(struct bitrate *b, const struct bitrate_limits *limits, uint64_t now_usec)
{
	b->limits = *limits;
	b->now_usec = now_usec;
	for (size_t i = 0; i < BITRATE_LINKS_MAX; i++) {
		struct bitrate_link *l = &b->links[i];

		l->heard = false;
		if (l->name[0] && (is_off(limits) || now_usec - l->seen_usec > MEMORY_USEC))
			l->name[0] = '\0';
	}
}

void bitrate_put(struct bitrate *b, const char *name, const struct bitrate_sample *s)
{
	struct bitrate_link *l;
	uint64_t delay = 0;

	if (is_off(&b->limits) || !name[0])
		return;
	l = find(b, name);
	l->seen_usec = b->now_usec;
	l->heard = true;
	note(b, l, s);
	if (congested(b, l, s, &delay)) {
		fall(b, l, delay);
		return;
	}
	if (!standing_delay(l, b->now_usec, &delay) || delay > high_usec(&b->limits) * 2 / 5)
		l->clear_usec = 0;
	else if (!l->clear_usec)
		l->clear_usec = b->now_usec;
	if (l->clear_usec)
		rise(b, l);
}

static enum bitrate_news tell(struct bitrate *b, int64_t target)
{
	if (target < b->limits.ceiling) {
		bool begins = !b->episode;

		b->episode = true;
		b->full_usec = 0;
		return begins ? BITRATE_BEGINS : BITRATE_NO_NEWS;
	}
	if (!b->full_usec)
		b->full_usec = b->now_usec;
	if (!b->episode || (b->now_usec - b->full_usec < EPISODE_USEC && !is_off(&b->limits)))
		return BITRATE_NO_NEWS;
	b->episode = false;
	return BITRATE_ENDS;
}

struct bitrate_decision bitrate_end(struct bitrate *b)
{
	struct bitrate_decision d = { .target = b->limits.ceiling };
	const struct bitrate_link *slowest = NULL;

	for (size_t i = 0; i < BITRATE_LINKS_MAX; i++) {
		const struct bitrate_link *l = &b->links[i];

		if (!l->name[0] || !l->heard || target_of(l, &b->limits) >= d.target)
			continue;
		slowest = l;
		d.target = target_of(l, &b->limits);
	}
	d.state = is_off(&b->limits) ? BITRATE_OFF
		  : !slowest         ? BITRATE_FULL
		  : slowest->rising  ? BITRATE_RISING
				     : BITRATE_LOWERED;
	if (slowest)
		snprintf(b->culprit, sizeof(b->culprit), "%s", slowest->name);
	d.news = tell(b, d.target);
	if (slowest || d.news == BITRATE_ENDS)
		snprintf(d.output, sizeof(d.output), "%s", b->culprit);
	d.falls = b->falls;
	b->in_use = d.target;
	return d;
}
