/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/tracker.h"

#include <math.h>
#include <string.h>

#include "common/usec.h"

/* Half-way through a fade, from 0.5 or 0.6 to what is fully there. */
#define RISING_PURE 0.7F
#define RISING_LEVEL 0.4F
#define LOW_MAX 0.6F /* a rival of less strength is this near: the middle tells nothing */
#define MIXED_PURE 0.5F
#define MIXED_SLOPE 3.0F /* in a second */
#define FALLING_LEVEL 0.53F
#define FALLING_PURE 0.6F
#define FIRST_PURE 0.25F /* the picture before */
#define FIRST_LEVEL 0.15F

/* Change of level or purity in a second that makes a fade: one of half a second has 2. */
#define FADE_SLOPE 1.6F
#define FADE_PURE_SLOPE 1.2F
#define CLEAN 0.9F /* not yet touched by a fade */
#define GROWN 0.8F /* so pure that noise alone may keep it from growing */

#define FADE_USEC \
	(100 * USEC_PER_MSEC) /* how long a state that fades out waits for the one to come */
#define UNNAMED_USEC (300 * USEC_PER_MSEC) /* between OTHER and UNKNOWN */
#define BEGIN_USEC (300 * USEC_PER_MSEC)   /* the longest that a state takes to come */
/* Pictures further apart tell nothing about slopes, and to wait for another one takes too long. */
#define GAP_USEC (150 * USEC_PER_MSEC)

void tracker_init(struct tracker *t, const struct rules *rules)
{
	memset(t, 0, sizeof(*t));
	t->rules = rules;
	t->state = t->raw = t->named = t->expired = STATE_OTHER;
}

void tracker_lost(struct tracker *t, uint64_t usec)
{
	struct tracker before = *t;

	tracker_init(t, t->rules);
	t->state = t->raw = STATE_UNKNOWN;
	t->since_usec = t->raw_since = usec;
	t->named = before.named;
	t->lost = before.lost || before.state >= 0;
	t->expired = before.expired;
}

/* Seconds since the last picture; 0 when that was too long ago to compare with. */
static float step_of(const struct tracker *t, uint64_t now)
{
	uint64_t step = t->last_usec ? now - t->last_usec : 0;

	return step <= GAP_USEC ? (float) step / (float) USEC_PER_SEC : 0;
}

static bool after_gap(const struct tracker *t, uint64_t now)
{
	return t->last_usec && now - t->last_usec > GAP_USEC;
}

/* Does it grow as in a fade? */
static bool grows(const struct evidence *e, const struct evidence *last, float step)
{
	return step > 0 && !e->abrupt && !last->abrupt &&
	       e->level - last->level >= FADE_SLOPE * step &&
	       (e->purity >= GROWN || e->purity - last->purity >= FADE_PURE_SLOPE * step);
}

/* The middle of a fade towards it. What lies below it for so long makes its pattern impure, but
 * ever less so; one that is as impure as before is something else. */
static bool arrives(const struct evidence *e, const struct evidence *last, float step)
{
	bool pure = e->purity >= RISING_PURE ||
		    (e->purity >= MIXED_PURE && e->purity - last->purity >= MIXED_SLOPE * step);

	return !e->beaten && pure && e->low < LOW_MAX && e->level >= RISING_LEVEL &&
	       last->purity >= FIRST_PURE && last->level >= FIRST_LEVEL && grows(e, last, step);
}

/* The middle of a fade away from it. One picture that is all different is a flash or a cut: which
 * of them, the next one tells. */
static bool departs(const struct evidence *e, const struct evidence *last, float step)
{
	bool weaker = e->level < FALLING_LEVEL && e->level > FIRST_LEVEL && last->level < CLEAN &&
		      last->level - e->level >= FADE_SLOPE * step;
	bool mixed = e->purity < FALLING_PURE && e->purity > FIRST_LEVEL && last->purity < CLEAN &&
		     last->purity - e->purity >= FADE_PURE_SLOPE * step;

	return step > 0 && !e->abrupt && !last->abrupt && (weaker || mixed);
}

static bool may_enter(const struct tracker *t, int state)
{
	const struct state *s = &t->rules->states[state];
	uint32_t bit = t->named >= 0 ? UINT32_C(1) << t->named : RULES_OTHER_BIT;

	return !s->restricted || s->may_follow & bit ||
	       (t->state < 0 && s->may_follow & RULES_OTHER_BIT) || (t->lost && state == t->named);
}

/* Shall the state be entered now? */
static bool enters(const struct tracker *t, int state, const struct evidence *e, uint64_t now)
{
	const struct track *k = &t->tracks[state];
	uint64_t hold = (uint64_t) t->rules->states[state].enter_ms * USEC_PER_MSEC;

	if (!may_enter(t, state) || e->barred || state == t->expired)
		return false;
	if (hold > 0)
		return evidence_full(e) && k->full_since && now - k->full_since >= hold;
	return (evidence_full(e) && (k->full_since || after_gap(t, now))) ||
	       arrives(e, &k->last, step_of(t, now));
}

