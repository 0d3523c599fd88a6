/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Logging: to the journal with fields when systemd started us (stderr is the journal's stream),
 * else one line per message to stderr. Messages may come from any thread.
 *
 * A program that lasts has a thread for that: whoever logs then only puts the message into a
 * bounded queue (log-queue.h), and however long the journal hangs, nobody waits for it. What finds
 * no room is lost and counted, and told when the queue moves again. A message that is written
 * noticeably late has the time at which it was logged in its text and in EGM_TIME; the journal lets
 * nobody set its own timestamps. In programs that have no such thread, and before and after it,
 * messages are written at once, which blocks for as long as the journal or a pipe likes.
 *
 * Only programs and managers log; modules below them return errors or report events (house rule
 * 11).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <syslog.h>

#include "common/cleanup.h"

/* Fields of one message, as pairs: LOG_FIELDS("EGM_OUTPUT", name, "EGM_REASON", why). A pair whose
 * value is NULL is left out. */
#define LOG_FIELDS(...) ((const char *const[]){ __VA_ARGS__, NULL, NULL })

/* Chooses the target. ident is kept by reference. Call once, before threads start. */
void log_open(const char *ident);

/* The same for a program whose stderr is not for people: always to the journal. */
void log_open_journal(const char *ident);

/* The card's name goes along with every message as EGM_CARD. Copied. Before threads start. */
void log_set_card(const char *card);

/* LOG_ERR … LOG_DEBUG: messages above the level are dropped. May be changed at any time. */
void log_set_level(int level);
int log_get_level(void);

/* "journal" or "console"; and what log_open() was given. */
const char *log_get_target(void);
const char *log_get_ident(void);

/* A hook that runs before and after a line is written to stderr, so that a progress line can get
 * out of the way; NULL to remove. Before threads start. */
void log_set_stderr_hook(void (*hook)(bool before));

/* MESSAGE_ID of the line that tells of lost messages; EGM_LOST says how many. Fixed for ever. */
#define LOG_EVENT_LOST "1d83a059b2384b28b2838d1e4607af78"

/* Starts the log thread. After log_open() and log_set_card(), before other threads. Also lets
 * stderr no longer block when it is the journal's stream. Returns 0 or a negative errno, after
 * which messages are written at once as before. */
int log_start(void);

/* Ends it when everything queued has been written, or at the monotonic time. Returns 0, after which
 * messages are written at once again, or -ETIMEDOUT: then the thread is stuck and left behind, what
 * is queued and what comes is lost, and the process must end by _exit(). Without a thread, 0. The
 * thread that called log_start(). */
int log_stop(uint64_t until_usec);

/* Messages that wait for the log thread, and all that were lost so far. Any thread. */
void log_count(uint64_t *ret_waiting, uint64_t *ret_lost);

/* level: LOG_ERR (needs a human), LOG_WARNING (healed by itself), LOG_NOTICE (a state changed),
 * LOG_INFO, LOG_DEBUG. message_id: 32 hex digits or NULL. fields: LOG_FIELDS(…) or NULL.
 * err: 0, or an errno of either sign, that %m in the format names. Any thread; blocks only without
 * the log thread. Returns -abs(err). */
int log_full(int level, const char *message_id, const char *const *fields, int err, const char *fmt,
	...) PRINTF_LIKE(5, 6);

#define log_error(...) ((void) log_full(LOG_ERR, NULL, NULL, 0, __VA_ARGS__))
#define log_warning(...) ((void) log_full(LOG_WARNING, NULL, NULL, 0, __VA_ARGS__))
#define log_notice(...) ((void) log_full(LOG_NOTICE, NULL, NULL, 0, __VA_ARGS__))
#define log_info(...) ((void) log_full(LOG_INFO, NULL, NULL, 0, __VA_ARGS__))
#define log_debug(...) ((void) log_full(LOG_DEBUG, NULL, NULL, 0, __VA_ARGS__))
#define log_error_errno(err, ...) log_full(LOG_ERR, NULL, NULL, err, __VA_ARGS__)
#define log_warning_errno(err, ...) log_full(LOG_WARNING, NULL, NULL, err, __VA_ARGS__)
#define log_event(level, id, fields, ...) ((void) log_full(level, id, fields, 0, __VA_ARGS__))
