/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An output in two parts: its life from start to end (output.c), and what goes out while a session
 * is open (output-session.c).
 */
#pragma once

#include <pthread.h>

#include "common/stage.h"
#include "media/output-probe.h"
#include "media/output.h"

/* What a turn that was lent has left to the output's thread. */
enum output_turn {
	OUTPUT_TURN_DONE,   /* nothing: all that was there has gone out */
	OUTPUT_TURN_FINISH, /* the rest of turn_packet, for which there was no room */
	OUTPUT_TURN_SEND,   /* turn_packet, as if it had just been taken */
	OUTPUT_TURN_END,    /* the session, with turn_error */
};

struct output {
	/* set by new */
	struct output_settings settings;
	char thread_name[16];
	struct outqueue *queue;
	struct muxer *muxer; /* its calls belong to the thread; interrupt and hurry to anybody */
	struct output_probe *probe; /* NULL: there are no backups */
	struct stage stage;
	struct hist latency, overhead;

	/* the thread's, and while it lends its turn, whose that is */
	struct output_urls urls;
	unsigned session_url; /* the one of the last session */
	char switch_why[200]; /* the last time another one was taken */
	struct tracks *session_tracks;
	struct packet *pending; /* with which a renewed session begins, or one's next tracks do */
	unsigned pending_generation;
	unsigned session_restarts;  /* of the queue, when packets of the session's tracks began */
	uint64_t session_usec;      /* when the session was opened */
	unsigned attempt;           /* failures in a row */
	bool proven;                /* the session has been told as good */
	uint64_t segments, mishaps; /* of the muxer, as far as they are in the stats */
	enum output_turn turn;
	struct packet *turn_packet;
	int turn_error; /* 0: nobody's fault */
	char turn_why[OUTPUT_ERROR_MAX];

	pthread_mutex_t hook_lock; /* held by the thread while it calls one */
	/* protected by hook_lock */
	struct output_hooks hooks; /* all NULL: the owner has let go */

	pthread_mutex_t lock;
	/* protected by lock */
	struct tracks *tracks;
	unsigned generation;         /* of the last tracks that were not NULL */
	unsigned restarts;           /* of the queue, when these came, or their session did */
	bool follows;                /* the session may go on with other tracks */
	struct output_settings next; /* limits to adopt; its name and URL are not looked at */
	bool has_next;
	bool renewing; /* one session has ended, the next one is about to begin */
	struct output_stats stats;
};

/* Tells of a state, on the thread. */
void output_enter_with(struct output *o, const struct output_event *event);
void output_enter(struct output *o, enum output_state state);

void output_set_renewing(struct output *o, bool renewing);

/* One session from connect to close. Returns 0 when it ended well, else a negative errno, with
 * words. */
int output_session(struct output *o, char *why, size_t why_size);

/* Whoever has just put a packet does what the thread would do with it, as far as that takes no
 * waiting; the queue has lent the thread's turn for that, and gets it back. */
void output_lent_turn(struct output *o);
