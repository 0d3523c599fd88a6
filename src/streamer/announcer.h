/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is told when a screen changes: a notifier as the settings want it, made anew when they
 * change. What was not delivered by then lies in the spools and is found there by the next one.
 * Belongs to the main thread where nothing else is said; faults are logged.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "detector/detector.h"
#include "settings/settings.h"
#include "streamer/events.h"

struct announcer;

/* events: by reference. Nobody is told anything before announcer_apply(). */
int announcer_new(struct announcer **ret, struct events *events);

/* A notifier that does what the settings say already goes on. Copies what it needs. */
void announcer_apply(struct announcer *a, const struct settings *settings, const char *card);

/* Any thread; never blocks on a disk or a peer. */
void announcer_tell(struct announcer *a, const struct detector_change *c);

/* As notifier_json(): empty when nobody is told. A new reference; NULL: no memory. */
json_t *announcer_json(struct announcer *a);

/* Ends all threads by the monotonic time; what is told after that is lost. Returns how many had to
 * be abandoned, in its life. */
int announcer_end(struct announcer *a, uint64_t until_usec);

/* Nobody may tell it anything any more. Ends all threads by the monotonic time; returns how many
 * had to be abandoned, in its life: then the process must end by _exit(). NULL is fine. */
int announcer_free(struct announcer *a, uint64_t until_usec);
