/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the service keeps things: status in /run, the last good configuration in /var/lib. systemd
 * names the folders in $RUNTIME_DIRECTORY and $STATE_DIRECTORY; without it there are defaults. Main
 * thread. */
#pragma once

#include <stddef.h>

#include "common/conf.h"
#include "streamer/repeats.h"

#define STORE_RUN_FOLDER "/run/egm-streamer" /* by default, of a folder for each card */

struct store {
	char status[256];    /* path of status.json; "" for none */
	char socket[256];    /* path of the HTTP socket; "" for none */
	char last_good[256]; /* path of the last good configuration; "" for none */
	int status_error;    /* that was told last, so that a full disk is logged once */
	int status_last;     /* of the last write */
	struct repeats_rule status_rule; /* … and not each second when it comes and goes */
	unsigned status_changes;         /* left out by it */
};

/* The folder of what lasts, into ret. */
void store_state_folder(char *ret, size_t size);

/* card NULL: keeps nothing. */
void store_init(struct store *s, const char *card);

/* Replaces the status file. Faults are logged once per change, and by the rule for trouble in
 * repeats.h. */
void store_status(struct store *s, const char *json);

/* Keeps these settings as the last good ones. */
void store_keep(struct store *s, const struct conf *conf);

/* The status file goes: nothing runs any more. */
void store_deinit(struct store *s);
