/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a running pipeline looks like from outside: the status object (its shape is documented in
 * egm-streamer(8)) and the line of words for systemd and the terminal. Belongs to the main thread.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "settings/settings.h"
#include "streamer/pipeline.h"

struct status;

int status_new(struct status **ret);
struct status *status_free(struct status *s);
DEFINE_CLEANUP(struct status *, status_free)

/* Measures rates over the time since the last sample, when that is at least half a second. */
void status_sample(struct status *s, struct pipeline *p);

/* Of the last sample: pictures and bits a second; and µs since 1970 at the start. */
double status_frame_rate(const struct status *s);
double status_bitrate(const struct status *s);
uint64_t status_since(const struct status *s);

struct status_names {
	const char *card; /* may be NULL */
	const char *machine, *role;
	const char *problem; /* of the configuration; NULL: none */
};

/* The object as text, with a line's end; full: with every histogram. The caller frees. NULL: no
 * memory. p may be NULL: nothing runs. */
char *status_json(
	struct status *s, struct pipeline *p, const struct status_names *names, bool full);

/* Only the fields of the original. A new reference; NULL: no memory. */
json_t *status_stream_json(struct status *s, struct pipeline *p, const char *role);

/* "live, 30.0 fps, 2.0 Mb/s, 0 dropped; out1 running" into buf. Returns buf. */
const char *status_line(struct status *s, struct pipeline *p, char *buf, size_t size);
