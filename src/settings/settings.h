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
#define SETTINGS_URLS_MAX 4 /* of an output */
#define SETTINGS_WEBHOOKS_MAX 8

struct conf_node;
struct rules;

/* The values of the settings that are words, in the order of the tables' words. */
enum setting_codec {
	CODEC_AUTO, /* hardware that works, else libx264 */
	CODEC_LIBX264,
	CODEC_H264_VAAPI,
	CODEC_H264_QSV,
	CODEC_H264_NVENC,
	CODEC_H264_V4L2M2M,
	CODEC_COPY, /* what the card has encoded, else libx264 */
	CODEC_HEVC, /* from here on it is HEVC; hardware that works, else libx265 */
	CODEC_LIBX265,
	CODEC_HEVC_VAAPI,
	CODEC_HEVC_QSV,
	CODEC_HEVC_NVENC,
	CODEC_HEVC_V4L2M2M,
};

enum setting_format {
	FORMAT_AUTO, /* what costs least on the way to the encoder */
	FORMAT_YUYV,
	FORMAT_UYVY,
	FORMAT_NV12,
	FORMAT_YU12,
	FORMAT_RGB24,
	FORMAT_BGR24,
	FORMAT_MJPEG,
	FORMAT_NV16,
	FORMAT_H264,
};

/* As enum geometry_flip. */
enum setting_flip {
	FLIP_NONE,
	FLIP_HORIZONTAL,
	FLIP_VERTICAL,
};

enum setting_fit {
	FIT_BORDERS,
	FIT_STRETCH,
};

enum setting_hls_type {
	HLS_TYPE_MPEGTS,
	HLS_TYPE_FMP4,
};

enum setting_log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_NOTICE,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

struct settings_output {
	char *name; /* [a-z0-9][a-z0-9_-]*, unique; default: "out1", "out2" … */
	char *url;  /* a template: ${host} ${card} ${machine} ${role} ${credential:NAME} */
	bool enabled;
	char *backups[SETTINGS_URLS_MAX - 1]; /* templates as well; NULL or "": none */
	bool primary;                         /* may lower the bitrate */
};

struct settings_webhook {
	char *name;         /* as of an output; default: "hook1", "hook2" … */
	char *url, *secret; /* templates as of an output */
	char *ca_file, *states;
	bool enabled;
};

struct settings {
	/* both of [A-Za-z0-9._-], so that they fit into URLs as they are */
	char *machine; /* "" = host name */
	char *role;    /* "game" */
	struct {
		char *device; /* "auto": /dev/egm/CARD; "pattern"; node; file; URL */
		struct conf_size size;
		struct conf_rate rate;
		int format;     /* enum setting_format */
		bool loop;      /* a file starts again at its end */
		char *input;    /* number or name; "auto": as the card has it */
		char *controls; /* NAME=VALUE, as words_next() has them */
		/* The picture's geometry; settings-geometry.h makes use of it. */
		struct conf_size canvas; /* what crop and masks refer to; 0x0: size */
		char *crop;              /* "WxH+X+Y"; "": all */
		int64_t rotate;          /* degrees, clockwise */
		int flip;                /* enum setting_flip */
		int fit;                 /* enum setting_fit */
		char *masks;             /* of "WxH+X+Y" */
		char *mask_colour;       /* "#rrggbb" */
	} video;
	struct {
		char *device; /* auto none silence tone tone:ppm=N ALSA-name */
		int64_t bitrate;
	} audio;
	struct {
		int codec;             /* enum setting_codec */
		struct conf_size size; /* 0x0: as the picture has it */
		char *preset, *tune, *profile;
		int64_t bitrate;
		int64_t bitrate_min; /* to which it may be lowered; 0: it may not */
		int64_t gop;         /* pictures */
		int64_t threads;     /* 0 = as many as there are processors */
	} encoder;
	struct {
		uint64_t queue_usec;
		int64_t queue_bytes;
		uint64_t connect_usec, write_usec;
		uint64_t backoff_min_usec, backoff_max_usec, stable_usec;
		uint64_t backup_after_usec, backup_return_usec;
		int64_t hls_segment_seconds, hls_segments;
		int hls_type; /* enum setting_hls_type */
		bool tls_verify;
		char *ca_file; /* "": the system's */
	} output;
	struct {
		uint64_t segment_usec, age_usec; /* USEC_INFINITY: none is too old */
		int64_t disk_bytes;
	} recording;
	struct {
		bool enabled;
		int mode;                /* enum rules_mode */
		struct conf_size screen; /* what the pixels of the ROIs refer to */
		uint64_t every_usec;     /* pictures closer than this are not looked at */
		uint64_t frozen_usec;
		int algo; /* enum hash_algo */
		int64_t hash_size, confirm_frames, drop_frames;
		/* templates as video.device; "": none; settings_path() fills them in */
		char *refs;        /* folder; not without a card, as it is set by default */
		char *rules_file;  /* replaces what makes up the rules here */
		char *shadow_file; /* rules that are only compared with */
		/* as somebody wrote them; NULL: nobody did */
		struct conf_node *states, *numbers, *priority;
		/* what all of that comes to; NULL: not enabled, or nothing to recognise */
		struct rules *rules;
		struct rules *shadow; /* NULL: none */
	} detector;
	struct {
		bool enabled;
		uint64_t after_usec, frozen_usec;
	} facts;
	struct {
		char *folder; /* template as video.device, for settings_path(); "": no clips */
		char *states; /* names with commas; "": all but UNKNOWN */
		uint64_t before_usec, after_usec;
		int64_t memory_bytes, disk_bytes, files;
	} clips;
	struct {
		char *folder; /* as of the clips; "auto"; "": none are kept */
		int64_t files;
	} candidates;
	struct {
		char *folder; /* as of the clips; "": none may be saved */
	} snapshots;
	/* Told about changes of the screen; settings-notify.h makes use of it. */
	struct {
		char *url, *token, *chat, *client; /* templates as of an output */
		char *states;
	} telegram;
	struct {
		char *host; /* "": off */
		int64_t port;
		bool tls, discovery;
		char *ca_file;
		char *user, *password, *prefix; /* templates as of an output */
	} mqtt;
	struct {
		int64_t spool_notices, spool_bytes;
		uint64_t backoff_min_usec, backoff_max_usec, timeout_usec;
	} notify;
	int log_level; /* enum setting_log_level */
	uint64_t unplug_hold_usec;
	struct settings_output *outputs;
	size_t n_outputs;
	struct settings_webhook *webhooks;
	size_t n_webhooks;
};

