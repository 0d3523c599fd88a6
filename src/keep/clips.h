/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clips of what led to a change of state: the seconds before it from the ring, and those after it,
 * written as one file without a second encode. One thread, "clips"; at most CLIPS_OPEN_MAX at a
 * time, more are counted as missed. The folder is kept below its limits, oldest clip removed first.
 *
 * Each state has a clip of its own, named after it. When a state comes back while its clip is still
 * being written, that clip becomes longer, up to five minutes, and then another one begins: a state
 * that flaps fills no folder. A clip begins with the keyframe before its time, so up to a GOP
 * earlier, and ends early, but playable, when the encoder begins anew or ends. What cannot be
 * written whole (a full disk, a folder that went away) is removed, counted as missed and said once.
 * A file under its final name is always whole.
 *
 * And candidates: pictures worth teaching, kept as JPEG with a JSON of the decision beside them, in
 * a bounded folder as well.
 *
 * Both need no more memory than memory_bytes and one picture, however slow the disk is.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "media/frame.h"
#include "media/packet.h"
#include "media/tracks.h"

#define CLIPS_OPEN_MAX 4

struct clips_settings {
	const char *folder; /* NULL or "": no clips; copied */
	const char *states; /* names with commas: changes to others are passed over; NULL or "":
			       to UNKNOWN only; copied */
	uint64_t before_usec, after_usec;
	size_t memory_bytes;    /* of the ring */
	uint64_t folder_bytes;  /* of all clips together */
	size_t folder_files;    /* of all clips together */
	const char *candidates; /* folder; NULL or "": none; copied */
	size_t candidates_max;  /* pictures */
};

struct clips_hooks {
	/* On the clips' thread; short. path: a clip or candidate that is complete, or NULL; why:
	 * what went wrong, once until it is something else or well again, or NULL. Both: a clip
	 * that ended early. */
	void (*kept)(void *userdata, const char *path, const char *why);
	void *userdata;
};

struct clips;

int clips_new(struct clips **ret, const struct clips_settings *s, const struct clips_hooks *hooks);

/* No thread when there are neither clips nor candidates. */
int clips_start(struct clips *c);

/* Whether packets are needed all the time, so that the encoder must not sleep. Any thread. */
bool clips_wanted(const struct clips *c);

/* From the encoders, any thread; never block. */
void clips_set_tracks(struct clips *c, struct tracks *t);
void clips_put(struct clips *c, struct packet *p);

/* A change at pts_usec (packets' time): label, the state's name, becomes part of the file's,
 * TIME-LABEL.mkv. Any thread, never blocks. */
void clips_trigger(struct clips *c, int64_t pts_usec, uint64_t realtime_usec, const char *label);

/* Takes references of its own (newest wins while the last one is being written); decision, whose
 * "state" becomes part of the name, must not be changed any more. Any thread, never blocks. */
void clips_candidate(struct clips *c, struct frame *f, json_t *decision);

/* The folder of the candidates, as long as c lives; NULL: none are kept. Any thread. */
const char *clips_candidates_folder(const struct clips *c);

/* {"clips", "missed", "bytes", "memory", "candidates", "last_error"}: clips and candidates kept
 * and clips missed since the start, the bytes of all clips on the disk and of the packets in
 * memory, what is wrong now (null: nothing). A new reference; NULL: no memory. */
json_t *clips_json(struct clips *c);

/* Ends open clips where they are, playable. What is put or told after that is lost. How many
 * threads had to be abandoned: then nothing of it is ever freed. */
int clips_end(struct clips *c, uint64_t until_usec);

/* The same, when nobody puts or tells anything any more, and frees it. NULL is fine. */
int clips_free(struct clips *c, uint64_t until_usec);
