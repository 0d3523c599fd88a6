/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The original egm-streamer's settings, read from its YAML: values within what ours can have,
 * defaults where it had them. What has no counterpart is told as a note with the reason, what the
 * original did not know either as a warning; nothing is left out in silence. Pure but for
 * import_old_read(); any thread.
 */
#pragma once

#include "import/import-yaml.h"

#define OLD_STREAMS_MAX 8
#define OLD_STATES_MAX 31
#define OLD_ROIS_MAX 16
#define OLD_NOTIFY_MAX 32
#define OLD_PICTURE_WIDTH 640 /* of what the original recognised, whatever the stream had */

/* Texts belong to the tree; NULL where nothing is said. */
struct old_stream {
	const char *name;
	int line;
	bool enabled;
	const char *device, *audio;
	int width, height;
	double fps;
	const char *bitrate, *preset, *tune;
	int64_t gop;
	const char *url;
	int url_line, device_line;
};

struct old_roi {
	const char *name;
	bool placed;
	int x, y, w, h;
	bool required, negative;
	const char *ref_state;
};

struct old_state {
	const char *name;
	int line;
	const char *refs_dir; /* as written; NULL: the state's name */
	struct old_roi rois[OLD_ROIS_MAX];
	int n_rois;
	int64_t min_match;
	double threshold;
	int rank; /* in priority; -1: not there */
};

struct old_detector {
	bool there, enabled;
	const char *stream;
	const char *refs; /* base_refs_dir */
	double interval;
	const char *algo;
	int64_t hash_size, confirm, drop;
	struct old_state states[OLD_STATES_MAX]; /* in the order of priority */
	int n_states;
	bool telegram;
	const char *token, *chat, *client;
	int telegram_line;
	const char *notify[OLD_NOTIFY_MAX];
	int n_notify;
};

struct old_api {
	const char *host; /* an address; the defaults are the original's */
	int64_t port;
};

struct old_config {
	struct import_node *tree;
	const char *file;
	const char *instance;  /* "egm-default" when nothing is said, as in the original */
	const char *log_level; /* ours */
	struct old_stream streams[OLD_STREAMS_MAX];
	int n_streams;
	struct old_detector detector;
	struct old_api api;
};

/* Reads a file, whose name is kept by reference. 0; -EINVAL with at least one error finding;
 * -ENOMEM. old_config_deinit() in any case. */
int import_old_read(const char *path, struct old_config *ret, struct conf_report *report);

/* The same of a tree, which goes over to ret. */
int import_old_take(struct import_node *tree, const char *file, struct old_config *ret,
	struct conf_report *report);

void old_config_deinit(struct old_config *c);

/* The stream of that name or NULL. */
const struct old_stream *old_config_stream(const struct old_config *c, const char *name);
