/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What may be seen of a running instance and asked of it from outside, whatever the way it comes in
 * by. Belongs to the main thread. What is asked is done when the call returns, or is a job; it
 * answers 0 or a negative errno with a fault.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/fault.h"
#include "media/hub.h"
#include "settings/settings.h"
#include "streamer/jobs.h"
#include "streamer/pipeline.h"
#include "streamer/screen.h"
#include "streamer/status.h"

/* All of it is the owner's. */
struct control {
	const char *card; /* NULL: none, as the bus never sees it */
	struct pipeline *pipeline;
	struct status *status;
	struct settings *settings; /* in use; changed by what is asked */
	const char *problem;       /* of the configuration; "" for none */
	struct jobs *jobs;
	/* Reads the configuration again; what is in use stays when it cannot be used. */
	int (*reload)(void *userdata, struct fault *f);
	/* The same, but what was asked of outputs and the bitrate since then goes on to count. */
	int (*reload_rules)(void *userdata, struct fault *f);
	void *userdata;
};

/* What changes now and then. Unused bytes are zero. */
struct control_view {
	char machine[64], role[32], problem[256], state[16];
	bool input_live, sound_live;
	char input_reason[128], input_device[96], input_format[16];
	char signal[24], picture[16], rate[16]; /* facts about it */
	char sound_reason[96], sound_device[96];
	char encoder[CODEC_NAME_MAX], encoder_reason[CODEC_WORDS_MAX];
	uint32_t input_size[2], encoder_size[2];
	double input_rate, encoder_rate;
	uint64_t target_bitrate, ceiling_bitrate;
	char bitrate_state[16], bitrate_output[BITRATE_NAME_MAX];
};

void control_view(const struct control *c, struct control_view *ret);

/* What changes all the time. */
struct control_figures {
	double frame_rate, drift_ppm, rate_measured;
	uint64_t bitrate, frames, dropped;
};

void control_figures(const struct control *c, struct control_figures *ret);

struct control_output {
	char name[OUTPUT_NAME_MAX];
	char url[1100];        /* its secrets masked */
	char url_in_use[1100]; /* … or tried; the same when there are no backups */
	char url_reason[200];  /* why that one */
	char state[16], last_error[OUTPUT_ERROR_MAX], path[256];
	uint64_t since_usec; /* monotonic, of the state */
	uint64_t sessions, failures;
	uint64_t backup; /* the number of url_in_use among the backups; 0: it is url */
	uint64_t switches;
};

/* Those there are. */
size_t control_outputs(const struct control *c, struct control_output ret[HUB_OUTPUTS_MAX]);

struct control_output_figures {
	uint64_t bytes, frames, dropped, mishaps, queue_usec, latency_p99_usec;
};

/* False: there is none of that name. */
bool control_output_figures(
	const struct control *c, const char *name, struct control_output_figures *ret);

/* Its backups in their order, masked; the caller frees each. Returns how many. */
size_t control_output_backups(
	const struct control *c, const char *name, char *ret[static OUTPUT_URLS_MAX - 1]);

/* status.json; full: with every histogram. The caller frees. NULL: no memory. */
char *control_status(const struct control *c, bool full);

/* What the original says of a stream: "name" (the role), "running" and so on. A new reference;
 * NULL: no memory. */
json_t *control_stream(const struct control *c);

/* The decision in it: a new reference; as text, the caller frees. NULL: nothing is recognised. */
json_t *control_decision(const struct control *c);
char *control_explain(const struct control *c);

void control_start(struct control *c);
void control_stop(struct control *c);
void control_restart(struct control *c);
int control_reload(struct control *c, struct fault *f);
/* primary: it may lower the bitrate. */
int control_add_output(
	struct control *c, const char *name, const char *url, bool primary, struct fault *f);
int control_remove_output(struct control *c, const char *name, struct fault *f);

enum control_action {
	CONTROL_START,
	CONTROL_STOP,
	CONTROL_RESTART,
	CONTROL_RELOAD,
};

/* "start" … "reload" as people say it. -EINVAL. */
int control_action_of(const char *word);

/* One output begins, ends, or both, whatever the others do, until the configuration is read again;
 * one that the settings have switched off begins likewise. While all are stopped it only says what
 * is to be then. FAULT_NO_SUCH_OUTPUT, FAULT_IO; -EINVAL: not to be reloaded by itself. */
int control_output(
	struct control *c, const char *name, enum control_action action, struct fault *f);

int control_set_bitrate(struct control *c, uint64_t bitrate, struct fault *f);

/* After the file of the rules has changed. */
int control_reload_rules(struct control *c, struct fault *f);

int control_reload_references(struct control *c, struct fault *f);

/* Somebody who sees the screen says that the number shows text now. It is noted when this returns,
 * and learnt from the next picture that is looked at. FAULT_NOT_RECOGNISING, FAULT_NO_SUCH_NUMBER,
 * FAULT_BAD_NUMBER, FAULT_NO_PICTURE, FAULT_BUSY. */
int control_tell_number(struct control *c, const char *name, const char *text, struct fault *f);

/* The folder of the references for a job about one state, or all ("" where all is true), a copy for
 * the caller. FAULT_NOT_RECOGNISING, FAULT_NO_SUCH_STATE. */
int control_references(
	const struct control *c, const char *state, bool all, char **ret, struct fault *f);
