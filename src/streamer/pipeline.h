/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole way of picture and sound, put together: sources, encoders, hub, outputs and screen as
 * the settings want them. Owns every thread but the main one. Belongs to the main thread; what it
 * calls back runs on other threads.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "settings/settings.h"
#include "streamer/audio.h"
#include "streamer/changes.h"
#include "streamer/follow.h"
#include "streamer/video.h"

struct hub;
struct live;
struct pipeline;
struct preview;
struct clips;
struct events;
struct facts;
struct screen;
struct stills;

struct pipeline_hooks {
	/* Something that a status shows has changed (the screen's state, too), the first packet was
	 * made, or the input ended:
	 * look at pipeline_state() soon. Any thread; must not block. */
	void (*changed)(void *userdata);
	/* One of the changes that others may want to know each of. Any thread, short; NULL: nobody
	 * listens. */
	void (*told)(void *userdata, const struct change *c);
	void *userdata;
};

enum pipeline_state {
	PIPELINE_STARTING, /* nothing has gone through the encoder yet */
	PIPELINE_RUNNING,
	PIPELINE_ENDED,   /* the file is at its end */
	PIPELINE_FAILED,  /* there is no encoder for these settings; it goes on trying */
	PIPELINE_STOPPED, /* it has no outputs until it is started again */
};

/* card: name, or NULL for none. Both are read only during the call. why gets words. */
int pipeline_new(struct pipeline **ret, const struct settings *settings, const char *card,
	const struct pipeline_hooks *hooks, char *why, size_t why_size);

int pipeline_start(struct pipeline *p);

/* Takes over what may change at run time: the list of outputs, their limits, the bitrate, and what
 * is recognised. */
int pipeline_apply(struct pipeline *p, const struct settings *settings, const char *card);

/* All outputs end, until pipeline_play(); what is recognised goes on. pipeline_apply() adds none
 * meanwhile. */
void pipeline_pause(struct pipeline *p);

/* All outputs of the settings that are not there begin. */
void pipeline_play(struct pipeline *p, const struct settings *settings, const char *card);

/* All outputs begin anew, and the sources are opened anew. */
void pipeline_restart(struct pipeline *p, const struct settings *settings, const char *card);

/* The output of that index begins, unless the pipeline is paused; it ends. The bitrate follows what
 * the settings have by now. 0, -ENOENT, or why it cannot be added (which is logged). */
int pipeline_add_output(
	struct pipeline *p, const struct settings *settings, size_t i, const char *card);
int pipeline_remove_output(struct pipeline *p, const struct settings *settings, const char *name);

/* The ceiling, from now on; the encoder aims at less while a primary output is slow. */
int pipeline_set_bitrate(struct pipeline *p, int64_t bitrate);

struct follow *pipeline_follow(struct pipeline *p);

enum pipeline_state pipeline_state(const struct pipeline *p);
void pipeline_video_status(struct pipeline *p, struct video_status *ret);

/* False when there is no sound track. */
bool pipeline_audio_status(struct pipeline *p, struct audio_status *ret);
const struct hist *pipeline_encode_hist(const struct pipeline *p);
struct hub *pipeline_hub(struct pipeline *p);
struct screen *pipeline_screen(struct pipeline *p);
struct stills *pipeline_stills(struct pipeline *p);

/* Somebody who was left behind may look at them for ever: they are not freed. */
void pipeline_keep_stills(struct pipeline *p);

/* For whoever looks on: from any thread, and none of it once pipeline_free() is called. Neither is
 * an output: they go on while the pipeline is paused, and no status shows them. Who watches live
 * keeps the encoder open. */
struct live *pipeline_live(struct pipeline *p);
struct preview *pipeline_preview(struct pipeline *p);

struct clips *pipeline_clips(struct pipeline *p);
struct facts *pipeline_facts(struct pipeline *p);

/* What is told of it; for others who have something to tell. */
struct events *pipeline_events(struct pipeline *p);

/* Each second or so: the journal is told what it was not to be told yet, and pictures are counted.
 */
void pipeline_tick(struct pipeline *p);

/* Has every stage moved on since the last call? */
bool pipeline_progress(struct pipeline *p);

/* Ends all threads by the monotonic time. Returns how many had to be abandoned: then the process
 * must end by _exit(). NULL is fine. */
int pipeline_free(struct pipeline *p, uint64_t until_usec);
