/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One of those who are told: a thread, an inbox that takes notices from anywhere, a spool in which
 * they wait (on disk or not), what has become of them, and the owner's hooks. How they are
 * delivered is up to a transport, which runs on the thread: courier.h for one request each, mqtt.h.
 *
 * A thread that does not end in time (a resolver can be that slow) is left behind with the
 * receiver; the hooks are never called again then, and what is in the spool stays there.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "notify/notice.h"
#include "notify/notifier.h"

#define RECEIVER_WORDS_MAX 160

struct receiver;

struct receiver_transport {
	/* On the thread, until receiver_stopping(). */
	void (*run)(struct receiver *r, void *self);
	void (*free)(void *self);
	void *self; /* the receiver owns it, also when receiver_new() fails */
};

struct receiver_settings {
	const char *kind; /* by reference */
	const char *name;
	const char *url;    /* as it is shown: no secrets */
	const char *states; /* those told about, with commas or spaces; NULL or "": all */
	bool numbers;       /* told about as well, when all states are */
	const char *folder; /* of its spool; NULL: in memory */
	size_t spool_notices, spool_bytes;
};

/* ---- the owner's ---- */

/* Everything is copied. */
int receiver_new(struct receiver **ret, const struct receiver_settings *settings,
	const struct receiver_transport *transport, const struct notifier_hooks *hooks);
int receiver_start(struct receiver *r);

/* Any thread; does not block. Takes a reference. */
void receiver_push(struct receiver *r, struct notice *n);

/* One object of notifier_json(). Any thread. */
json_t *receiver_json(struct receiver *r);

/* Asks the thread to end. */
void receiver_stop(struct receiver *r);

/* Waits for that until the time. 0: freed; -ETIMEDOUT: abandoned. NULL is fine. */
int receiver_free(struct receiver *r, uint64_t until_usec);

/* ---- the transport's, on the thread ---- */

bool receiver_stopping(struct receiver *r);

/* Readable when there is something to collect, or to stop for. */
int receiver_wake_fd(struct receiver *r);

/* Brings what is in the inbox to the spool. True while the thread shall go on. */
bool receiver_collect(struct receiver *r);

/* Waits for the next notice or the time, not as long while the disk does not work, and collects.
 * True while the thread shall go on. */
bool receiver_wait(struct receiver *r, uint64_t until_usec);

/* The oldest that waits, a new reference; NULL: none. Also has another try at a disk that did not
 * work, so never with one of them under way. */
struct notice *receiver_peek(struct receiver *r);

/* It has arrived. */
void receiver_delivered(struct receiver *r, const struct notice *n);

/* It never will. */
void receiver_give_up(struct receiver *r, const struct notice *n, int code, const char *why);

/* It did not this time. The hook hears of a failure when it begins, and when its code is another
 * than before: words may hold figures that always are. */
void receiver_fails(struct receiver *r, int code, const char *why);
void receiver_works(struct receiver *r);

/* The newest notice of a state that was pushed, a new reference, also when it has been delivered or
 * dropped; NULL: none. */
struct notice *receiver_newest(struct receiver *r);
