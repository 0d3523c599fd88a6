/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is done with the screen of one card: a detector as the settings want it, made anew when they
 * change, and an announcer that tells the world what it finds. Without states and numbers in the
 * settings there is no detector, and pictures pass by.
 *
 * Belongs to the main thread where nothing else is said.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "media/frame.h"
#include "recognize/digits.h"
#include "recognize/rules.h"
#include "settings/settings.h"
#include "streamer/events.h"

struct detector_change;
struct screen;

struct screen_hooks {
	/* The state has changed: a status should be written. Any thread; must not block. */
	void (*changed)(void *userdata);
	/* A state begins, with the picture of that time. On the recogniser's thread; short. */
	void (*state)(
		void *userdata, const char *name, uint64_t capture_usec, uint64_t realtime_usec);
	/* A picture worth a look, and what was decided about it. Likewise; both may be kept. */
	void (*candidate)(void *userdata, struct frame *f, json_t *decision);
	/* The state or a number has changed. Likewise; NULL: nobody listens. */
	void (*told)(void *userdata, const struct detector_change *c);
	void *userdata;
};

/* events: by reference. Nothing is recognised before screen_apply(). */
int screen_new(struct screen **ret, struct events *events, const struct screen_hooks *hooks);

/* Begins, ends or changes as the settings say; a detector that does what they say already goes on.
 * Copies what it needs. card may be NULL. Faults are logged. */
void screen_apply(struct screen *s, const struct settings *settings, const char *card);

/* Any thread; never block. */
void screen_frame(struct screen *s, struct frame *f);
void screen_lost(struct screen *s);

/* Those who are told, as notifier_json() has them. A new reference; NULL: no memory. */
json_t *screen_receivers_json(struct screen *s);

/* The "state" object of the status, a new reference; NULL when nothing is recognised. */
json_t *screen_json(struct screen *s);

/* What there is to be seen of it; all zero when nothing is recognised. */
struct screen_view {
	char mode[16], state[RULES_NAME_MAX + 1], reason[32]; /* why it is UNKNOWN; "" */
	uint64_t since_usec;                                  /* capture time, monotonic */
	uint32_t references, skipped;
	char states[RULES_STATES_MAX][RULES_NAME_MAX + 1]; /* of the rules */
	int n_states;
	struct screen_view_number {
		char name[RULES_NAME_MAX + 1], text[DIGITS_MAX + 1];
	} numbers[RULES_NUMBERS_MAX]; /* as told last */
	int n_numbers;
};

void screen_view(struct screen *s, struct screen_view *ret);
uint64_t screen_decisions(struct screen *s);

/* Folder of the references, as long as no screen_apply() comes; NULL: nothing is recognised. */
const char *screen_references(struct screen *s);

/* Reads the references again; -ENODEV: nothing is recognised. */
int screen_reload(struct screen *s);

/* As detector_tell_number(), and that thread tells what came of it in the log; -ENODEV: nothing is
 * recognised. */
int screen_tell_number(struct screen *s, const char *name, const char *text);

/* What the rules say a number looks like ("9" is a digit); NULL: digits only, or no such number. As
 * long as no screen_apply() comes. */
const char *screen_number_format(struct screen *s, const char *name);

/* Name of the state, "" when nothing is recognised, into buf. Returns buf. */
const char *screen_state(struct screen *s, char *buf, size_t size);

/* Ends all threads by the monotonic time; frames are passed over from then on. Returns how many had
 * to be abandoned, in its life. */
int screen_end(struct screen *s, uint64_t until_usec);

/* Nobody may hand it frames any more. Ends all threads by the monotonic time; returns how many had
 * to be abandoned, in its life: then the process must end by _exit(). NULL is fine. */
int screen_free(struct screen *s, uint64_t until_usec);
