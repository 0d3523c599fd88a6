/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one H.264 encode that feeds every output: no delay (one picture in, one packet out), constant
 * bitrate with a VBV of one second, fixed GOP, SPS and PPS in front of every IDR as well as in the
 * parameters. One owner thread. The border for AVERROR.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "media/frame.h"
#include "media/packet.h"

struct AVCodecParameters;
struct encoder;

struct encoder_settings {
	const char *codec; /* libavcodec's name: "libx264" */
	const char *preset, *tune, *profile;
	int64_t bitrate; /* bit/s */
	int gop;         /* pictures from IDR to IDR */
	int threads;     /* 0: as many as there are processors */
	int width, height;
	int rate_num, rate_den; /* nominal; timestamps are those of the pictures */
	bool bt709;
};

/* why gets words for a person. Returns 0 or a negative errno. */
int encoder_new(
	struct encoder **ret, const struct encoder_settings *settings, char *why, size_t why_size);
struct encoder *encoder_free(struct encoder *e);
DEFINE_CLEANUP(struct encoder *, encoder_free)

/* A copy for tracks_new(), owned by the caller. */
int encoder_parameters(const struct encoder *e, struct AVCodecParameters **ret);

/* Takes effect with the next picture; the stream goes on. */
void encoder_set_bitrate(struct encoder *e, int64_t bitrate);

/* Encodes an I420 frame of the encoder's size; its pixels are read in place and released before
 * this returns. pts_usec must be greater than the last. key: make it an IDR. The packet's reference
 * goes to the caller. */
int encoder_encode(
	struct encoder *e, struct frame *f, int64_t pts_usec, bool key, struct packet **ret);
