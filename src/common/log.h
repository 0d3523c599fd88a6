/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Logging: to the journal with fields when systemd started us (stderr is the journal's stream),
 * else one line per message to stderr. Every function may be called from any thread and does not
 * block for longer than a write to the journal's socket.
 *
 * Only programs and managers log; modules below them return errors or report events (house rule
 * 24).
 */
#pragma once

#include <stdbool.h>
#include <syslog.h>

#include "common/cleanup.h"

/* Fields of one message, as pairs: LOG_FIELDS("EGM_OUTPUT", name, "EGM_REASON", why). A pair whose
 * value is NULL is left out. */
#define LOG_FIELDS(...) ((const char *const[]){ __VA_ARGS__, NULL, NULL })

/* Chooses the target. ident is kept by reference. Call once, before threads start. */
void log_open(const char *ident);

/* The card's name goes along with every message as EGM_CARD. Copied. Before threads start. */
void log_set_card(const char *card);

/* LOG_ERR … LOG_DEBUG: messages above the level are dropped. May be changed at any time. */
void log_set_level(int level);
int log_get_level(void);

/* A hook that runs before and after a line is written to stderr, so that a progress line can get
 * out of the way; NULL to remove. Before threads start. */
void log_set_stderr_hook(void (*hook)(bool before));

/* level: LOG_ERR (needs a human), LOG_WARNING (healed by itself), LOG_NOTICE (a state changed),
 * LOG_INFO, LOG_DEBUG. message_id: 32 hex digits or NULL. fields: LOG_FIELDS(…) or NULL.
 * err: 0, or an errno of either sign, that %m in the format names. Returns -abs(err). */
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