/* The best of those that shall be entered, or -1. */
static int choose(const struct tracker *t, const struct evidence *evidence, uint64_t now)
{
	int best = -1;

	for (int i = 0; i < t->rules->n_states; i++)
		if (i != t->state && enters(t, i, &evidence[i], now) &&
			(best < 0 ||
				evidence_score(&evidence[i]) > evidence_score(&evidence[best])))
			best = i;
	return best;
}

/* Is another state on its way in? */
static bool awaited(const struct tracker *t, const struct evidence *evidence, uint64_t now)
{
	float step = step_of(t, now);

	for (int i = 0; i < t->rules->n_states; i++)
		if (i != t->state && evidence[i].level >= FIRST_LEVEL &&
			grows(&evidence[i], &t->tracks[i].last, step))
			return true;
	return false;
}

/* Is the named state on its way out, or gone? */
static bool goes(const struct tracker *t, const struct evidence *evidence, uint64_t now)
{
	const struct evidence *e = &evidence[t->state];

	return evidence_gone(e) || departs(e, &t->tracks[t->state].last, step_of(t, now));
}

/* Shall the named state, which goes, be left for none? Where another one comes up meanwhile, that
 * one is waited for: nobody wants to hear of the moment between the two. */
static bool leaves(const struct tracker *t, const struct evidence *evidence, uint64_t now)
{
	uint64_t hold = (uint64_t) t->rules->states[t->state].leave_ms * USEC_PER_MSEC;
	uint64_t weak = t->weak_since ? now - t->weak_since : 0;

	if (hold > 0)
		return weak >= hold;
	if (awaited(t, evidence, now) && weak < FADE_USEC)
		return false;
	return weak > 0 || after_gap(t, now);
}

/* Remembers what the next picture is compared with. */
static void note(struct tracker *t, const struct evidence *evidence, uint64_t now, int raw)
{
	for (int i = 0; i < t->rules->n_states; i++) {
		struct track *k = &t->tracks[i];
		const struct evidence *e = &evidence[i];

		if (!evidence_full(e))
			k->full_since = 0;
		else if (!k->full_since)
			k->full_since = now;
		if (e->purity < FIRST_PURE || e->level < FIRST_LEVEL)
			k->first_usec = 0;
		else if (!k->first_usec)
			k->first_usec = now;
		k->last = *e;
	}
	if (raw != t->raw)
		t->raw_since = now;
	t->raw = raw;
	t->last_usec = now;
}

static void set_state(struct tracker *t, int state, uint64_t since)
{
	t->state = state;
	t->since_usec = since;
	t->weak_since = 0;
	t->away_since = 0;
	if (state != STATE_UNKNOWN)
		t->expired = STATE_OTHER;
	if (state < 0)
		return;
	t->named = state;
	t->lost = false;
}

/* Has the current state lasted for longer than it may? And is one that has still shown? */
static void watch_time(struct tracker *t, const struct evidence *evidence, uint64_t now)
{
	uint64_t longest = t->state < 0 ? 0 : (uint64_t) t->rules->states[t->state].longest_ms;

	if (longest > 0 && now - t->since_usec >= longest * USEC_PER_MSEC) {
		int expired = t->state;

		set_state(t, STATE_UNKNOWN, now);
		t->expired = expired;
	} else if (t->expired < 0 || !evidence_gone(&evidence[t->expired])) {
		t->away_since = 0;
	} else if (!t->away_since) {
		t->away_since = now;
	} else if (now - t->away_since >= UNNAMED_USEC) {
		t->expired = STATE_OTHER;
	}
}

/* A named state is the current one. */
static void stay_or_leave(struct tracker *t, const struct evidence *evidence, uint64_t now, int raw)
{
	if (!goes(t, evidence, now)) {
		t->weak_since = 0;
	} else if (leaves(t, evidence, now)) {
		set_state(t, raw < 0 ? raw : STATE_OTHER, t->weak_since ? t->weak_since : now);
		t->raw_since = now;
	} else if (!t->weak_since) {
		t->weak_since = now;
	}
}

/* When what is entered now began. What was half-way there for long has begun now. */
static uint64_t begin_of(const struct track *k, uint64_t now)
{
	if (k->first_usec && now - k->first_usec <= BEGIN_USEC)
		return k->first_usec;
	return k->full_since ? k->full_since : now;
}

int tracker_push(struct tracker *t, uint64_t capture_usec, const struct evidence *evidence, int raw)
{
	int next = choose(t, evidence, capture_usec);

	if (next >= 0 &&
		(t->state < 0 || !evidence_full(&evidence[t->state]) ||
			evidence_score(&evidence[next]) > evidence_score(&evidence[t->state]))) {
		set_state(t, next, begin_of(&t->tracks[next], capture_usec));
	} else if (t->state >= 0) {
		stay_or_leave(t, evidence, capture_usec, raw);
	} else if (raw < 0 && raw != t->state && raw == t->raw &&
		   capture_usec - t->raw_since >= UNNAMED_USEC) {
		set_state(t, raw, t->raw_since);
	}
	watch_time(t, evidence, capture_usec);
	note(t, evidence, capture_usec, raw);
	return t->state;
}
