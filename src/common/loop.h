/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The main thread's sd-event loop as every program of the suite has it: SIGTERM and SIGINT end it,
 * SIGHUP reloads, a watchdog that is only fed while the work makes progress, sd_notify, and a way
 * for other threads to have something done here.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/cleanup.h"

struct sd_event;

struct loop;

struct loop_hooks {
	void (*reload)(void *userdata);   /* SIGHUP; NULL: ends the loop like SIGTERM */
	void (*tick)(void *userdata);     /* each tick_usec; NULL: none */
	void (*wake)(void *userdata);     /* after loop_wake(); NULL: none */
	bool (*progress)(void *userdata); /* has the work moved on since the last call? NULL: yes */
	void *userdata;
	uint64_t tick_usec;
};

/* Blocks the signals it handles: call before any thread is started. hooks are copied. */
int loop_new(struct loop **ret, const struct loop_hooks *hooks);
struct loop *loop_free(struct loop *l);
DEFINE_CLEANUP(struct loop *, loop_free)

/* Runs until loop_exit() or a signal. Returns the exit code given, 0 after a signal. */
int loop_run(struct loop *l);

/* From the loop's own thread. */
void loop_exit(struct loop *l, int code);

/* Any thread: hooks.wake will run in the loop soon. */
void loop_wake(struct loop *l);

struct sd_event *loop_event(struct loop *l);

/* sd_notify with a format; nothing when systemd did not start us. Any thread. */
void loop_notify(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* RELOADING=1 with the time systemd wants beside it. */
void loop_notify_reloading(void);