extern const struct conf_table settings_table;

struct settings_request {
	const char *config_dir;  /* NULL: EGM_SYSCONFDIR */
	const char *card;        /* NULL: no card file */
	bool no_files;           /* run: nothing from /etc */
	const char *const *sets; /* NULL-terminated, may be NULL */
	const char *const
		*outputs; /* URLs of --output; replace the files' list when there is one */
};

/* Reads the files, applies the --set assignments, checks what depends on more than one value, and
 * fills ret. Findings go to report. Returns 0, or -EINVAL when there is at least one error (-ENOMEM
 * for no memory): ret is then untouched. ret_conf may be NULL; else the caller gets the merged
 * configuration for dump and save, to be freed with conf_free(). */
int settings_load(const struct settings_request *request, struct settings *ret,
	struct conf **ret_conf, struct conf_report *report);

/* Reads the last good configuration that conf_save() wrote. -ENOENT: there is none; else as above.
 */
int settings_load_saved(const char *path, struct settings *ret, struct conf_report *report);

/* Would this text do as one of the files of a card? No other file is looked at, neither those that
 * it names (@include is an error). Findings tell lines of the text, without a file. 0; -EINVAL with
 * at least one error; -ENOMEM. */
int settings_check_text(const char *text, const char *card, struct conf_report *report);

void settings_deinit(struct settings *s);

/* encoder.codec as people write it. */
const char *settings_codec_name(const struct settings *s);

/* Is it one that makes HEVC? Whichever it is in the end. */
bool settings_are_hevc(const struct settings *s);

/* The machine's name: the setting, else the system's host name up to its first dot, into buf.
 * Returns buf. */
const char *settings_machine(const struct settings *s, char *buf, size_t size);

/* The output's URLs with the templates filled in; secrets inside. Those behind the first are the
 * backups that there are; NULL after the last. card may be NULL, ${card} is then unknown. Caller
 * frees each. 0, or the errors of url_expand() with why. */
int settings_output_urls(const struct settings *s, size_t output, const char *card,
	char *ret[SETTINGS_URLS_MAX], char *why, size_t why_size);

/* The same as settings_output_urls() for video.device, which may be a URL or a file as well. "auto"
 * is the link that udev keeps for the card, or -EINVAL with why without a card; other words stay.
 */
int settings_video_device(
	const struct settings *s, const char *card, char **ret, char *why, size_t why_size);

/* A path of the detector's with the template filled in, NULL in ret when it is empty; else as
 * settings_output_urls(). */
int settings_path(const struct settings *s, const char *path, const char *card, char **ret,
	char *why, size_t why_size);
