/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One destination: a thread that owns a muxer, a queue in front of it, and a state machine
 *
 *	idle ──▶ connecting ──▶ running ──▶ waiting (back-off) ──▶ connecting …
 *
 * that never gives up. Between connecting and running one to which others come is listening, and
 * again at once when such a viewer has left: that is no failure. It can stall, die or crawl without
 * anybody else noticing. With several URLs the next one is tried when one is lost, and the primary
 * again once it has been good for a while (output-urls.h); a probe (output-probe.h) finds that out
 * on a thread of its own.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "common/hist.h"
#include "media/muxer.h"
#include "media/output-urls.h"
#include "media/outqueue.h"
#include "media/packet.h"
#include "media/tracks.h"

enum output_state {
	OUTPUT_IDLE,       /* not started, or stopped */
	OUTPUT_CONNECTING, /* also: waits for the encoder's tracks */
	OUTPUT_LISTENING,  /* waits for somebody who wants the stream; nothing is wrong */
	OUTPUT_RUNNING,    /* a session is open */
	OUTPUT_WAITING,    /* backs off */
	_OUTPUT_STATE_MAX
};

const char *output_state_name(enum output_state state);

#define OUTPUT_NAME_MAX 32
#define OUTPUT_ERROR_MAX 160

struct output_settings {
	char name[OUTPUT_NAME_MAX];
	char *url;                          /* with its secrets; owned by whoever owns the struct */
	char *backups[OUTPUT_URLS_MAX - 1]; /* likewise; NULL: no more */
	uint64_t queue_usec;
	size_t queue_bytes;
	uint64_t backoff_min_usec, backoff_max_usec;
	uint64_t stable_usec;  /* good flow for so long resets the back-off */
	uint64_t session_usec; /* a session is renewed at a keyframe after so long (FLV's timestamps
				* have 31 bits of milliseconds); 0: never */
	uint64_t backup_after_usec;  /* with backups: patience with the URL in use, where it is less
				      * than the muxer's */
	uint64_t backup_return_usec; /* the primary has to be good for so long; USEC_INFINITY: there
				      * is no return */
	struct muxer_settings muxer;
};

/* What happened, told on the output's own thread; the receiver logs and counts. */
struct output_event {
	const char *name;        /* the output's */
	enum output_state state; /* the new one */
	const char *error;       /* words when a session ended or could not begin; else NULL */
	uint64_t retry_usec;     /* OUTPUT_WAITING: how long */
	unsigned attempt;        /* failures in a row */
	const char *path;        /* the file being written, when it is one */
	const char *url;         /* in use, or lost; with its secrets */
	unsigned backup;         /* which one that is; 0: the primary */
	unsigned next;           /* OUTPUT_WAITING: the one to be tried next */
	bool has_backups;
	const char *switched; /* OUTPUT_RUNNING at another URL than before: words why; else NULL */
	bool unproven; /* OUTPUT_RUNNING after failures: the session may yet fail as those before it
			* did; the event comes again, without this, when it has held for a while */
};

/* None is called any more once output_free() has returned. They must not free an output. */
struct output_hooks {
	void (*event)(void *userdata, const struct output_event *e); /* short */
	void (*want_keyframe)(void *userdata); /* any thread; must not block */
	void *userdata;
};

struct output_stats {
	enum output_state state;
	uint64_t since_usec; /* monotonic, of the state */
	char last_error[OUTPUT_ERROR_MAX];
	char path[256];
	unsigned backup;          /* the URL in use, or tried: output_url_at() */
	uint64_t switches;        /* sessions at another URL than the one before */
	char url_reason[200];     /* why it is this one; "": it was the first choice */
	uint64_t bytes, frames;   /* sent; live for ever; frames are pictures */
	uint64_t sessions;        /* opened, the first included */
	uint64_t failures;        /* sessions that ended badly or never began */
	uint64_t mishaps;         /* see muxer_mishaps() */
	uint64_t first_sent_usec; /* monotonic, of the first video packet ever sent; 0 before */
	struct outqueue_stats queue;
};

struct output;

/* settings are copied. Returns 0 or a negative errno. */
int output_new(struct output **ret, const struct output_settings *settings,
	const struct output_hooks *hooks);

int output_start(struct output *o);

/* Does it take a stream of JPEGs, with all its URLs? Any thread. */
bool output_takes_jpeg(const struct output *o);

/* Any thread. New tracks: a running session with another generation goes on with them where the
 * protocol has a way to say so, else it ends at once and a new one begins. NULL: there is no
 * encoder now; the session is kept and waits. Takes its own reference. */
void output_set_tracks(struct output *o, struct tracks *t);

/* Any thread, called by the encoders; never waits for a peer. Where the session's protocol allows,
 * and the peer has room, it has gone to the kernel on return. */
void output_put(struct output *o, struct packet *p);

/* Any thread. New limits: the queue's at once, the others from the next session or wait on. The
 * name, the URLs and the time to close stay as they are. */
void output_set_limits(struct output *o, const struct output_settings *settings);

/* Asks the thread to end: the session is closed politely within the muxer's close deadline. */
void output_stop(struct output *o);

/* Waits until the monotonic time. A thread that is still stuck then (in a resolver) is abandoned
 * with everything it may touch, and -ETIMEDOUT returned; the object is gone for the caller either
 * way. */
int output_free(struct output *o, uint64_t until_usec);

void output_stats(struct output *o, struct output_stats *ret);

/* As muxer_load(). Any thread. */
bool output_load(struct output *o, struct muxer_load *ret);

/* Time from a picture's capture to its last byte written; and the part of the time since it left
 * the source that was not the encoder's. Live as long as the output. */
const struct hist *output_latency(const struct output *o);
const struct hist *output_overhead(const struct output *o);

const char *output_name(const struct output *o);
const char *output_url(const struct output *o); /* with secrets: mask before showing */

/* 0: as output_url(); 1 …: its backups; NULL: there are no more. */
const char *output_url_at(const struct output *o, unsigned i);
