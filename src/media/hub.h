/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The place where encoded packets meet their outputs: encoders publish once, each output gets a
 * reference. Owns no thread. Outputs come and go at run time; all calls are safe from any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "media/output.h"
#include "media/packet.h"
#include "media/tracks.h"

#define HUB_OUTPUTS_MAX 16

struct hub;

int hub_new(struct hub **ret);

/* Stops and frees all outputs within the same deadline; encoders may go on publishing. Returns how
 * many threads had to be abandoned. */
int hub_clear(struct hub *h, uint64_t until_usec);

/* The same, and the hub itself: nobody may publish any more. */
int hub_free(struct hub *h, uint64_t until_usec);

/* Takes over the output, which has been started. -E2BIG over the maximum, -EEXIST for a name twice.
 */
int hub_add(struct hub *h, struct output *o);

/* Takes the output of this name out and gives it to the caller; NULL when there is none. */
struct output *hub_remove(struct hub *h, const char *name);

/* Calls fn for each output under the hub's lock: fn must be short and not call the hub. */
void hub_foreach(struct hub *h, void (*fn)(struct output *o, void *userdata), void *userdata);

/* Do all outputs there are take a stream of JPEGs, with all their URLs? False without any. Costs
 * next to nothing. */
bool hub_takes_jpeg(struct hub *h);

size_t hub_count(struct hub *h);

/* For the encoders. Neither blocks on any output. hub_set_tracks takes its own reference; NULL: the
 * encoder is closed. Outputs added later get the current tracks. */
void hub_set_tracks(struct hub *h, struct tracks *t);
void hub_publish(struct hub *h, struct packet *p);

/* Asks all threads to end; hub_free() then waits for them. */
void hub_stop(struct hub *h);
