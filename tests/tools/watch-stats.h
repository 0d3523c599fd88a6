/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What egm-watch measures on decoded pictures and sound. Times are in µs. One owner. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/clockcode.h"

#define CLICKS_PENDING 8

/* Values for a median. */
struct values {
	double *v;
	size_t n, room;
};

void values_add(struct values *s, double v);

/* Sorts; NAN when there are none. */
double values_quantile(struct values *s, double q);

/* Timestamps of one track. */
struct times {
	uint64_t n, backwards; /* not after the one before */
	int64_t first, last, gap_max;
};

void times_add(struct times *t, int64_t pts);

struct picture {
	const uint8_t *plane[3];
	int stride[3];
	int width, height;
	int shift_x, shift_y; /* of the chroma planes */
};

struct video_stats {
	struct times times;
	uint64_t read, unread; /* the strip of the test pattern */
	uint64_t lost, repeated, backwards;
	uint64_t black, placeholder;
	uint32_t first_number, last_number;
	struct values latency_ms;
	bool has_offset;
	int64_t offset; /* pts - clock of the newest picture */
	int64_t offset_pts;
};

/* Reads one picture. Returns whether the strip was there; *ret_code and *ret_latency are then set;
 * the latency counts when settled. */
bool video_stats_add(struct video_stats *s, const struct picture *p, int64_t pts,
	uint64_t arrival_usec, bool settled, struct clockcode *ret_code, int64_t *ret_latency);

struct audio_stats {
	struct times times;
	uint64_t samples;
	int rate;
	double seconds, silent_seconds, energy, energy_seconds;
	struct values frequency;
	/* the window that is being filled, 100 ms */
	float *window;
	int filled;
	double background; /* peak of the last window without a click */
	bool has_background, window_clicked;
	uint64_t clicks, since_click; /* samples */
	int64_t click_pts[CLICKS_PENDING];
	int pending;
};

/* Mono samples, the first of which is at pts. Clicks are appended to click_pts. */
void audio_stats_add(struct audio_stats *s, const float *mono, int n, int rate, int64_t pts);

/* Distances of sound and picture. */
struct offset_stats {
	struct values ms, pts;
};

/* Compares clicks with the newest picture, once there is one that is not older; calls fn for each.
 */
void offset_stats_match(struct offset_stats *o, struct video_stats *v, struct audio_stats *a,
	void (*fn)(int64_t click_pts, double offset_ms));

json_t *video_stats_json(struct video_stats *s);
json_t *audio_stats_json(struct audio_stats *s);
json_t *latency_json(struct video_stats *s);
json_t *offset_stats_json(struct offset_stats *o);
void stats_deinit(struct video_stats *v, struct audio_stats *a, struct offset_stats *o);
