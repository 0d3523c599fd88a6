/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tries hardware encoders, each in a process of its own ("egm-streamer probe-encoder"), so that a
 * driver that hangs or crashes takes nobody along: the process is killed when its time is over. One
 * thread, "prober", which begins with the first that has to be tried: where the device nodes of an
 * encoder are missing, nothing is. Results are kept as long as the prober lives, and in a file, so
 * that a restart is quick: until the nodes or the version change, a day at most.
 *
 * It also keeps the note of which one is in use (encoder-past.h), so that one with which the
 * service dies again and again is as bad for a day as one that failed when it was tried.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "media/encoder-kind.h"
#include "media/encoder.h"

struct prober;

#define PROBER_RESULTS_MAX 32 /* of different settings; older ones are forgotten */

struct prober_settings {
	const char *program;   /* NULL: this one; kept by reference */
	const char *card;      /* whose files they are; NULL: none; read during the call */
	uint64_t timeout_usec; /* for one; 0: three seconds */
};

int prober_new(struct prober **ret, const struct prober_settings *settings,
	void (*ready)(void *userdata), void *userdata);

/* Does that encoder work with these settings? 0, or a negative errno with words: -EAGAIN: it is
 * being tried, ready() is called on the prober's thread when it is worth asking again; -EOWNERDEAD:
 * it does, but the service has died with it too often, and that is news. One at a time. Any thread;
 * does not block but for a look at /dev. */
int prober_ask(struct prober *p, const struct encoder_kind *kind,
	const struct encoder_settings *settings, char *why, size_t why_size);

/* That hardware is about to be opened: 0 once this is noted, -EAGAIN before, as above. */
int prober_use(
	struct prober *p, const struct encoder_kind *kind, const struct encoder_settings *settings);

/* It is closed. Does not wait for the note; a clean prober_free() does. */
void prober_unuse(struct prober *p);

/* A process that runs is killed. Any thread; takes NULL. */
void prober_stop(struct prober *p);

/* After prober_stop(): waits until the time, also for a disk that is to be told that nothing is in
 * use. -ETIMEDOUT: left behind with all it may touch. */
int prober_free(struct prober *p, uint64_t until_usec);
