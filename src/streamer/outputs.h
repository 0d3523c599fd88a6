/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The outputs that settings name, in the hub: made of the settings, and kept in step with them.
 * Holds nothing of its own; the main thread's.
 */
#pragma once

#include <stddef.h>

#include "common/usec.h"
#include "media/hub.h"
#include "settings/settings.h"

#define OUTPUTS_REMOVE_USEC USEC_PER_SEC /* for the goodbye of those that go */

struct events;

struct outputs {
	struct hub *hub;
	struct events *events;
	struct output_hooks hooks; /* of each */
};

/* Starts the i-th of the settings. 0 or a negative errno, after a message. */
int outputs_add(const struct outputs *all, const struct settings *s, size_t i, const char *card);

/* Starts those of the settings that are enabled and not there. */
void outputs_add_missing(const struct outputs *all, const struct settings *s, const char *card);

/* Takes out those that the settings have no more, or with other URLs, and gives the others their
 * limits; waits for those that go for a second at most. */
void outputs_apply(const struct outputs *all, const struct settings *s, const char *card);

/* -ENOENT: there is none of this name. Waits likewise. */
int outputs_remove(const struct outputs *all, const char *name);
