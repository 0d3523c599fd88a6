/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What RTMP's messages of picture and sound begin with: the tags of FLV (Adobe's FLV specification
 * 10.1, annex E). Pure; any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLV_VIDEO_HEAD 5
#define FLV_AUDIO_HEAD 2
#define FLV_SETS_MAX 8      /* parameter sets of a kind */
#define FLV_CONFIG_MAX 4096 /* bytes of a configuration */
#define FLV_METADATA_MAX 1024

enum flv_kind {
	FLV_CONFIG = 0,
	FLV_DATA = 1,
	FLV_END = 2,
};

/* shift_msec: by how much later than decoded the picture is shown. */
void flv_video_head(uint8_t ret[FLV_VIDEO_HEAD], enum flv_kind kind, bool key, int32_t shift_msec);

/* AAC. */
void flv_audio_head(uint8_t ret[FLV_AUDIO_HEAD], enum flv_kind kind);

struct flv_set {
	const uint8_t *data;
	size_t size;
};

struct flv_sets {
	struct flv_set sps[FLV_SETS_MAX], pps[FLV_SETS_MAX];
	size_t n_sps, n_pps;
};

/* The AVCDecoderConfigurationRecord (ISO/IEC 14496-15) of these sets; lengths have four bytes.
 * Returns its size, or -EINVAL: one of each is needed, and they have to fit. */
int flv_avc_config(const struct flv_sets *sets, uint8_t ret[FLV_CONFIG_MAX]);

struct flv_metadata {
	int width, height;
	double rate;       /* pictures a second; 0: unknown */
	double video_kbps; /* of 1024 bits, as all write it */
	double audio_kbps;
	int audio_rate; /* 0: there is no sound */
	bool stereo;
	const char *encoder;
};

/* The payload of a message that sets onMetaData. Returns its size. */
size_t flv_put_metadata(const struct flv_metadata *m, uint8_t ret[FLV_METADATA_MAX]);
