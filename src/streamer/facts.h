/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known about an input, in three kinds that are kept apart: its signal, as the device says
 * (enum signal); its pixels, as its pictures show (recognize/pixels.h); its rate, as its pictures
 * arrive (capture/arrival.h). Facts are told and change nothing: what is black is streamed as well
 * as anything, since it may be what the game shows. A placeholder never gives one.
 *
 * Pictures are looked at twice a second, JPEGs once, which have to be decoded, on a thread of its
 * own ("facts") behind a mailbox of one. A picture that is not its turn costs a comparison of
 * times; a look at one of 1920x1080 takes some tenths of a millisecond, and about ten more for a
 * JPEG that nobody else has decoded, which is the case while nothing is encoded. The rate is taken
 * from counters that are there anyway, by the main thread's tick.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "capture/arrival.h"
#include "common/cleanup.h"
#include "media/frame.h"
#include "recognize/pixels.h"
#include "settings/settings.h"
#include "streamer/events.h"
#include "streamer/video.h"

#define FACTS_EVERY_USEC UINT64_C(500000)       /* from one look to the next */
#define FACTS_EVERY_JPEG_USEC UINT64_C(1000000) /* likewise, of JPEGs */

struct facts;

/* events: by reference. changed: a fact has changed; any thread, must not block. */
int facts_new(
	struct facts **ret, struct events *events, void (*changed)(void *userdata), void *userdata);

/* 0, or why there is no thread. */
int facts_start(struct facts *f);

/* What is looked for; all begins anew when that is something else than before. Main thread. */
void facts_apply(struct facts *f, const struct settings *settings);

/* Each captured picture, and that there is none any more. Any thread, one at a time; never block.
 * At most two references are taken at a time. */
void facts_frame(struct facts *f, struct frame *picture);
void facts_lost(struct facts *f);

/* What the device says; any thread. The rate, as well, each second or so: one thread. */
void facts_signal(struct facts *f, enum signal signal);
void facts_tick(struct facts *f, const struct video_status *video);

/* Times are monotonic, 0: never. */
struct facts_view {
	enum signal signal;
	enum pixels_fact picture;                      /* unknown while nobody is to look */
	enum arrival_fact rate;                        /* likewise */
	uint64_t signal_usec, picture_usec, rate_usec; /* since when */
	double promised, measured;                     /* pictures a second; 0: not known */
};

/* Any thread. */
void facts_view(struct facts *f, struct facts_view *ret);

/* {"signal", "signal_since", "picture", "picture_since", "rate", "rate_since", "rate_promised",
 * "rate_measured"}, since: seconds since 1970, 0: never. Any thread. A new reference; NULL: no
 * memory. */
json_t *facts_json(struct facts *f);

/* Asks the thread to end. Any number of times; NULL is fine. */
void facts_stop(struct facts *f);

/* After facts_stop(), when nobody hands it pictures any more: waits until the monotonic time.
 * -ETIMEDOUT: it is left behind with all it may touch. NULL is fine. */
int facts_free(struct facts *f, uint64_t until_usec);
