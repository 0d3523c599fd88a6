/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the work is done: behind media/encoder.h only. */
#pragma once

#include "media/encoder.h"

struct encoder_kind;

/* All on the owner's thread. What is handed in has been checked by encoder.c. */
struct encoder_ops {
	int (*open)(struct encoder **ret, const struct encoder_kind *kind,
		const struct encoder_settings *settings, char *why, size_t why_size);
	int (*parameters)(const struct encoder *e, struct AVCodecParameters **ret);
	void (*set_bitrate)(struct encoder *e, int64_t bitrate);
	int (*encode)(struct encoder *e, struct frame *f, int64_t pts_usec, bool key,
		struct packet **ret);
	int (*take)(struct encoder *e, struct packet **ret);
	void (*free)(struct encoder *e);
};

/* The first member of what a kind allocates; filled in by encoder_new() after open(). */
struct encoder {
	const struct encoder_ops *ops;
	int width, height;
	int64_t last_pts;
	bool as_is; /* takes frames of any layout (encoder-copy.h) */
};

/* Instead of libnuma's own, which writes to stderr. Any thread. */
void numa_error(char *where);

/* libavcodec's: software and hardware. */
extern const struct encoder_ops encoder_av_ops;

/* What is particular about one of libavcodec's encoders. */
struct encoder_traits {
	const char *params_key, *params; /* "x264-params" and what it gets; NULL: none */
	const char *threads;        /* … with the number of threads behind it; NULL: libavcodec
				     * tells it */
	bool presets;               /* takes preset, tune and profile as x264 does */
	bool nv12;                  /* instead of I420, which is read in place */
	int device;                 /* enum AVHWDeviceType of its surfaces; 0: none */
	bool inband;                /* knows its parameter sets with the first picture only */
	bool live_bitrate;          /* looks at it with each picture */
	const char *const *options; /* key, value … NULL; those it does not have are left out */
};
