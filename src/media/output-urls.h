/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which of an output's URLs is to be tried, and when. The first one is the primary, those behind it
 * are its backups, in the order in which they are wanted. Pure: what has happened and when goes in,
 * the URL to try and the time for it come out; one owner.
 *
 * lost: the next one in order that does not back off is tried at once; when all of them do, the one
 * whose time comes first. Each has a back-off of its own.
 *
 * busy: a server that still holds the stream of a session which was cut lets go of it within
 * seconds. It is asked twice a second, which is soon enough to be there when it does, and not for
 * longer than OUTPUT_BUSY_USEC, after which somebody else must be publishing there: then it is a
 * failure as any other.
 *
 * return: from a backup to the primary when that has answered all probes for hold_usec. A primary
 * that is lost again within that time has to be good for twice as long the next time, and so on up
 * to OUTPUT_HOLD_FACTOR times.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/backoff.h"

#define OUTPUT_URLS_MAX 4
#define OUTPUT_BUSY_EVERY_USEC UINT64_C(500000) /* between two questions, at most */
#define OUTPUT_BUSY_USEC UINT64_C(30000000)     /* for how long they are asked */
#define OUTPUT_BRIEF_USEC UINT64_C(2000000)     /* a session that ends before is a refusal */
#define OUTPUT_HOLD_FACTOR 32

enum output_end {
	OUTPUT_END_FAILED, /* for any reason but the next */
	OUTPUT_END_BUSY,   /* the server has the stream already, or might */
};

struct output_url {
	struct backoff backoff;
	uint64_t until_usec; /* backs off; 0: does not */
	uint64_t busy_usec;  /* since when it says so; 0: it does not */
};

struct output_urls {
	unsigned n;    /* 1 to OUTPUT_URLS_MAX */
	unsigned used; /* in use, or to be tried next */
	uint64_t hold_usec;
	struct output_url url[OUTPUT_URLS_MAX];
	unsigned factor;      /* of the hold */
	uint64_t return_usec; /* when the last return began; 0: never */
};

/* The first to be tried is the primary. */
void output_urls_init(struct output_urls *u, unsigned n, uint64_t backoff_min_usec,
	uint64_t backoff_max_usec, uint64_t hold_usec, uint32_t seed);

/* New limits; what has happened stays. */
void output_urls_set(struct output_urls *u, uint64_t backoff_min_usec, uint64_t backoff_max_usec,
	uint64_t hold_usec);

/* The one in use could not be opened or was lost. Puts the next one in its place and returns when
 * it may be tried: now, or later. */
uint64_t output_urls_lost(struct output_urls *u, enum output_end end, uint64_t now_usec);

/* The one in use has flowed for so long: after OUTPUT_BRIEF_USEC its server is not busy with
 * another one, and after stable_usec its waits begin from the shortest again. */
void output_urls_flowed(
	struct output_urls *u, uint64_t flow_usec, uint64_t stable_usec, uint64_t now_usec);

/* Could another one be tried at once? Then there is no use in patience with this one. */
bool output_urls_spare(const struct output_urls *u, uint64_t now_usec);

/* For how long the primary must have been good for a return. */
uint64_t output_urls_hold(const struct output_urls *u);

/* With a backup in use, and a primary that has been good since then (0: it is not): is it time to
 * go back? */
bool output_urls_returns(const struct output_urls *u, uint64_t good_since_usec, uint64_t now_usec);

/* Puts the primary in the place of the backup in use. */
void output_urls_return(struct output_urls *u, uint64_t now_usec);

/*
 * When the primary is to be probed while a backup is in use: often enough to know, and less often
 * while it does not answer.
 */
struct output_probing {
	struct backoff backoff;
	uint64_t every_usec;
	uint64_t next_usec; /* of the next probe; 0: at once */
	uint64_t good_usec; /* it has answered all probes since then; 0: not the last one */
};

void output_probing_init(struct output_probing *p, uint64_t hold_usec, uint32_t seed);
void output_probing_result(
	struct output_probing *p, bool good, uint64_t begin_usec, uint64_t now_usec);
