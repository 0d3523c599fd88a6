/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clips of what led to a change of state: the seconds before it from the ring, and those after it,
 * written as one file without a second encode. One thread, "clips"; at most CLIPS_OPEN_MAX at a
 * time, more are counted as missed. The folder is kept below its limits, oldest clip removed first;
 * a full disk ends a clip and is said once.
 *
 * And candidates: pictures worth teaching, kept as JPEG with a JSON of the decision beside them, in
 * a bounded folder as well.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "media/frame.h"
#include "media/packet.h"
#include "media/tracks.h"

#define CLIPS_OPEN_MAX 4

struct clips_settings {
	const char *folder; /* NULL or "": no clips; copied */
	uint64_t before_usec, after_usec;
	size_t memory_bytes;   /* of the ring */
	uint64_t folder_bytes; /* of all clips together */
	int folder_files;
	const char *candidates; /* folder; NULL or "": none; copied */
	int candidates_max;     /* pictures */
};

struct clips_hooks {
	/* path: a clip or candidate that is complete, or NULL; why: what went wrong, or NULL. */
	void (*kept)(void *userdata, const char *path, const char *why);
	void *userdata;
};

struct clips;

int clips_new(struct clips **ret, const struct clips_settings *s, const struct clips_hooks *hooks);
int clips_start(struct clips *c);

/* From the encoders, any thread; never block. */
void clips_set_tracks(struct clips *c, struct tracks *t);
void clips_put(struct clips *c, struct packet *p);

/* A change at pts_usec (packets' time): label becomes part of the name, TIME-LABEL.mkv. Any thread.
 */
void clips_trigger(struct clips *c, int64_t pts_usec, uint64_t realtime_usec, const char *label);

/* Takes references of its own (newest wins while the last one is being written). Any thread. */
void clips_candidate(struct clips *c, struct frame *f, json_t *decision);

/* {"clips", "missed", "bytes", "candidates", "last_error"}; a new reference. */
json_t *clips_json(struct clips *c);

/* Ends open clips where they are, playable. How many threads had to be abandoned. */
int clips_free(struct clips *c, uint64_t until_usec);
