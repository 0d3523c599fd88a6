/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two halves of fmp4 share. */
#pragma once

#include <stdbool.h>

#include "media/fmp4.h"

#define FMP4_VIDEO_ID 1
#define FMP4_AUDIO_ID 2
#define FMP4_VIDEO_SCALE 90000 /* ticks a second */
#define FMP4_SETS_MAX 8        /* parameter sets in a stream */
#define FMP4_CONFIG_MAX 64     /* bytes of an AudioSpecificConfig */
#define FMP4_LEVEL_SIZE 12     /* bytes of what an SPS of HEVC says of profile, tier and level */

#define FMP4_SAMPLE_KEY UINT32_C(0x02000000)   /* depends on no other */
#define FMP4_SAMPLE_DELTA UINT32_C(0x01010000) /* depends on others, and is no place to begin */

struct fmp4_set {
	uint8_t *data;
	size_t size;
};

struct fmp4 {
	/* set by new */
	char mime[FMP4_MIME_MAX];
	int width, height;
	struct fmp4_set sps[FMP4_SETS_MAX], pps[FMP4_SETS_MAX];
	size_t n_sps, n_pps;
	bool hevc;
	struct fmp4_set vps[FMP4_SETS_MAX]; /* of HEVC, as all to the next empty line */
	size_t n_vps;
	uint8_t level[FMP4_LEVEL_SIZE];
	unsigned layers; /* in time */
	bool nested;

	bool audio;
	uint32_t rate, channels, block; /* of the sound */
	int64_t bitrate;
	uint8_t config[FMP4_CONFIG_MAX];
	size_t config_size;
	/* what has been written */
	uint32_t sequence;
	bool begun;
	int64_t last_pts, last_dts, last_duration; /* of the picture, in ticks */
	int64_t last_sound;                        /* in samples */
};
