/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each is told so that it holds back no picture, makes no IDR but every gop pictures and where
 * one is asked for, and keeps the bitrate constant.
 */
#include "media/encoder-kind.h"

#include <libavutil/hwcontext.h>
#include <string.h>

#include "common/cleanup.h"
#include "media/encoder-private.h"

/* Rate control counts pictures at the nominal rate (force-cfr), so jitter of the card's timestamps
 * does not move the quantiser; repeat-headers puts SPS and PPS before each IDR although the global
 * header is asked for too; filler makes it a constant bitrate (what nal-hrd=cbr implies, which
 * would forbid to change the bitrate later). */
static const struct encoder_traits x264 = {
	.params_key = "x264-params",
	.params = "force-cfr=1:repeat-headers=1:filler=1:rc-lookahead=0:sync-lookahead=0:mbtree=0",
	.presets = true,
	.live_bitrate = true,
	.options = (const char *const[]){ "forced-idr", "1", NULL },
};

/* Frame threads would hold pictures back; those of its pool work on rows of one. It has no filler,
 * so the bitrate is a limit that simple pictures do not reach. Without sao, which this preset
 * leaves out, 3.5 forgets to free what it has for it: 200 kB of 1080p each time it is closed. */
static const struct encoder_traits x265 = {
	.params_key = "x265-params",
	.params = "repeat-headers=1:bframes=0:rc-lookahead=0:frame-threads=1:scenecut=0:"
		  "open-gop=0:sao=1:info=0:log-level=none",
	.threads = ":pools=",
	.options = (const char *const[]){ "preset", "ultrafast", "tune", "zerolatency",
		"forced-idr", "1", NULL },
};

static const struct encoder_traits vaapi = {
	.nv12 = true,
	.device = AV_HWDEVICE_TYPE_VAAPI,
	.options = (const char *const[]){ "rc_mode", "CBR", "async_depth", "1", NULL },
};

/* The session finds its GPU itself, and copies from memory. */
static const struct encoder_traits qsv = {
	.nv12 = true,
	.options = (const char *const[]){ "preset", "veryfast", "async_depth", "1", "look_ahead",
		"0", "forced_idr", "1", NULL },
};

static const struct encoder_traits nvenc = {
	.live_bitrate = true,
	.options = (const char *const[]){ "preset", "p2", "tune", "ull", "rc", "cbr", "delay", "0",
		"zerolatency", "1", "forced-idr", "1", "no-scenecut", "1", NULL },
};

static const struct encoder_traits m2m = { .inband = true };

static const struct encoder_kind kinds[] = {
	{ "h264_vaapi", ENCODER_H264, ENCODER_DEVICE_DRI, &encoder_av_ops, &vaapi },
	{ "h264_qsv", ENCODER_H264, ENCODER_DEVICE_DRI, &encoder_av_ops, &qsv },
	{ "h264_nvenc", ENCODER_H264, ENCODER_DEVICE_NVIDIA, &encoder_av_ops, &nvenc },
	{ "h264_v4l2m2m", ENCODER_H264, ENCODER_DEVICE_M2M, &encoder_av_ops, &m2m },
	{ "libx264", ENCODER_H264, ENCODER_DEVICE_NONE, &encoder_av_ops, &x264 },
	{ "hevc_vaapi", ENCODER_HEVC, ENCODER_DEVICE_DRI, &encoder_av_ops, &vaapi },
	{ "hevc_qsv", ENCODER_HEVC, ENCODER_DEVICE_DRI, &encoder_av_ops, &qsv },
	{ "hevc_nvenc", ENCODER_HEVC, ENCODER_DEVICE_NVIDIA, &encoder_av_ops, &nvenc },
	{ "hevc_v4l2m2m", ENCODER_HEVC, ENCODER_DEVICE_M2M, &encoder_av_ops, &m2m },
	{ "libx265", ENCODER_HEVC, ENCODER_DEVICE_NONE, &encoder_av_ops, &x265 },
};

const struct encoder_kind *encoder_kind_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

const struct encoder_kind *encoder_kind_at(enum encoder_family family, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].family == family && n-- == 0)
			return &kinds[i];
	return NULL;
}
