/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The streamer's settings: one struct, one table. Files are read in this order, later ones win:
 * /etc/egm/streamer.conf, /etc/egm/streamer.conf.d/(*).conf, /etc/egm/cards/CARD.conf, --set.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/conf.h"

#define SETTINGS_OUTPUTS_MAX 16

enum setting_codec {
	CODEC_AUTO, /* libx264 */
	CODEC_LIBX264,
};

struct settings_output {
	char *name;    /* default: "out1", "out2" … */
	char *url;     /* a template: ${host} ${card} ${machine} ${role} ${credential:NAME} */
	bool enabled;
};

struct settings {
	char *machine; /* "" = host name */
	char *role;    /* "game" */
	struct {
		char *device; /* "auto": /dev/egm/CARD; "pattern"; node; file; URL */
		struct conf_size size;
		struct conf_rate rate;
		int format; /* enum: auto yuyv uyvy nv12 yu12 rgb24 bgr24 mjpeg */
		bool loop;  /* a file starts again at its end */
	} video;
	struct {
		char *device; /* auto none silence tone tone:ppm=N ALSA-name */
		int64_t bitrate;
	} audio;
	struct {
		int codec;
		char *preset, *tune, *profile;
		int64_t bitrate;
		int64_t gop; /* pictures */
		int64_t threads; /* 0 = as many as there are processors */
	} encoder;
	struct {
		uint64_t queue_usec;
		int64_t queue_bytes;
		uint64_t connect_usec, write_usec;
		uint64_t backoff_min_usec, backoff_max_usec, stable_usec;
		int64_t hls_segment_seconds, hls_segments;
		int hls_type; /* enum: mpegts fmp4 */
	} output;
	int log_level; /* enum: error warning notice info debug */
	uint64_t unplug_hold_usec;
	struct settings_output *outputs;
	size_t n_outputs;
};

extern const struct conf_table settings_table;

/* Reads the files (paths below root_dir when it is not NULL; card may be NULL), applies the --set
 * assignments, checks what depends on more than one value, and fills ret. Findings go to report. Returns
 * 0, or -EINVAL when there is at least one error: ret is then untouched. */
struct settings_request {
	const char *config_dir;	 /* NULL: EGM_SYSCONFDIR */
	const char *card;	 /* NULL: no card file */
	bool no_files;		 /* run: nothing from /etc */
	const char *const *sets; /* NULL-terminated, may be NULL */
	const char *const *outputs; /* URLs of --output; replace the files' list when there is one */
};

/* ret_conf may be NULL; else the caller gets the merged configuration for dump and save. */
int settings_load(const struct settings_request *request, struct settings *ret,
	struct conf **ret_conf, struct conf_report *report);

/* Reads the last good configuration that conf_save() wrote. */
int settings_load_saved(const char *path, struct settings *ret, struct conf_report *report);

void settings_deinit(struct settings *s);

/* The output's URL with the template filled in; secrets inside. Caller frees. -ENOKEY with why. */
int settings_output_url(const struct settings *s, size_t output, const char *card, char **ret,
	char *why, size_t why_size);
